import { command } from "../../cli/command.ts";
import { unprotectContext } from "../../store/manage-contexts.ts";
import { CONTEXT } from "../_args.ts";

export const unprotect = command({
  name: "unprotect",
  description: "Remove the protection of a context",
  args: { name: { ...CONTEXT, required: true, description: "Context to unprotect" } },
  examples: [["bentocloud context unprotect prod", "ask no longer"]],
  async run({ name }, { store, output }) {
    const was = await unprotectContext(store, name);
    if (output.json) output.data({ name, protected: false });
    output.success(was ? `Context "${name}" is no longer protected` : `Context "${name}" was not protected`);
  },
});
