import { resolve } from "node:path";
import { createClient } from "../cloud/client.ts";
import { warnOfEmptyVariables } from "../resolve/environment.ts";
import { createResolver } from "../resolve/resolver.ts";
import type { Source } from "../resolve/active.ts";
import type { Token } from "../contexts/token.ts";
import { openSession } from "../auth/session.ts";
import { emitWarning, ownEnvironment, workingDirectory } from "../system/runtime.ts";
import { complete, type RequestOptions } from "./options.ts";

export interface ResolveOptions extends RequestOptions {
  /** The stored context of this name, whatever else is set; `--context` of the command line. */
  context?: string;
  /** Where the variables stand, `BENTOML_HOME` among them; the process's own when not given. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Where the search for a `.bentorc` begins; the process's working directory when not given. */
  cwd?: string;
  /** Told what is odd and no failure, one sentence each; `process.emitWarning` when not given. */
  warn?: (message: string) => void;
}

/** The active context, as `bentocloud status` would name it. */
export interface ResolvedContext {
  /** `__env__` for the credential in `BENTO_CLOUD_API_KEY`. */
  readonly name: string;
  readonly endpoint: string;
  readonly email: string | null;
  /** What chose it. */
  readonly source: Source;
  /** Shows its last characters however it is printed; `token.reveal()` gives the text. */
  readonly token: Token;
}

/**
 * The credentials that are active here, by the rules of the command line: `context`, `BENTO_CLOUD_API_KEY`,
 * `BENTOML_CLOUD_CONTEXT`, the nearest `.bentorc`, the current context of the file shared with Python bentoml. The pins
 * of a `.bentorc` hold; only an organization that nobody has seen yet is asked of the server.
 *
 * @throws CliError
 */
export async function resolveContext(options: ResolveOptions = {}): Promise<ResolvedContext> {
  const { context: name, env = ownEnvironment(), cwd, warn = emitWarning } = options;
  const request = complete(options);
  const resolver = createResolver({
    env,
    cwd: () => (cwd === undefined ? workingDirectory() : resolve(cwd)),
    signal: () => request.signal,
    alert: warn,
  });
  warnOfEmptyVariables(env, warn);
  const { active, context, token } = await openSession(
    {
      store: resolver.store,
      now: () => new Date(),
      resolve: () => resolver.resolve(name, warn),
      client: async (asked) => createClient({ ...request, ...asked, debug: () => {} }),
    },
    request,
  );
  const { endpoint, email } = context;
  return { name: active.name, endpoint, email, source: active.source, token };
}
