import { tokensPage } from "../contexts/endpoint.ts";
import { CliError, type ErrorCode } from "../errors.ts";
import { type Answer, complaintOf } from "./answer.ts";
import { type Meaning, readMeaning } from "./sentences.ts";

interface Details {
  meaning: Meaning;
  isKnown: boolean;
  hint?: string | undefined;
}

/**
 * An answer that is not a success, as an error that still knows what the server said. It has a hint only for what does
 * not depend on where the token comes from.
 */
export class RefusalError extends CliError {
  readonly meaning: Meaning;
  /** Whether the server said it in words that leave no doubt. */
  readonly isKnown: boolean;

  constructor(code: ErrorCode, message: string, { meaning, isKnown, hint }: Details) {
    super(code, message, { hint });
    this.meaning = meaning;
    this.isKnown = isKnown;
  }
}

const ABOUT_TOKEN = new Set<Meaning>(["rejected", "expired", "forbidden", "no_member"]);

/** Whether the error proves something about the token. Nothing less is enough to delete or to forget one. */
export function isProof(error: unknown): error is RefusalError {
  return error instanceof RefusalError && error.isKnown && ABOUT_TOKEN.has(error.meaning);
}

/** Whether the error proves that the server no longer accepts the token. */
export function isProofOfRejection(error: unknown): error is RefusalError {
  return isProof(error) && (error.meaning === "rejected" || error.meaning === "expired");
}

const NOT_CARRIED_OUT = new Set<Meaning>(["taken", "invalid", "unsupported", "busy"]);

/**
 * The effect of a change that ended in this error. `none`: the server did nothing. `look`: the server has finished, and
 * its state now shows the effect. `open`: the server may still carry the change out.
 */
export function effectOf(error: unknown): "none" | "look" | "open" {
  if (error instanceof RefusalError) {
    if (NOT_CARRIED_OUT.has(error.meaning)) return "none";
    return error.meaning === "trouble" ? "open" : "look";
  }
  if (!(error instanceof CliError)) return "open";
  if (error.code === "TLS" || error.code === "USAGE") return "none";
  // Redirects, some of which lead to what was created.
  return error.code === "HOST_MISMATCH" || error.code.startsWith("API_3") ? "look" : "open";
}

/**
 * The error for an answer that is not a success, undefined for a success. Only for requests that this program makes by
 * itself, which every BentoCloud answers.
 */
export function refusal(answer: Answer, endpoint: string): CliError | undefined {
  const { status, notJson } = answer;
  if (status === 407) return proxyRefusal(endpoint);
  // A page with 5xx comes from a gateway in front of the real server, which is down.
  if (notJson && (status < 400 || (notJson === "a web page" && status < 500)))
    return notBentoCloud(endpoint, notJson);
  if (status >= 200 && status < 300) return undefined;
  const { meaning, isKnown } = readMeaning(answer);
  const code = codeOf(status, meaning);
  if (code === "API_404") return notBentoCloud(endpoint, "404 to a request that every BentoCloud answers");
  return refusalError({ code, meaning, isKnown, said: complaintOf(answer), endpoint });
}

/**
 * The error for an answer of 400 and above to a request of the user's own. Any route may answer so: 403 is about the
 * token only in known words, and 404 is about what was asked for.
 */
export function refusedRequest(answer: Pick<Answer, "status" | "body">, endpoint: string): CliError {
  const { status } = answer;
  if (status === 407) return proxyRefusal(endpoint);
  const { meaning, isKnown } = readMeaning(answer);
  const said = complaintOf(answer);
  const isRefused = status === 403 && !isKnown && (meaning === "rejected" || meaning === "unknown");
  if (isRefused || (status === 403 && (meaning === "forbidden" || meaning === "no_member"))) {
    const sentence = withReason(`${endpoint} does not allow this to the API token`, said);
    return new RefusalError("FORBIDDEN", sentence, { meaning, isKnown, hint: scopeHint(endpoint) });
  }
  const isAboutToken = status === 401 || status === 403;
  if (isAboutToken || meaning === "trouble" || meaning === "busy")
    return refusalError({ code: codeOf(status, meaning), meaning, isKnown, said, endpoint });
  const sentence = withReason(`${endpoint} answered with HTTP ${status}`, said);
  return new RefusalError(`API_${status}`, sentence, { meaning, isKnown });
}

export function notBentoCloud(endpoint: string, what: string): CliError {
  return new CliError("NOT_BENTOCLOUD", `${endpoint} is not BentoCloud: it answers with ${what}`);
}

function proxyRefusal(endpoint: string): CliError {
  return new CliError("UNREACHABLE", `the proxy on the way to ${endpoint} wants a sign-in`);
}

function codeOf(status: number, meaning: Meaning): ErrorCode {
  switch (meaning) {
    case "rejected":
    // The answer to `auth/current` when the token no longer exists.
    case "missing":
      return "TOKEN_REJECTED";
    case "expired":
      return "TOKEN_EXPIRED";
    case "forbidden":
    case "no_member":
      return "FORBIDDEN";
    default:
      return status === 403 && meaning === "unknown" ? "TOKEN_REJECTED" : `API_${status}`;
  }
}

interface Found extends Details {
  code: ErrorCode;
  said: string | undefined;
  endpoint: string;
}

function refusalError({ code, meaning, isKnown, said, endpoint }: Found): RefusalError {
  const [sentence, hint] = describe(code, meaning, endpoint);
  return new RefusalError(code, withReason(sentence, said), { meaning, isKnown, hint });
}

function describe(code: ErrorCode, meaning: Meaning, endpoint: string): [sentence: string, hint?: string] {
  switch (code) {
    case "TOKEN_REJECTED":
      return [`${endpoint} does not accept the API token`];
    case "TOKEN_EXPIRED":
      return [`the API token for ${endpoint} has expired`];
    case "FORBIDDEN":
      return meaning === "no_member"
        ? [
            `${endpoint} knows the token's user, but in no organization`,
            "ask an administrator of the server to add the user to an organization",
          ]
        : [`${endpoint} accepts the API token, but it lacks a scope`, scopeHint(endpoint)];
    case "API_429":
      return [`${endpoint} answered with HTTP 429`, "the server asks to wait before the next request"];
    default: {
      const status = code.slice("API_".length);
      const failed = meaning === "trouble" && status.startsWith("4") ? ", which is a failure of its own" : "";
      return [
        `${endpoint} answered with HTTP ${status}${failed}`,
        "try again later, and check that the endpoint is right",
      ];
    }
  }
}

export const FORBIDDEN_HINT = 'give the token the scope "api" or "read_organization"';

function scopeHint(endpoint: string): string {
  return `${FORBIDDEN_HINT} at ${tokensPage(endpoint)}`;
}

function withReason(sentence: string, said = ""): string {
  return said === "" ? sentence : `${sentence}: ${said}`;
}
