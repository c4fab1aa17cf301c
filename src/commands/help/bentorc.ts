import type { Topic } from "../../cli/command.ts";

export const bentorc: Topic = {
  description: "The .bentorc file of a project",
  parts: [
    "A .bentorc chooses the context for a directory and everything below it. The nearest one counts, from the working " +
      "directory upward. `bentocloud link` writes it, and it can be committed: everybody signs in as their own " +
      "context of that name.",
    {
      heading: "Lines",
      rows: [
        ["context=NAME", "Use this context, unless --context or a variable chooses another one"],
        ["endpoint=URL", "Pin: the context must be of this server"],
        ["organization=NAME", "Pin: the context must be of this organization"],
      ],
    },
    "A pin never supplies a value. Where the chosen context does not match it, nothing is sent and the exit code is 4.",
    "A key such as `token` or `password` is refused: remove the secret from the file, and revoke it. A file that is " +
      "not regular, is larger than 64 KiB, or belongs to another user is skipped with a warning.",
  ],
};
