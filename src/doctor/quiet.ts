import { resolveActive } from "../resolve/active.ts";
import type { Cli } from "../app.ts";

/**
 * The same for checks that only look: what another program took out of the contexts file is said once, by the first
 * command that reads it, and looking must not be what uses that up.
 */
export function quietly(cli: Cli): Cli {
  const { store } = cli;
  return {
    ...cli,
    store,
    resolve: () =>
      resolveActive({
        flag: cli.flags.context,
        env: cli.env,
        cwd: () => cli.cwd(),
        file: () => store.paths.file,
        read: () => store.read(),
        warn: () => {},
      }),
  };
}
