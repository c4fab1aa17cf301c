import type { Check } from "./check.ts";
import { completion } from "./machine/completion.ts";
import { copies } from "./machine/copies.ts";
import { environment } from "./machine/environment.ts";
import { runtime } from "./machine/runtime.ts";
import { current } from "./storage/current.ts";
import { file } from "./storage/file.ts";
import { home } from "./storage/home.ts";
import { leftovers } from "./storage/leftovers.ts";
import { lost } from "./storage/lost.ts";
import { modes } from "./storage/modes.ts";
import { names } from "./storage/names.ts";
import { rotations } from "./storage/rotations.ts";
import { tokens } from "./storage/tokens.ts";
import { values } from "./storage/values.ts";

/** Modes before anything that narrows them in passing. */
const STORAGE = [home, modes, leftovers, file, lost, names, tokens, current, values, rotations];
const MACHINE = [environment, runtime, completion, copies];

interface Scope {
  /** Open no connection. */
  offline: boolean;
  insecureHttp: boolean;
}

/** What is stored comes first, because a repair of it can change which server there is to visit. */
export async function listChecks({ offline, insecureHttp }: Scope): Promise<Check[]> {
  if (offline) return [...STORAGE, ...MACHINE];
  const { visitServer } = await import("./server/chain.ts");
  return [...STORAGE, ...MACHINE, ...visitServer({ insecureHttp })];
}
