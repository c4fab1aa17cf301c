import { locateHome } from "./bentoml-home.ts";
import type { Environment } from "../system/runtime.ts";
import { createStore, type Store } from "../store/store.ts";
import { type Inputs, resolveActive, type Source } from "./active.ts";

interface ResolverOptions {
  env: Environment;
  cwd: () => string;
  signal: () => AbortSignal;
  /** Called once when another program removed contexts from the file. */
  alert: (message: string) => void;
}

/** The stored contexts and the active one. Reads nothing until it is needed. `flag` is the value of `--context`. */
export function createResolver({ env, cwd, signal, alert }: ResolverOptions) {
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
    resolve: (flag: string | undefined, warn: (message: string) => void) =>
      resolveActive(inputsFor(flag, warn)),
    /** `winner` is the source of the active context. */
    async explain(flag: string | undefined, winner: Source | undefined) {
      const { explainCandidates } = await import("./candidates.ts");
      return explainCandidates(
        inputsFor(flag, () => {}),
        winner,
      );
    },
  };
}
