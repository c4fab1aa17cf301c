import { CliError } from "../errors.ts";
import { cap } from "../system/text.ts";
import type { Context } from "./context.ts";
import { isSameEndpoint } from "./endpoint.ts";
import { type Active, describeSource } from "./resolve.ts";

/** A pinned value may be 64 KiB long. */
const MAX_SHOWN = 256;

/** Holds the chosen context against the project's `endpoint` pin. */
export function checkEndpointPin(active: Active, context: Context): void {
  const pinned = active.project?.endpoint;
  if (pinned === undefined || isSameEndpoint(pinned, context.endpoint)) return;
  throw pinMismatch(active, { what: "endpoint", pinned, actual: context.endpoint });
}

/** The same for its `organization` pin; null is an organization nobody could tell. */
export function checkOrganizationPin(active: Active, organization: string | null): void {
  const pinned = active.project?.organization;
  if (pinned === undefined || pinned === organization) return;
  throw pinMismatch(active, { what: "organization", pinned, actual: organization ?? "unknown" });
}

function pinMismatch(
  active: Active,
  { what, pinned, actual }: { what: "endpoint" | "organization"; pinned: string; actual: string },
): CliError {
  return new CliError(
    "PIN_MISMATCH",
    `${active.project?.path}:${active.project?.lines[what]} pins the ${what} "${cap(pinned, MAX_SHOWN)}", but the context ` +
      `"${active.name}", chosen by ${describeSource(active.source)}, has "${actual}"`,
    { hint: "choose another context with --context or `bentocloud use`, or correct the pin" },
  );
}
