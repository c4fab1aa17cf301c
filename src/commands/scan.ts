import { command, flag, option } from "../cli/command.ts";
import { usageError } from "../errors.ts";
import { REQUEST_ARGS, YES } from "./_args.ts";

export const scan = command({
  name: "scan",
  description: "Find your API tokens where they must not be, such as in a commit",
  section: "Check and repair",
  args: {
    paths: {
      type: "positional",
      required: false,
      valueHint: "path",
      description: "Files and directories, or - for standard input (default: this repository)",
    },
    staged: flag("Look at what the next commit would contain"),
    history: flag(
      "Look at every object of the repository, also at unreachable ones, and at its configuration",
    ),
    home: flag("Look at shell histories, notebooks, transcripts and other places in the home directory"),
    pushed: option("remote", "Look at what a push would send there; for git's pre-push hook"),
    check: flag("Ask the server whether the tokens that were found still work"),
    rotate: flag("Replace each token that was found by a new one"),
    "install-hook": {
      type: "enum",
      options: ["pre-commit", "pre-push"],
      valueHint: "name",
      description: "Look before each commit (pre-commit) or push (pre-push) in this repository",
    },
    yes: YES,
    ...REQUEST_ARGS,
  },
  manyArguments: true,
  examples: [
    ["bentocloud scan", "the files of this repository"],
    ["bentocloud scan --history --home", "everything that can be looked at"],
    ["docker save IMAGE | bentocloud scan -", "a stream"],
    ["bentocloud scan --install-hook pre-commit", "before each commit"],
  ],
  async run(args, cli, given) {
    const { words } = given;
    const modes = [args.staged, args.pushed !== undefined, args.history || args.home, words.includes("-")];
    if (modes.filter(Boolean).length > 1 || (words.includes("-") && words.length > 1))
      throw usageError("--staged, --pushed, - and --history with --home exclude each other");
    if ((args.staged || args.pushed !== undefined) && words.length > 0)
      throw usageError("--staged and --pushed look at all of the repository, so they take no paths");
    const hook = args["install-hook"];
    if (hook !== undefined) {
      if (words.length > 0 || modes.includes(true) || args.check || args.rotate)
        throw usageError("--install-hook goes alone, in a directory of the repository");
      const { installHook } = await import("../scan/install-hook.ts");
      return installHook(cli, hook as "pre-commit" | "pre-push");
    }
    const { runScan } = await import("../scan/run-scan.ts");
    const { conclude } = await import("../scan/conclude.ts");
    const { printScan } = await import("../scan/print-scan.ts");
    const { staged, pushed, history, home } = args;
    const result = await runScan(cli, { paths: words, staged, pushed, history, home });
    if (args.check) await (await import("../scan/check-found.ts")).checkFound(cli, result);
    if (args.rotate) await (await import("../scan/rotate-found.ts")).rotateFound(cli, result);
    if (result.values.length === 0)
      cli.output.warn("no API token is known here, so only what has the form of one is looked for");
    await printScan(cli, result);
    const failure = conclude(result);
    if (failure) throw failure;
  },
});
