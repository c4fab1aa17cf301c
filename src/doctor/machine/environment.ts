import { comparePython } from "../../resolve/python.ts";
import { environmentCredential, variable } from "../../resolve/environment.ts";
import type { Environment } from "../../store/home.ts";
import { findProject } from "../../resolve/bentorc.ts";
import type { Active } from "../../resolve/active.ts";
import { CliError } from "../../errors.ts";
import type { Cli } from "../../app.ts";
import type { Check, Finding } from "../check.ts";
import { quietly } from "../quiet.ts";

const [KEY, ENDPOINT, CONTEXT] = [
  "BENTO_CLOUD_API_KEY",
  "BENTO_CLOUD_API_ENDPOINT",
  "BENTOML_CLOUD_CONTEXT",
] as const;

/** The variables that choose a login, where they contradict each other, the options or a project, or mislead. */
export const environment: Check = {
  id: "environment",
  async look(cli) {
    const { env } = cli;
    const names = [KEY, ENDPOINT, CONTEXT, "BENTOML_HOME"];
    const empty = names.filter((name) => env[name] !== undefined && variable(env, name) === undefined);
    const isUsed = [KEY, ENDPOINT, CONTEXT].some((name) => env[name] !== undefined);
    if (!isUsed && empty.length === 0) return { status: "ok", message: "no variable chooses a login" };
    const fault = faultOf(env);
    if (fault) return fault;
    const sentences = [
      ...empty.map((name) => `${name} is set but empty, and ignored here`),
      ...conflictsOf(cli),
      ...(await differenceOf(cli)),
    ];
    return sentences.length > 0
      ? {
          status: "warn",
          message: sentences.join("; "),
          hint: "`bentocloud explain` shows what each of them uses",
        }
      : { status: "ok", message: whatItSays(env) };
  },
};

/** A key or an endpoint that cannot be used at all. */
function faultOf(env: Environment): Finding | undefined {
  try {
    environmentCredential(env);
    return undefined;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return { status: "fail", message: error.message, ...(error.hint && { hint: error.hint }) };
  }
}

function conflictsOf({ env, flags, cwd }: Cli): string[] {
  const hasKey = variable(env, KEY) !== undefined;
  const hasName = variable(env, CONTEXT) !== undefined;
  const isAlone = !hasKey && variable(env, ENDPOINT) !== undefined;
  const project = flags.context === undefined ? projectOf(cwd) : undefined;
  const winner = hasKey ? KEY : CONTEXT;
  return [
    isAlone && `${ENDPOINT} without ${KEY} only says where \`login\` signs in`,
    flags.context !== undefined && hasKey && `--context wins over ${KEY} here`,
    flags.context === undefined && hasKey && hasName && `${KEY} wins over ${CONTEXT}`,
    project !== undefined && (hasKey || hasName) && `${winner} wins over the context that ${project} names`,
  ].filter((sentence) => typeof sentence === "string");
}

/** A project's file with a credential in it is what resolution itself complains about. */
function projectOf(cwd: () => string): string | undefined {
  try {
    const project = findProject(cwd, () => {});
    return project?.context === undefined ? undefined : project.path;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return undefined;
  }
}

async function differenceOf(cli: Cli): Promise<string[]> {
  const active = await quietly(cli).resolve().catch(orNothing);
  const { env, cwd } = cli;
  const { python } = await comparePython({ env, cwd, active, isForbidden: false });
  return python.differs ? [`Python bentoml decides differently: ${python.reason}`] : [];
}

function orNothing(error: unknown): Active | undefined {
  if (!(error instanceof CliError) || error.code === "CANCELLED") throw error;
  return undefined;
}

function whatItSays(env: Environment): string {
  if (variable(env, KEY) === undefined) return `${CONTEXT} chooses the context`;
  const where = variable(env, ENDPOINT) === undefined ? "the default endpoint" : ENDPOINT;
  return `${KEY} is the login, with ${where}; no stored context is used`;
}
