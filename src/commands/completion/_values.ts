import type { Completion, ListValues } from "../../cli/completion/complete.ts";
import { readContextsQuietly } from "../../resolve/read-quietly.ts";
import type { Environment } from "../../system/runtime.ts";

/**
 * The values that a `valueHint` stands for, while a line is typed. Prompts for nothing, and writes and prints nothing;
 * only the names of API tokens are asked of the server.
 */
export function valueLists(env: Environment, cwd: () => string): ListValues {
  return async (kind, context) => {
    switch (kind) {
      case "context":
        return plain((await readContextsQuietly(env, cwd)).contexts.map(({ name }) => name));
      case "scope":
        return plain((await import("../../tokens/fields.ts")).SCOPES);
      case "store":
        return plain(["file", "keyring", "helper:pass"]);
      case "version":
        return listVersionIds(env, cwd);
      case "api-token":
        return plain(await listTokenNames(env, cwd, context));
      default:
        return [];
    }
  };
}

function plain(values: readonly string[]): Completion[] {
  return values.map((value) => ({ value, description: "" }));
}

/** Newest first. */
async function listVersionIds(env: Environment, cwd: () => string): Promise<Completion[]> {
  const { locateHome } = await import("../../resolve/bentoml-home.ts");
  const { listVersions } = await import("../../store/versions.ts");
  const { showWhen } = await import("../../system/time.ts");
  return listVersions(locateHome(env, cwd).own)
    .filter(({ kind }) => kind !== "pending")
    .toReversed()
    .map(({ id, kind, time }) => ({ value: id, description: `${kind}, ${showWhen(time, new Date())}` }));
}

const PATIENCE_MS = 1_000;

/** Asks the server of the active context. Where a pin of the project is not known to match, nothing is sent. */
async function listTokenNames(
  env: Environment,
  cwd: () => string,
  flag: string | undefined,
): Promise<string[]> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const { locateHome } = await import("../../resolve/bentoml-home.ts");
  const { resolveActive } = await import("../../resolve/active.ts");
  const { requireContext } = await import("../../resolve/require.ts");
  const { plainTokenOf } = await import("../../contexts/context.ts");
  const { checkEndpointPin, checkOrganizationPin } = await import("../../resolve/pins.ts");
  const { readState, recall } = await import("../../store/state.ts");
  const { createClient } = await import("../../cloud/client.ts");
  const { listTokens } = await import("../../cloud/tokens.ts");
  const paths = locateHome(env, cwd);
  const read = () => readContextsQuietly(env, cwd);
  const active = await resolveActive({ flag, env, cwd, read, file: () => paths.file, warn: () => {} });
  const context = requireContext(active);
  // While a line is typed, no other store is asked for a token.
  const token = plainTokenOf(context);
  if (!token) return [];
  checkEndpointPin(active, context);
  checkOrganizationPin(active, recall(readState(paths.own), context)?.organization ?? null);
  const client = createClient({
    endpoint: context.endpoint,
    token,
    timeoutMs: PATIENCE_MS,
    insecureHttp: false,
    debug: () => {},
    signal,
    env,
  });
  return (await listTokens(client)).map(({ name }) => name);
}
