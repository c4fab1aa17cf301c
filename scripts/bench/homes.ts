import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { time } from "./timing.ts";
import type { Workshop } from "./workshop.ts";

interface Contents {
  endpoint?: string;
  /** As many as there are contexts; made up when not given. */
  tokens?: readonly string[];
}

/** A folder with a contexts file of that many contexts, `c0` to the current one, and nothing beside it. */
export async function homeByHand(
  { folder }: Workshop,
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

/** The same as the program leaves it: its own folder stands beside the file. */
export async function homeByUse(workshop: Workshop, count: number): Promise<string> {
  const home = await homeByHand(workshop, count);
  const file = join(home, ".yatai.yaml");
  const text = await Bun.file(file).text();
  await Bun.write(file, text.replace(/(?<=^current_context_name: ).*/m, "nobody"));
  const command = [workshop.binary, "use", `c${count - 1}`];
  time({ command, cwd: workshop.folder, env: workshop.environment({ BENTOML_HOME: home }) });
  return home;
}
