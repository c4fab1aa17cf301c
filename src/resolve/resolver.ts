import { locateHome } from "./bentoml-home.ts";
import type { Environment } from "../system/runtime.ts";
import { createStore, type Store } from "../store/store.ts";
import { type Active, type Inputs, resolveActive, type Source } from "./active.ts";
import type { ExplainedCandidate } from "./candidates.ts";

export interface ResolverOptions {
  env: Environment;
  cwd: () => string;
  signal: () => AbortSignal;
  /** Called once when another program removed contexts from the file. */
  alert: (message: string) => void;
}

/** The stored contexts and the active one. Reads nothing until it is needed. */
export interface Resolver {
  readonly store: Store;
  /** `flag` is the value of `--context`. */
  resolve(flag: string | undefined, warn: (message: string) => void): Promise<Active>;
  /** `winner` is the source of the active context. */
  explain(flag: string | undefined, winner: Source | undefined): Promise<ExplainedCandidate[]>;
}

export function createResolver({ env, cwd, signal, alert }: ResolverOptions): Resolver {
  let made: Store | undefined;
  const store = () => (made ??= createStore({ paths: locateHome(env, cwd), signal, alert }));
  const inputsFor = (flag: string | undefined, warn: (message: string) => void): Inputs => {
    let file: ReturnType<Store["read"]> | undefined;
    const read = () => (file ??= store().read());
    return { flag, env, cwd, file: () => store().paths.file, read, warn };
  };
  return {
    get store() {
      return store();
    },
    resolve: (flag, warn) => resolveActive(inputsFor(flag, warn)),
    async explain(flag, winner) {
      const { explainCandidates } = await import("./candidates.ts");
      const inputs = inputsFor(flag, () => {});
      return explainCandidates(inputs, winner);
    },
  };
}
