import { loadConfig } from "c12";
import { isWorkingDirectoryDeleted } from "../system/runtime.ts";

/** What each layer chooses, nearest first; the first that chooses something wins. */
export interface Layers<T> {
  /** `--context`, or else the environment. */
  overrides: T | undefined;
  /** The nearest `.bentorc`. */
  project: T | undefined;
  /** The user's YAML; read only when no layer before it chose. */
  user: () => Promise<T>;
}

/**
 * Resolves the layers with one call of c12: overrides over project rc over user YAML. Everything else that c12 can do
 * is off, because it trusts the working directory: `extends` and remote layers, `.env`, the `NODE_ENV` layer,
 * `package.json`, a global rc, and `bentocloud.config.*`, which it would execute. `bentorc.ts` reads the project's file
 * and `resolve` hands it in, so c12 looks for no file; the loader of JavaScript throws. A choice is taken as a whole,
 * never merged, so that a key and an endpoint cannot come from two sources.
 */
export async function resolveLayers<T>({ overrides, project, user }: Layers<T>): Promise<T> {
  // c12 asks the system for the working directory, and fails where that was deleted.
  if (isWorkingDirectoryDeleted()) return overrides ?? project ?? (await user());
  const { config } = await loadConfig<{ choice?: T | undefined }>({
    name: "bentocloud",
    cwd: "/",
    overrides: { choice: overrides },
    resolve: () => ({ config: { choice: project }, configFile: "project", cwd: "/" }),
    defaultConfig: async () => ({ choice: overrides ?? project ?? (await user()) }),
    merger: (...layers) => layers.find((layer) => layer?.choice !== undefined) ?? {},
    rcFile: false,
    globalRc: false,
    packageJson: false,
    dotenv: false,
    envName: false,
    extend: false,
    giget: false,
    jiti: { import: refuseToLoad } as never,
  });
  return config.choice as T;
}

function refuseToLoad(): never {
  throw new Error("bentocloud loads no code from configuration");
}
