import { loadConfig } from "c12";
import { isWorkingDirectoryDeleted } from "../system/runtime.ts";

/** The choice of each layer, by precedence: the first layer with a choice wins. */
export interface Layers<T> {
  /** `--context`, or else the environment. */
  overrides: T | undefined;
  /** The nearest `.bentorc`. */
  project: T | undefined;
  /** The user's YAML; read only when no other layer has a choice. */
  user: () => Promise<T>;
}

/**
 * Resolves the layers with one call of c12: overrides over project rc over user YAML. c12's other features are off,
 * because they trust the working directory: `extends` and remote layers, `.env`, the `NODE_ENV` layer, `package.json`,
 * a global rc, and `bentocloud.config.*`, which c12 would execute. `bentorc.ts` reads the project's file and `resolve`
 * returns it, so c12 searches for no file; the loader of JavaScript throws. Choices are never merged, so that a key and
 * an endpoint cannot come from two sources.
 */
export async function resolveLayers<T>({ overrides, project, user }: Layers<T>): Promise<T> {
  // c12 asks the system for the working directory and fails if it was deleted.
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
