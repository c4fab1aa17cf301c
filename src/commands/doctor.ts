import { command, flag } from "../cli/command.ts";
import { usageError } from "../errors.ts";
import { REQUEST_ARGS } from "./_args.ts";

export const doctor = command({
  name: "doctor",
  description: "Check this machine, the contexts and the connection to the server",
  section: "Check and repair",
  args: {
    fix: flag(
      "Repair what needs no decision. No login changes, except that a file which cannot be read is replaced by its last valid version, and a current name without a context is removed",
    ),
    offline: flag("Open no connection"),
    report: flag("Print a report for a public issue, without names and paths"),
    ...REQUEST_ARGS,
  },
  examples: [
    ["bentocloud doctor", "look for problems"],
    ["bentocloud doctor --fix", "and repair them"],
  ],
  async run({ fix, offline, report }, cli) {
    if (fix && report) throw usageError("--report and --fix exclude each other");
    const { runDoctor } = await import("../doctor/doctor.ts");
    const { printGroups, printReport } = await import("../doctor/print.ts");
    const groups = await runDoctor(cli, { fix, offline });
    if (report) printReport(cli, groups);
    else await printGroups(cli, groups);
    return groups.some(({ results }) => results.some(({ status }) => status === "fail")) ? 1 : 0;
  },
});
