import type { Cli } from "../app.ts";
export async function installHook(_cli: Cli, _hook: "pre-commit" | "pre-push"): Promise<number> {
  return 0;
}
