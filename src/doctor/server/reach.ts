import { CliError } from "../../errors.ts";
import type { Cli } from "../../app.ts";
import { codeOf } from "../../system/files.ts";
import type { Patience } from "../../system/network.ts";

const REASONS: Record<string, string> = {
  ENOTFOUND: "nobody knows this name",
  EAI_AGAIN: "no name server answers",
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "it closed the connection",
  EHOSTUNREACH: "there is no route to it",
  ENETUNREACH: "there is no route to it",
  ETIMEDOUT: "it does not answer in time",
};

export function patienceOf({ flags, signal }: Cli): Patience {
  return { timeoutMs: flags.timeoutMs, signal };
}

/** Why a part of a connection failed, with the system's code. */
export function reasonOf(error: unknown): string {
  // Of several addresses that were tried, each has failed.
  const cause = error instanceof AggregateError ? error.errors[0] : error;
  if (cause instanceof CliError) throw cause;
  const code = codeOf(cause) || codeOf(error);
  if (code === "") return "the connection failed";
  return REASONS[code] === undefined ? `the system says ${code}` : `${REASONS[code]} (${code})`;
}

/** As sockets have it: without the brackets of an IPv6 address. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

export function portOf({ port, protocol }: URL): number {
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}
