import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 as Ajv, type ValidateFunction } from "ajv/dist/2020.js";
import { parseInvocation } from "../../src/cli/parse-argv.ts";
import { root } from "../../src/commands/index.ts";

const SCHEMAS = join(import.meta.dirname, "../../docs/reference/schemas");

const ajv = new Ajv({ allowUnionTypes: true });
ajv.addSchema(load("definitions"));

/** Commands that print no answer of ours with `--json`: a program's output, a server's answer, a script. */
const WITHOUT_ANSWER = /^(?:exec|shell|api|completion-\w+)$/;

interface Printed {
  args: readonly string[];
  stdout: string;
  stderr: string;
}

/** Throws when what a command printed with `--json`, the answer or the error, does not fit its schema. */
export async function checkJson({ args, stdout, stderr }: Printed): Promise<void> {
  const error = stderr.split("\n").find((line) => line.startsWith('{"error":{'));
  if (error !== undefined) check("error", error);
  const name = await answerOf(args);
  if (name !== undefined && stdout !== "") check(name, stdout);
}

/** The name of the schema of a command's answer; undefined when it prints none, and for a command line that is wrong. */
async function answerOf(args: readonly string[]): Promise<string | undefined> {
  try {
    const { path, request, flags } = await parseInvocation(root, args);
    if (!flags.json || request === "help") return undefined;
    return request === "version" ? "version" : schemaOf(path.slice(1));
  } catch {
    return undefined;
  }
}

/** Undefined for the commands that print no answer of ours. */
export function schemaOf(path: readonly string[]): string | undefined {
  const name = path.join("-");
  return WITHOUT_ANSWER.test(name) ? undefined : name;
}

const validators = new Map<string, ValidateFunction>();

function check(name: string, text: string): void {
  const validate = validators.get(name) ?? ajv.compile(load(name));
  validators.set(name, validate);
  if (validate(JSON.parse(text))) return;
  throw new Error(`the JSON does not fit ${name}.schema.json: ${ajv.errorsText(validate.errors)}`);
}

function load(name: string) {
  const path = join(SCHEMAS, `${name}.schema.json`);
  if (!existsSync(path)) throw new Error(`there is no ${path} for the JSON of this command`);
  return JSON.parse(readFileSync(path, "utf8"));
}
