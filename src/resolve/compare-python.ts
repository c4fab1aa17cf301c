import { Context, findContext, isKeptElsewhere, tokenOf } from "../contexts/context.ts";
import { DEFAULT_ENDPOINT, isSameEndpoint } from "../contexts/endpoint.ts";
import { ENVIRONMENT_NAME, showName } from "../contexts/name.ts";
import { requireCliError } from "../errors.ts";
import { locatePythonHome } from "./bentoml-home.ts";
import type { Environment } from "../system/runtime.ts";
import { snapshotReader } from "../store/snapshot.ts";
import { type ContextsFile, problemWith } from "../yaml/read.ts";
import type { Active } from "./active.ts";
import { isSetButEmpty, KEY_FILE } from "./environment.ts";

const KEY = "BENTO_CLOUD_API_KEY";

/** The login that Python bentoml would use here; the keys are JSON keys. */
export interface PythonLogin {
  name: string | null;
  endpoint: string | null;
  differs: boolean;
  reason: string | null;
}

interface Place {
  env: Environment;
  cwd: () => string;
  /** The active context of this program; undefined when resolution failed. */
  active: Active | undefined;
  /** Whether the `.bentorc` forbids the active context. */
  isForbidden: boolean;
}

/**
 * Python bentoml resolves differently: an empty variable counts as set, the key overrides every name, and it does not
 * read `.bentorc`. Its versions accept different files, so this function does not decide whether the file is accepted:
 * `mayRefuse` only says that the file has a problem.
 */
export async function comparePython(place: Place): Promise<{ python: PythonLogin; mayRefuse: boolean }> {
  const { env, active, isForbidden } = place;
  const { path, file, problem } = await readForPython(place);
  const name = env["BENTOML_CLOUD_CONTEXT"] ?? file?.current.name ?? "";
  const isUnknown =
    file !== undefined && problemWith(file, env["BENTOML_CLOUD_CONTEXT"] ?? null) !== undefined;
  const context = readKey(env) ?? (isUnknown ? undefined : findContext(file?.contexts ?? [], name));
  const differs = !usesSameLogin(isForbidden ? undefined : active?.context, context);
  const sendsReference = context !== undefined && isKeptElsewhere(context);
  const why = sendsReference ? [SENDS_REFERENCE] : explainDifference(place, path);
  const reasons = [
    ...(differs ? why : []),
    ...(file && !context && !isUnknown ? [`it finds no context ${showName(name)}`] : []),
    ...(problem ? [`Python may refuse the file: ${problem}`] : []),
  ];
  return {
    python: {
      name: context?.name ?? null,
      endpoint: context?.endpoint.masked ?? null,
      differs,
      reason: reasons.join("; ") || null,
    },
    mayRefuse: problem !== undefined,
  };
}

const SENDS_REFERENCE =
  "it cannot read where the API token is kept, and sends the reference to it, which the server refuses";

function readKey(env: Environment): Context | undefined {
  const apiToken = env[KEY];
  const endpoint = env["BENTO_CLOUD_API_ENDPOINT"] ?? DEFAULT_ENDPOINT;
  return apiToken === undefined
    ? undefined
    : new Context({ name: ENVIRONMENT_NAME, endpoint, email: null, apiToken, line: null });
}

async function readForPython({
  env,
  cwd,
}: Place): Promise<{ path?: string; file?: ContextsFile; problem?: string }> {
  try {
    const path = locatePythonHome(env, cwd).file;
    const { file } = await snapshotReader(path)();
    // Python reads a file whose list has another key, as one without contexts.
    const first = file.problems.find(({ hides }) => hides !== "list");
    return { path, file, ...(first && { problem: `line ${first.line}: ${first.message}` }) };
  } catch (error) {
    return { problem: requireCliError(error).message };
  }
}

/** Why Python bentoml would use another login, the most important reason first. */
function explainDifference({ env, active, isForbidden }: Place, path: string | undefined): string[] {
  const kind = active?.source.kind;
  if (kind === "env_key" && env[KEY] === undefined) return [`it does not read ${KEY_FILE}`];
  const variable = [KEY, "BENTOML_CLOUD_CONTEXT"].find((name) => env[name] !== undefined);
  const reasons: string[] = [];
  if (variable && isSetButEmpty(env, variable))
    reasons.push(`${variable} is set but empty, which it uses as the ${variable === KEY ? "key" : "name"}`);
  else if (kind === "flag")
    reasons.push(variable ? `${variable} overrides every --context there` : "it does not see this --context");
  else if (kind === "project" || isForbidden) reasons.push("it does not read .bentorc");
  if (isSetButEmpty(env, "BENTOML_HOME") && path)
    reasons.push(`BENTOML_HOME is set but empty, so it reads ${path}`);
  return reasons.length > 0 ? reasons : ["it uses endpoint and token exactly as they are written"];
}

function usesSameLogin(ours: Context | undefined, theirs: Context | undefined): boolean {
  if (!ours || !theirs) return ours === theirs;
  if (isKeptElsewhere(theirs)) return false;
  return (
    ours.name === theirs.name &&
    isSameEndpoint(ours.endpoint, theirs.endpoint) &&
    /^https?:\/\//i.test(theirs.endpoint.reveal()) &&
    tokenOf(ours)?.reveal() === tokenOf(theirs)?.reveal()
  );
}
