import { CliError, usageError } from "../errors.ts";
import { showName } from "./name.ts";
import { Token } from "./token.ts";

/** The fields of one context as they stand in the shared file, every one the text Python bentoml would see. */
export interface ContextFields {
  name: string;
  endpoint: string;
  email: string | null;
  /** Undefined when the entry has no `api_token` at all. */
  apiToken: string | undefined;
  /** 1-based line of the entry in the file, or null for a context that stands in no file. */
  line: number | null;
}

let readToken: (context: Context) => string | undefined;

/** A named login. Its token is reachable through {@link tokenOf} and in no other way. */
export class Context {
  readonly name: string;
  readonly endpoint: string;
  readonly email: string | null;
  readonly line: number | null;
  readonly #apiToken: string | undefined;

  static {
    readToken = (context) => context.#apiToken;
  }

  constructor(fields: ContextFields) {
    this.name = fields.name;
    this.endpoint = fields.endpoint;
    this.email = fields.email;
    this.line = fields.line;
    this.#apiToken = fields.apiToken;
  }
}

/**
 * The one door to a context's token, so that another store (a keyring, a helper program) can stand behind it.
 * Undefined when the entry carries none.
 */
export function tokenOf(context: Context): Token | undefined {
  const text = readToken(context);
  return text === undefined || text === "" ? undefined : new Token(text);
}

/** The same when it can be a login: Python makes the text "None" of a token that is null, and writes it so. */
export function usableTokenOf(context: Context): Token | undefined {
  const token = tokenOf(context);
  return token?.reveal() === "None" ? undefined : token;
}

/** What Python shows of a token that is no login; undefined when there is none at all, and Python refuses the file. */
export function emptyTokenOf(context: Context): string | undefined {
  const text = readToken(context);
  return text === "" || text === "None" ? text : undefined;
}

/** The context that a name stands for: of several entries with one name, the first, as Python takes it. */
export function findContext(contexts: readonly Context[], name: string): Context | undefined {
  return contexts.find((context) => context.name === name);
}

/** What makes two entries the same login, whatever they are called. Holds the token. */
export function loginOf(context: Context): string {
  return JSON.stringify([context.endpoint, tokenOf(context)?.reveal() ?? ""]);
}

/** The contexts that names stand for, by name and in the order of the file. */
export function firstOfEachName(contexts: readonly Context[]): Map<string, Context> {
  const found = new Map<string, Context>();
  for (const context of contexts) if (!found.has(context.name)) found.set(context.name, context);
  return found;
}

/** The stored context of that name. */
export function requireNamed(contexts: readonly Context[], name: string): Context {
  if (name === "") throw usageError("a context has a name");
  const context = findContext(contexts, name);
  if (!context) throw noSuchContext(name);
  return context;
}

export function noSuchContext(name: string): CliError {
  return new CliError("NOT_FOUND", `there is no context ${showName(name)}`, {
    hint: "`bentocloud context list` shows the contexts",
  });
}
