import type { Cli } from "../../app.ts";
import { findProject } from "../../resolve/bentorc.ts";
import {
  environmentCredential,
  isSetButEmpty,
  KEY_FILE,
  keyVariable,
  variable,
} from "../../resolve/environment.ts";
import type { Environment } from "../../system/runtime.ts";
import { attempt, type Check, ok, warn } from "../check.ts";
import { join, open, secret, type Text, text } from "../report.ts";

const KEY = "BENTO_CLOUD_API_KEY";
const ENDPOINT = "BENTO_CLOUD_API_ENDPOINT";
const CONTEXT = "BENTOML_CLOUD_CONTEXT";
const CHOOSING = [KEY, KEY_FILE, ENDPOINT, CONTEXT];

/** The variables that choose a login: whether they contradict one another, the options or a project. */
export const environment: Check = {
  id: "environment",
  async run(cli) {
    const { env } = cli;
    const empty = [...CHOOSING, "BENTOML_HOME"].filter((name) => isSetButEmpty(env, name));
    if (empty.length === 0 && CHOOSING.every((name) => env[name] === undefined))
      return ok(text`no variable chooses a login`);
    // Throws for a key or an endpoint that cannot be used at all.
    environmentCredential(env);
    const conflicts = [
      ...empty.map((name) => text`${open(name)} is set but empty, and ignored here`),
      ...(await listConflicts(cli)),
    ];
    if (conflicts.length === 0) return ok(describeChoice(env));
    return warn(join(conflicts), text`\`bentocloud explain\` shows what this program and Python bentoml use`);
  },
};

async function listConflicts({ env, flags, cwd }: Cli): Promise<Text[]> {
  const key = keyVariable(env);
  const hasKey = variable(env, key) !== undefined;
  const hasName = variable(env, CONTEXT) !== undefined;
  const hasEndpoint = variable(env, ENDPOINT) !== undefined;
  const found =
    hasEndpoint && !hasKey
      ? [text`${open(ENDPOINT)} without ${open(KEY)} only says where \`login\` signs in`]
      : [];
  if (flags.context !== undefined)
    return hasKey ? [...found, text`--context wins over ${open(key)} here`] : found;
  if (hasKey && hasName) found.push(text`${open(key)} wins over ${open(CONTEXT)}`);
  const project = await attempt(() => findProject(cwd, () => {}));
  if (project?.context !== undefined && (hasKey || hasName)) {
    const winner = open(hasKey ? key : CONTEXT);
    found.push(text`${winner} wins over the context that ${secret("path", project.path)} names`);
  }
  return found;
}

function describeChoice(env: Environment): Text {
  const key = keyVariable(env);
  if (variable(env, key) === undefined) return open(`${CONTEXT} chooses the context`);
  const where = variable(env, ENDPOINT) === undefined ? "the default endpoint" : ENDPOINT;
  return open(`${key} is the login, with ${where}; no stored context is used`);
}
