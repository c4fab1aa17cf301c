import { type Environment, locateHome } from "../store/home.ts";
import { type Active, resolveActive, type Surroundings } from "./active.ts";
import { createStore, type Store } from "../store/store.ts";

export interface Place {
  env: Environment;
  cwd: () => string;
  signal: () => AbortSignal;
  /** Told what another program took out of the contexts file, once. */
  alert: (message: string) => void;
}

/** What contexts there are at a place, and which one is active. Nothing is read before it is asked for. */
export interface Here {
  readonly store: Store;
  /** `name` is a context that is wanted whatever else is set. */
  resolve(name: string | undefined, warn: (message: string) => void): Promise<Active>;
  /** What that looks at. */
  around(name: string | undefined, warn: (message: string) => void): Surroundings;
}

export function lookAround({ env, cwd, signal, alert }: Place): Here {
  let made: Store | undefined;
  const store = () => (made ??= createStore({ paths: locateHome(env, cwd), signal, alert }));
  const around: Here["around"] = (name, warn) => {
    let file: ReturnType<Store["read"]> | undefined;
    const read = () => (file ??= store().read());
    return { flag: name, env, cwd, file: () => store().paths.file, read, warn };
  };
  return {
    get store() {
      return store();
    },
    around,
    resolve: (name, warn) => resolveActive(around(name, warn)),
  };
}
