import { CliError } from "../errors.ts";
import { type Context, findContext } from "../contexts/context.ts";
import { variable } from "./environment.ts";
import type { Environment } from "../store/home.ts";
import { looksLikeToken } from "../contexts/name.ts";
import { findProject, type Project } from "./bentorc.ts";
import {
  type Choice,
  choose,
  describeSource,
  fromFlag,
  fromKey,
  fromProject,
  fromUser,
  fromVariable,
  type Source,
  type Surroundings,
  unplaced,
} from "./active.ts";
import { Token } from "../contexts/token.ts";

/** A place where a choice can come from, and what became of it; the keys are JSON keys. */
export interface Candidate extends Source {
  /** The name that it chooses, or the credential's masked token. */
  value: string | null;
  chosen: boolean;
  reason: string;
}

/** A candidate before it is known who wins. */
interface Place {
  source: Source;
  value: string | null;
  /** What is to be said of it, whether it wins or not. */
  note?: string | undefined;
  /** Undefined when nothing is chosen here. */
  choice?: Choice | "error" | undefined;
}

/**
 * Every candidate in the order in which they are asked, each by the function that resolution asks. An error hides
 * none of them: the one that stops resolution is what its candidate has to say.
 */
export async function listCandidates(surroundings: Surroundings): Promise<Candidate[]> {
  const winner = await attempt(async () => (await choose(surroundings)).choice.source);
  const contexts = await attempt(async () => (await surroundings.read()).contexts);
  const places = [
    placeFlag(surroundings),
    placeKey(surroundings),
    placeVariable(surroundings),
    ...placeProjects(surroundings),
    await placeUser(surroundings),
  ];
  return places.map((place) => judge(place, winner, contexts));
}

function judge(
  { source, value, note, choice }: Place,
  winner: Source | CliError,
  contexts: readonly Context[] | CliError,
): Candidate {
  const name = choice === undefined || choice === "error" || choice.credential ? undefined : choice.name;
  const isMissing =
    name !== undefined && !(contexts instanceof CliError) && findContext(contexts, name) === undefined;
  const chosen = choice !== undefined && !(winner instanceof CliError) && winner.kind === source.kind;
  const reasons = [
    choice === undefined || chosen ? undefined : whyNot(winner, choice),
    isMissing ? "names no stored context" : undefined,
    note,
  ].filter((reason) => reason !== undefined);
  const shown = isMissing && looksLikeToken(name) ? new Token(name).masked : value;
  return { ...source, value: shown, chosen, reason: reasons.join(", ") || "the first that chooses" };
}

function whyNot(winner: Source | CliError, choice: Choice | "error"): string | undefined {
  if (!(winner instanceof CliError)) return `overridden by ${describeSource(winner)}`;
  return choice === "error" ? undefined : "unused, because another one is an error";
}

function placeFlag({ flag }: Surroundings): Place {
  return look(unplaced("flag"), () => fromFlag(flag), "not given");
}

function placeKey({ env }: Surroundings): Place {
  const source = unplaced("env_key");
  const hasEndpoint = variable(env, "BENTO_CLOUD_API_ENDPOINT") !== undefined;
  const alone = hasEndpoint ? "; BENTO_CLOUD_API_ENDPOINT alone chooses nothing" : "";
  const place = look(source, () => fromKey(env), whyAbsent(env, source.name) + alone);
  const key = variable(env, source.name);
  if (key === undefined) return place;
  const endpoint = hasEndpoint ? "with BENTO_CLOUD_API_ENDPOINT" : "with the default endpoint";
  return { ...place, value: new Token(key.trim()).masked, note: place.note ?? endpoint };
}

function placeVariable({ env }: Surroundings): Place {
  const source = unplaced("env_context");
  return look(source, () => fromVariable(env), whyAbsent(env, source.name));
}

function whyAbsent(env: Environment, name: string): string {
  return env[name] === undefined ? "not set" : "set but empty";
}

/** The nearest `.bentorc`, behind those nearer ones that are skipped. */
function placeProjects({ cwd }: Surroundings): Place[] {
  const source: Source = { kind: "project", name: "context", path: null, line: null };
  const skipped: Place[] = [];
  const skip = (path: string, why: string) =>
    skipped.push({ source: { ...source, path }, value: null, note: `skipped: ${why}` });
  let found: Project | undefined;
  const place = look(
    source,
    () => (found = findProject(cwd(), () => {}, skip)) && fromProject(found),
    "no .bentorc here or above",
  );
  if (place.choice) return [...skipped, place];
  if (found)
    return [...skipped, { source: { ...source, path: found.path }, value: null, note: "names no context" }];
  return skipped.length > 0 ? skipped : [place];
}

async function placeUser({ read, file }: Surroundings): Promise<Place> {
  const contexts = await attempt(read);
  const source: Source = { kind: "user", name: "current_context_name", path: null, line: null };
  const place = look(source, () => fromUser(unwrap(contexts), file()), "");
  return place.source.line === null ? { ...place, note: place.note ?? "not set" } : place;
}

function look(source: Source, ask: () => Choice | undefined, absent: string): Place {
  try {
    const choice = ask();
    if (!choice) return { source, value: null, note: absent };
    return { source: choice.source, value: choice.name, choice };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return { source, value: null, note: error.message, choice: "error" };
  }
}

async function attempt<T>(act: () => Promise<T>): Promise<T | CliError> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof CliError && error.code !== "CANCELLED") return error;
    throw error;
  }
}

function unwrap<T>(result: T | CliError): T {
  if (result instanceof CliError) throw result;
  return result;
}
