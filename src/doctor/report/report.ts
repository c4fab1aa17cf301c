import { VERSION } from "../../version.ts";
import type { Cli } from "../../app.ts";
import { describeRuntime } from "../../system/machine.ts";
import type { Hidden, Result } from "../check.ts";
import { createHider } from "./hide.ts";
import { collectPrivate } from "./private.ts";

/** What can be said of this machine in public; the keys are JSON keys. */
interface Report {
  version: string;
  platform: string;
  arch: string;
  runtime: string;
  terminal: boolean;
  locale: string | null;
  shell: string | null;
  checks: Result[];
}

/** The report as an object and as lines, which a page of Markdown shows as they are. */
export async function writeReport(
  cli: Cli,
  results: readonly Result[],
  hidden: readonly Hidden[],
): Promise<{ data: Report; lines: string[] }> {
  const hide = createHider([...(await collectPrivate(cli)), ...hidden]);
  const checks = results.map((result) => ({
    ...result,
    message: hide(result.message),
    hint: result.hint === null ? null : hide(result.hint),
  }));
  const data: Report = {
    version: VERSION,
    ...describeRuntime(),
    terminal: cli.isTerminal(1),
    locale: localeOf(cli),
    shell: shellOf(cli),
    checks,
  };
  return { data, lines: toLines(data) };
}

function toLines({ version, platform, arch, runtime, terminal, locale, shell, checks }: Report): string[] {
  const place = `on a terminal: ${terminal ? "yes" : "no"}, locale: ${locale ?? "-"}, shell: ${shell ?? "-"}`;
  const rows = checks.flatMap(({ id, status, message, hint }) => {
    const row = `${status.padEnd(4)}  ${id.padEnd(11)}  ${message}`;
    return hint === null ? [row] : [row, `${" ".repeat(19)}${hint}`];
  });
  return ["```text", `bentocloud ${version}, ${platform} ${arch}, ${runtime}`, place, "", ...rows, "```"];
}

/** Both are names from short lists; whatever else stands there is not repeated. */
function localeOf({ env }: Cli): string | null {
  const value = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  if (value === "") return null;
  return /^(?:C|POSIX|[a-z]{2,3}(?:_[A-Z]{2})?)(?:\.[A-Za-z0-9-]{1,12})?$/.test(value) ? value : "another";
}

const SHELLS = new Set([
  "sh",
  "bash",
  "zsh",
  "fish",
  "pwsh",
  "powershell",
  "dash",
  "ksh",
  "tcsh",
  "csh",
  "nu",
]);

function shellOf({ env }: Cli): string | null {
  const name = /[^/\\]*$/.exec(env["SHELL"] ?? "")?.[0] ?? "";
  if (name === "") return null;
  return SHELLS.has(name) ? name : "another";
}
