import { loadConfig } from "c12";
import type { Choice } from "./active.ts";

/** Where a choice can come from, nearest first; the first that makes one wins. */
export interface Layers {
  /** `--context`, or else what the environment says. */
  overrides: Choice | undefined;
  /** The nearest `.bentorc`. */
  project: Choice | undefined;
  /** The user's YAML; asked only when nothing before it chose. */
  user: () => Promise<Choice>;
}

type Layer = { choice?: Choice | undefined } | null | undefined;

/**
 * Layered resolution by c12: overrides over project rc over user YAML, in one call. Everything else that c12 can do
 * is off, because all of it believes the working directory: `extends` and remote layers, `.env`, the `NODE_ENV`
 * layer, `package.json`, a global rc, and `bentocloud.config.*`, which it would execute. The project's file comes in
 * through `resolve`, already read by our own careful reader, and so c12 looks for no file at all; the loader of
 * JavaScript throws. Choices are taken whole, never merged, so that a key and an endpoint cannot meet from two sources.
 */
export async function chooseLayer(layers: Layers, cwd: string): Promise<Choice> {
  const { config } = await loadConfig<{ choice?: Choice }>({
    name: "bentocloud",
    cwd,
    overrides: { ...(layers.overrides && { choice: layers.overrides }) },
    resolve: () => ({ config: layers.project ? { choice: layers.project } : {}, configFile: "project", cwd }),
    defaultConfig: async ({ configs }) => {
      const chosen = firstChoice(configs.overrides as Layer, configs.main as Layer);
      return { choice: chosen ?? (await layers.user()) };
    },
    merger: (...all: unknown[]) => {
      const choice = firstChoice(...(all as Layer[]));
      return choice ? { choice } : {};
    },
    rcFile: false,
    globalRc: false,
    packageJson: false,
    dotenv: false,
    envName: false,
    extend: false,
    giget: false,
    jiti: { import: refuseToLoad } as never,
  });
  return config.choice ?? (await layers.user());
}

function firstChoice(...layers: Layer[]): Choice | undefined {
  return layers.find((layer) => layer?.choice)?.choice;
}

function refuseToLoad(): never {
  throw new Error("bentocloud loads no code from configuration");
}
