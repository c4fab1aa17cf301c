import { join } from "node:path";
import { renderManual } from "../man.ts";
import type { Placed } from "./place.ts";
import { run } from "./run.ts";

const ROOT = join(import.meta.dir, "../..");

const COMPLETIONS = {
  bash: "bentocloud.bash",
  zsh: "_bentocloud",
  fish: "bentocloud.fish",
  powershell: "bentocloud.ps1",
};

export function licences(dist: string): Placed[] {
  return [
    { path: "LICENSE", from: join(ROOT, "LICENSE") },
    { path: "THIRD_PARTY_LICENSES", from: join(dist, "THIRD_PARTY_LICENSES") },
  ];
}

/** The manual pages, with the date of the release. */
export async function manual(time: number): Promise<Placed[]> {
  const date = new Date(time * 1000).toISOString().slice(0, 10);
  return [...(await renderManual(date))].map(([name, content]) => ({ path: `man/man1/${name}`, content }));
}

/** Run from source, because most of the binaries do not run on this machine. */
export function completions(): Placed[] {
  return Object.entries(COMPLETIONS).map(([shell, name]) => ({
    path: `completions/${name}`,
    content: run([process.execPath, join(ROOT, "src/main.ts"), "completion", shell]),
  }));
}
