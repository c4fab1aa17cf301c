import { CliError, usageError } from "../errors.ts";
import { Endpoint } from "./endpoint.ts";
import { showName } from "./name.ts";
import { looksLikeReference, parseReference } from "./reference.ts";
import { Token } from "./token.ts";

let readToken: (context: Context) => string | undefined;

/**
 * A named login. The fields contain the text that Python bentoml would read. Only the functions below return the token,
 * and the endpoint masks its own password.
 */
export class Context {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly email: string | null;
  /** 1-based line of the entry in the file, or null for a context that is in no file. */
  readonly line: number | null;
  readonly #apiToken: string | undefined;

  static {
    readToken = (context) => context.#apiToken;
  }

  /** `apiToken` is undefined when the entry has no token. */
  constructor(
    fields: Pick<Context, "name" | "email" | "line"> & { endpoint: string; apiToken: string | undefined },
  ) {
    this.name = fields.name;
    this.endpoint = new Endpoint(fields.endpoint);
    this.email = fields.email;
    this.line = fields.line;
    this.#apiToken = fields.apiToken;
  }
}

/**
 * The `api_token` of the entry, for comparing and writing entries. Never send it, because it may be a reference to
 * another store: `readToken` in `auth/` returns the token to use.
 */
export function tokenOf(context: Context): Token | undefined {
  const text = readToken(context);
  return text === undefined || text === "" ? undefined : new Token(text);
}

/** A copy of the context whose `api_token` is this text. */
export function withToken({ name, endpoint, email }: Context, text: Token): Context {
  return new Context({ name, endpoint: endpoint.reveal(), email, apiToken: text.reveal(), line: null });
}

/**
 * The token in the file; undefined for a reference, and for the text "None": Python reads a null token as this text and
 * writes it to the file.
 */
export function plainTokenOf(context: Context): Token | undefined {
  const token = tokenOf(context);
  return token?.reveal() === "None" || isKeptElsewhere(context) ? undefined : token;
}

/** Whether the file holds a reference to a token that is kept in another store. */
export function isKeptElsewhere(context: Context): boolean {
  return looksLikeReference(readToken(context) ?? "");
}

/** The ID of the reference; undefined without one, and for one that was cut or edited. */
export function referenceOf(context: Context): string | undefined {
  return parseReference(readToken(context) ?? "");
}

/** Whether there is a token, wherever it is kept. */
export function hasToken(context: Context): boolean {
  return plainTokenOf(context) !== undefined || isKeptElsewhere(context);
}

/** The text that Python prints for an unusable token; undefined without one, because Python then refuses the entry. */
export function emptyTokenOf(context: Context): string | undefined {
  const text = readToken(context);
  return text === "" || text === "None" ? text : undefined;
}

/** Returns the first entry of the name, as Python does. */
export function findContext(contexts: readonly Context[], name: string): Context | undefined {
  return contexts.find((context) => context.name === name);
}

/** Equal for two entries with the same endpoint and token. Contains the secrets of both. */
export function loginKey(context: Context): string {
  return JSON.stringify([context.endpoint.reveal(), tokenOf(context)?.reveal() ?? ""]);
}

export function isSameLogin(context: Context, other: Context | undefined): boolean {
  return other !== undefined && loginKey(context) === loginKey(other);
}

/** The context of each name, in the order of the file. */
export function firstOfEachName(contexts: readonly Context[]): Map<string, Context> {
  const found = new Map<string, Context>();
  for (const context of contexts) if (!found.has(context.name)) found.set(context.name, context);
  return found;
}

/** @throws CliError when no context has that name. */
export function requireNamed(contexts: readonly Context[], name: string): Context {
  if (name === "") throw usageError("the name of the context is empty");
  const context = findContext(contexts, name);
  if (!context) throw noSuchContext(name, contexts);
  return context;
}

interface MissingDetails extends Partial<Pick<CliError, "hint" | "correction">> {
  /** The name of the context; undefined when the file has no contexts at all. */
  missing: string | undefined;
}

/** What repairs it depends on why the context is missing: `resolve/missing.ts` finds that out and replaces the hint. */
export class MissingContextError extends CliError {
  /** Private, because a runtime prints public fields, and the name may be a token in the wrong place. */
  readonly #missing: string | undefined;

  constructor(code: "NOT_FOUND" | "NOT_LOGGED_IN", message: string, { missing, ...details }: MissingDetails) {
    super(code, message, details);
    this.#missing = missing;
  }

  get missing(): string | undefined {
    return this.#missing;
  }
}

export function noSuchContext(name: string, contexts: readonly Context[]): CliError {
  return new MissingContextError("NOT_FOUND", `there is no context ${showName(name)}`, {
    missing: name,
    hint:
      contexts.length > 0
        ? "`bentocloud context list` shows the contexts"
        : "`bentocloud login --context NAME` makes one",
    correction: { unknown: name, names: contexts.map((context) => context.name) },
  });
}
