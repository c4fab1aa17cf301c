import { SAFE } from "../cloud/send.ts";
import type { RefusalAnswer } from "./refusal-answer.ts";

/**
 * Which paths never pass. Servers disagree about what an unusual spelling of a path means, so a path is refused unless
 * every server reads it in the same way. What is left is compared without regard to case and to Unicode's variants of a
 * letter.
 */
export function refusePath(method: string, pathname: string): RefusalAnswer | undefined {
  const segments = readSegments(pathname);
  if (!segments)
    return {
      status: 400,
      message:
        "servers can read this path in different ways: write it without escapes, empty parts or semicolons",
    };
  if (SAFE.has(method) && segments.join("/") === "api/v1/auth/current") return undefined;
  if (segments.some((segment, at) => isSignIn(segment) && !isName(segments, at)))
    return { status: 403, message: "signing in and out is not possible through it" };
  if (segments.some((segment, at) => isTokens(segment) && !isName(segments, at)))
    return { status: 403, message: "API tokens can be neither seen nor changed through it" };
  return undefined;
}

/** The parts of a path; undefined when they depend on who reads it. */
function readSegments(pathname: string): string[] | undefined {
  // An escaped slash, backslash, dot, percent sign, semicolon or control character.
  if (/[;\\]|%(?:2f|5c|2e|25|3b|7f|[01][\da-f])/i.test(pathname)) return undefined;
  const path = pathname.replace(/^\//, "").replace(/\/$/, "");
  try {
    const segments = path
      .split("/")
      .map((segment) => decodeURIComponent(segment).normalize("NFKC").toUpperCase().toLowerCase());
    const isPlain = segments.every(
      (segment) => /^[^/\\%;\ufffd\p{C}]+$/u.test(segment) && !/^\.+$/.test(segment),
    );
    return path === "" ? [] : isPlain ? segments : undefined;
  } catch {
    return undefined;
  }
}

function isSignIn(segment: string): boolean {
  return /^o?auth\d*$/.test(lettersOf(segment));
}

/** `api_tokens`, and what another version of the server may call them, or have beside them. */
function isTokens(segment: string): boolean {
  return /(?:tokens?|keys?|credentials?)$/.test(lettersOf(segment)) || segment.includes("api_token");
}

/** Some servers drop a dot or a blank at the end of a name. */
function lettersOf(segment: string): string {
  return segment.replaceAll(/[^a-z\d]/g, "");
}

/** Collections whose members have names that users choose: a deployment may be called `auth`. */
const COLLECTIONS = new Set(
  "deployments bento_repositories model_repositories bentos models clusters namespaces org_secrets".split(
    " ",
  ),
);

function isName(segments: readonly string[], at: number): boolean {
  return COLLECTIONS.has(segments[at - 1] ?? "") && !segments[at]!.includes("api_token");
}
