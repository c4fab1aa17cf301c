import { command } from "../cli/command.ts";
import { usageError } from "../errors.ts";
import { REQUEST_ARGS } from "./_args.ts";

export const doctor = command({
  name: "doctor",
  description: "Look for what is wrong here and on the way to the server, and repair what is safe to repair",
  args: {
    fix: { type: "boolean", description: "Repair what can be repaired without changing a login" },
    offline: { type: "boolean", description: "Open no connection" },
    report: { type: "boolean", description: "Print it for a public issue, without names and places" },
    ...REQUEST_ARGS,
  },
  async run({ fix = false, offline = false, report = false, ...args }, cli) {
    if (fix && report) throw usageError("--report goes without --fix");
    const { runDoctor } = await import("../doctor/doctor.ts");
    const { printGroups, printReport } = await import("../doctor/print.ts");
    const groups = await runDoctor(cli, { fix, offline, insecureHttp: args["insecure-http"] ?? false });
    if (report) printReport(cli, groups);
    else await printGroups(cli, groups);
    return groups.some(({ results }) => results.some(({ status }) => status === "fail")) ? 1 : 0;
  },
});
