import { type Answer, fieldOf } from "./answer.ts";

/**
 * The meaning of a refusal. Yatai answers nearly everything with 403 or 400 and a sentence, also that its own database
 * failed, so the status and the sentence decide together. Only a sentence that is known as a whole may lead to a change
 * that cannot be undone: a text that merely contains one may report something else.
 */
export type Meaning =
  | "rejected"
  | "expired"
  /** The token is valid, but lacks a scope. */
  | "forbidden"
  /** The token's user is in no organization, or in another one. */
  | "no_member"
  /** The API token in the path does not exist. */
  | "missing"
  /** The name of the new API token is taken. */
  | "taken"
  /** The request is wrong. */
  | "invalid"
  /** The server does not know this request. */
  | "unsupported"
  /** The server asks to wait, and did nothing. */
  | "busy"
  /** The server failed: the request may have been carried out, and nothing is known about the token. */
  | "trouble"
  /** The sentence is not known. */
  | "unknown";

type Row = readonly [statuses: readonly number[], sentence: RegExp, meaning: Meaning];

const AUTHENTICATION = [401, 403];
const CLIENT = [400, 401, 403, 404];

/** The sentences of Yatai's sources, which BentoCloud says with 401 where Yatai says them with 403. */
const KNOWN: readonly Row[] = [
  [AUTHENTICATION, /^get api token: record not found$/, "rejected"],
  [AUTHENTICATION, /^get api token: failed to get cluster [^:]+: record not found$/, "rejected"],
  [AUTHENTICATION, /^username in cookie is empty$/, "rejected"],
  [AUTHENTICATION, /^the api token is expired$/, "expired"],
  [CLIENT, /^the api_token need the scopes: [\w ]+$/, "forbidden"],
  [CLIENT, /^get user organization: cannot found organization: record not found$/, "no_member"],
  [CLIENT, /^user [^:]+ cannot (?:view|update|operate) this organization: [^:]+$/, "no_member"],
  [[404], /^(?:get apiToken \S+: )?record not found$/, "missing"],
  [[404], /^not found this router with method [A-Z]+$/, "unsupported"],
  [[400], /^create apiToken: a DNS-1035 label must consist of /, "invalid"],
  [[400], /^create apiToken: ERROR: duplicate key value violates unique constraint /, "taken"],
  [[400], /^binding error: /, "invalid"],
];

/** Words in which Go, PostgreSQL, a network or a gateway report a failure of their own. */
const TROUBLE = [
  /\bEOF\b|\b(?:FATAL|PANIC|ERROR): |\bSQLSTATE\b/,
  /\bconnect(?:ion|ions|ing)?\b|\bconn\b|\bdial\b|broken pipe|no such host|no route to host|\bunreachable\b/i,
  /time[- ]?out|timed out|deadline|context cancell?ed|\b(?:read|write|lookup) (?:tcp|udp|unix|on)\b|misbehaving/i,
  /\b(?:pq|pgx|pgconn|sql|driver|gorm|redis|tls|x509|http2?|rpc error|net\/http|transport): /i,
  /\bdatabase\b|postgres|pgbouncer|deadlock|serialize access|transaction|canceling statement|read-only/i,
  /starting up|shutting down|in recovery|out of memory|allocate memory|no space left|too many open files/i,
  /panic|runtime error|nil pointer|internal (?:server )?error|unavailable|bad gateway|upstream|overloaded/i,
];

/**
 * An error of Go with its cause. While it authenticates, Yatai reports whatever goes wrong in this form, and an unknown
 * cause is not about the token.
 */
const WRAPPED = /^(?:get|list|find|create|update|delete|failed to|cannot) [^:]{1,80}: /;

/** Parts of sentences. They decide what is shown, and prove nothing. */
const LIKELY: readonly Row[] = [
  [CLIENT, /\b(?:is|has) expired\b/i, "expired"],
  [CLIENT, /need the scopes|insufficient scope/i, "forbidden"],
  [CLIENT, /cannot found organization|cannot view this/i, "no_member"],
  [CLIENT, /record not found|cookie is empty/i, "rejected"],
  [[400], /duplicate key|\buk_\w*name/i, "taken"],
  [[404, 405], /this router|with method/i, "unsupported"],
];

/** Long enough for every sentence. */
const MAX_LENGTH = 2_000;

/** `isKnown` is true for a sentence that leaves no doubt. */
export function readMeaning(answer: Pick<Answer, "status" | "body">): { meaning: Meaning; isKnown: boolean } {
  const { status } = answer;
  const sentence = sentenceIn(answer.body);
  const find = (rows: readonly Row[]) =>
    rows.find(([statuses, pattern]) => statuses.includes(status) && pattern.test(sentence))?.[2];
  const known = find(KNOWN) ?? (status === 429 ? "busy" : status === 405 ? "unsupported" : undefined);
  if (known) return { meaning: known, isKnown: true };
  const hasFailed =
    TROUBLE.some((pattern) => pattern.test(sentence)) ||
    (AUTHENTICATION.includes(status) && WRAPPED.test(sentence));
  // A 401 is about the token, whatever its words are, but these are no proof.
  if (status === 401) return { meaning: find(LIKELY) ?? "rejected", isKnown: !hasFailed };
  if (status >= 500 || status === 408 || (status >= 400 && hasFailed))
    return { meaning: "trouble", isKnown: false };
  return { meaning: find(LIKELY) ?? "unknown", isKnown: false };
}

/** Yatai says what is wrong in `message` before it has checked the token, and in `error` afterwards. */
function sentenceIn(body: unknown): string {
  const said = [fieldOf(body, "message"), fieldOf(body, "error")].find((text) => typeof text === "string");
  return String(said ?? "")
    .slice(0, MAX_LENGTH)
    .trim();
}
