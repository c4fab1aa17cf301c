import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import type { Sandbox } from "./sandbox.ts";
import { time } from "./timing.ts";

interface Contents {
  endpoint?: string;
  /** One for each context; made up when not given. */
  tokens?: readonly string[];
}

/** Makes a home that holds only a contexts file, with `count` contexts called `c0`, `c1` …; the last one is current. */
export async function homeWithFile(
  { folder }: Sandbox,
  count: number,
  { endpoint = "https://bench.test", tokens }: Contents = {},
): Promise<string> {
  const home = mkdtempSync(join(folder, "home-"));
  const contexts = Array.from({ length: count }, (_, index) => {
    const fields = [
      `api_token: ${tokens?.[index] ?? `bench${String(index).padStart(27, "0")}`}`,
      "email: me@bench.test",
      `endpoint: ${endpoint}`,
      `name: c${index}`,
    ];
    return `- ${fields.join("\n  ")}\n`;
  });
  const text = `contexts:\n${contexts.join("")}current_context_name: c${count - 1}\n`;
  await Bun.write(join(home, ".yatai.yaml"), text, { mode: 0o600 });
  return home;
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
