import { resolve } from "node:path";
import { createClient } from "../cloud/client.ts";
import { warnOfEmptyVariables } from "../resolve/environment.ts";
import { createResolver } from "../resolve/resolver.ts";
import type { Active, Source } from "../resolve/active.ts";
import type { Token } from "../contexts/token.ts";
import { requireCliError } from "../errors.ts";
import { type Opener, openSession } from "../auth/session.ts";
import { withRemedy } from "../resolve/remedy.ts";
import { emitWarning, ownEnvironment, workingDirectory } from "../system/runtime.ts";
import { type RequestOptions, withDefaults } from "./create-client.ts";

/** What {@link resolveContext} takes into account. */
export interface ResolveOptions extends RequestOptions {
  /** Use this stored context, whatever else is set, as `--context` does. */
  context?: string;
  /** The environment variables, `BENTOML_HOME` among them (default: the process's own). */
  env?: Readonly<Record<string, string | undefined>>;
  /** Where the search for a `.bentorc` begins (default: the working directory). */
  cwd?: string;
  /** Called with each warning, one sentence (default: `process.emitWarning`). */
  warn?: (message: string) => void;
}

/** The active context, as `bentocloud status` shows it. */
export interface ResolvedContext {
  /** `__env__` for the credential in `BENTO_CLOUD_API_KEY`. */
  readonly name: string;
  /** Masks a user name and password; no request is sent to an endpoint that has them. */
  readonly endpoint: string;
  /** Null if the contexts file has none. */
  readonly email: string | null;
  /** The source that chose it. */
  readonly source: Source;
  /** Prints masked; `token.reveal()` returns the text. */
  readonly token: Token;
  /** The `.bentorc` that was found. {@link createClient} checks its pins for each request too. */
  readonly project: Active["project"];
}

/**
 * The credentials that are active here. The first source that is set wins, as on the command line: `context`,
 * `BENTO_CLOUD_API_KEY`, `BENTOML_CLOUD_CONTEXT`, the nearest `.bentorc`, the current context of the file shared with
 * Python bentoml. Checks the pins of the `.bentorc`, and sends a request for it if the organization is unknown.
 *
 * @throws CliError
 */
export async function resolveContext(options: ResolveOptions = {}): Promise<ResolvedContext> {
  const { context: name, env = ownEnvironment(), cwd, warn = emitWarning } = options;
  const request = withDefaults(options);
  const resolver = createResolver({
    env,
    cwd: () => (cwd === undefined ? workingDirectory() : resolve(cwd)),
    signal: () => request.signal,
    alert: warn,
  });
  warnOfEmptyVariables(env, warn);
  let resolved: Active | undefined;
  const opener: Opener = {
    store: resolver.store,
    now: () => new Date(),
    resolve: async () => (resolved = await resolver.resolve(name, warn)),
    signal: request.signal,
    alert: warn,
    openStore: async (place) => {
      const { createStoreOpener } = await import("../secrets/open-stores.ts");
      return createStoreOpener({ env, signal: request.signal, say: warn, wait: (_, act) => act() })(place);
    },
    client: async (asked) => createClient({ ...request, ...asked, env, debug: () => {} }),
  };
  const { active, context, token } = await openSession(opener).catch(async (error: unknown) => {
    throw await withRemedy(requireCliError(error), { active: resolved, env, store: () => resolver.store });
  });
  const { endpoint, email } = context;
  return {
    name: active.name,
    endpoint: endpoint.masked,
    email,
    source: active.source,
    token,
    project: active.project,
  };
}
