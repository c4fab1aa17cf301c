import { dirname, join } from "node:path";
import { CliError } from "../errors.ts";
import { inspectTarget, readRegularFile, requireWritable, storageError } from "../system/files.ts";
import { Context, findContext } from "../contexts/context.ts";
import { DEFAULT_ENDPOINT } from "../contexts/endpoint.ts";
import { type ContextsFile, problemError } from "../yaml/read.ts";
import { type Environment, locatePythonHome } from "../store/home.ts";
import { ENVIRONMENT_NAME, showName } from "../contexts/name.ts";
import { EMPTY, snapshotReader } from "../store/snapshot.ts";

/** What Python bentoml would use in this place. */
export interface PythonLogin {
  /** What decides there: a variable, or the current context of the file. */
  kind: "env_key" | "env_context" | "user";
  /** The file that it reads first, whatever decides; null where that cannot be told. */
  path: string | null;
  /** Undefined when its commands fail. */
  context: Context | undefined;
  /** Why they do. */
  failure: string | null;
  /** Whether they would with any login: what it finds on the disk ends it. */
  isBroken: boolean;
  /** What `bentoml cloud current-context` prints: that one looks at no `BENTOML_CLOUD_CONTEXT`. */
  current: Context | undefined;
}

/** What every command of it makes, and stops at when it cannot. */
const FOLDERS = ["bentos", "models", "envs", "tmp"];

/** Text that Python takes for no configuration at all, and replaces by an empty one. */
const NOTHING = /^(?:---\s*)?(?:~|null|\[\s*\]|0|false|no|off|''|"")?$/i;

/**
 * The same answer that real bentoml gives, without running it: a variable that is set counts, empty or not; the key
 * beats every name; `.bentorc` and our `--context` are unknown to it; and a file that it refuses ends everything.
 */
export async function askPython(env: Environment, cwd: () => string): Promise<PythonLogin> {
  const named = env["BENTOML_CLOUD_CONTEXT"];
  const credential = credentialOf(env);
  const kind = credential ? "env_key" : named === undefined ? "user" : "env_context";
  let path: string | null = null;
  try {
    path = locatePythonHome(env, cwd).file;
    const { contexts, current } = await readAsPython(path);
    const name = named ?? current.name;
    const context = credential ?? findContext(contexts, name);
    return {
      kind,
      path,
      context,
      failure: context ? null : `it finds no context ${showName(name)}`,
      isBroken: false,
      current: credential ?? findContext(contexts, current.name),
    };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const failure = `it fails: ${error.message}`;
    return { kind, path, context: undefined, failure, isBroken: true, current: undefined };
  }
}

function credentialOf(env: Environment): Context | undefined {
  const apiToken = env["BENTO_CLOUD_API_KEY"];
  if (apiToken === undefined) return undefined;
  const endpoint = env["BENTO_CLOUD_API_ENDPOINT"] ?? DEFAULT_ENDPOINT;
  return new Context({ name: ENVIRONMENT_NAME, endpoint, email: null, apiToken, line: null });
}

/** @throws CliError for whatever ends it with a traceback. */
async function readAsPython(path: string): Promise<ContextsFile> {
  const home = dirname(path);
  for (const folder of [home, ...FOLDERS.map((name) => join(home, name))]) {
    const stats = inspectTarget(folder);
    if (!stats) requireWritable(folder);
    else if (!stats.isDirectory()) throw new CliError("STORAGE", `${folder} is not a directory`);
  }
  if (!inspectTarget(path) || isNothing(path)) {
    requireWritable(home);
    return EMPTY;
  }
  const { file } = await snapshotReader(path)();
  const [problem] = file.problems;
  if (problem) throw problemError(problem, path);
  return file;
}

function isNothing(path: string): boolean {
  try {
    const text = readRegularFile(path)?.bytes.toString("utf8") ?? "";
    return NOTHING.test(
      text
        .replace(/^\ufeff/, "")
        .replaceAll(/^[ \t]*#.*$/gm, "")
        .trim(),
    );
  } catch (error) {
    throw storageError("read", path, error);
  }
}
