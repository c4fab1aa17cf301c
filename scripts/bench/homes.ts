import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import type { Sandbox } from "./sandbox.ts";
import { time } from "./timing.ts";

/** How a contexts file may be written: by Python, by hand, or as JSON, which is YAML too. */
export const LAYOUTS = ["as Python writes it", "with comments and quotes", "as JSON"] as const;

interface Contents {
  layout?: (typeof LAYOUTS)[number];
  endpoint?: string;
  /** One for each context; made up when not given. */
  tokens?: readonly string[];
}

/** Makes a home that holds only a contexts file, with `count` contexts called `c0`, `c1` …; the last one is current. */
export async function homeWithFile(
  { folder }: Sandbox,
  count: number,
  { layout = LAYOUTS[0], endpoint = "https://bench.test", tokens }: Contents = {},
): Promise<string> {
  const home = mkdtempSync(join(folder, "home-"));
  const contexts = Array.from({ length: count }, (_, index) => ({
    api_token: tokens?.[index] ?? `bench${String(index).padStart(27, "0")}`,
    email: "me@bench.test",
    endpoint,
    name: `c${index}`,
  }));
  const text = WRITE[layout](contexts, `c${count - 1}`);
  await Bun.write(join(home, ".yatai.yaml"), text, { mode: 0o600 });
  return home;
}

const WRITE: Record<(typeof LAYOUTS)[number], (contexts: object[], current: string) => string> = {
  "as Python writes it": (contexts, current) =>
    `contexts:\n${contexts.map((one) => entry(one)).join("")}current_context_name: ${current}\n`,
  "with comments and quotes": (contexts, current) =>
    `# by hand\ncurrent_context_name: "${current}"\ncontexts:\n${contexts.map((one) => `  # one of ours\n${entry(one, '"').replaceAll(/^/gm, "  ").trimEnd()}\n`).join("")}`,
  "as JSON": (contexts, current) =>
    `${JSON.stringify({ contexts, current_context_name: current }, undefined, 2)}\n`,
};

function entry(fields: object, quote = ""): string {
  return `- ${Object.entries(fields)
    .map(([key, value]) => `${key}: ${quote}${value}${quote}`)
    .join("\n  ")}\n`;
}

/** Makes a home whose contexts file our program has written, so that our own files are there too. */
export async function homeInUse(sandbox: Sandbox, count: number): Promise<string> {
  const home = await homeWithFile(sandbox, count);
  const file = join(home, ".yatai.yaml");
  const text = await Bun.file(file).text();
  await Bun.write(file, text.replace(/(?<=^current_context_name: ).*/m, "nobody"));
  const command = [sandbox.binary, "use", `c${count - 1}`];
  time({ command, cwd: sandbox.folder, env: sandbox.environment({ BENTOML_HOME: home }) });
  return home;
}
