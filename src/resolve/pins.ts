import { CliError } from "../errors.ts";
import { cap } from "../system/text.ts";
import type { Context } from "../contexts/context.ts";
import { isSameEndpoint } from "../contexts/endpoint.ts";
import { type Active, describeSource } from "./active.ts";

/** A pinned value may be 64 KiB long. */
const MAX_SHOWN = 256;

/** What the project demands of the chosen context, and what is known of that. */
export interface Pin {
  what: "endpoint" | "organization";
  path: string;
  line: number | null;
  value: string;
  /** Null while nobody knows. */
  matches: boolean | null;
}

/** Every pin of the project, without asking anyone: `organization` is null as long as nobody has seen it. */
export function listPins(
  { project }: Pick<Active, "project">,
  context: Context | undefined,
  organization: string | null,
): Pin[] {
  const known = { endpoint: context?.endpoint ?? null, organization };
  return (["endpoint", "organization"] as const).flatMap((what) => {
    const value = project?.[what];
    if (!project || value === undefined) return [];
    const actual = known[what];
    const matches = actual === null ? null : holds(what, value, actual);
    return [{ what, path: project.path, line: project.lines[what] ?? null, value, matches }];
  });
}

function holds(what: Pin["what"], pinned: string, actual: string | null): boolean {
  if (what === "organization" || actual === null) return pinned === actual;
  return isSameEndpoint(pinned, actual);
}

/** Holds the chosen context against the project's `endpoint` pin. */
export function checkEndpointPin(active: Active, context: Context): void {
  const pinned = active.project?.endpoint;
  if (pinned === undefined || holds("endpoint", pinned, context.endpoint)) return;
  throw pinMismatch(active, { what: "endpoint", pinned, actual: context.endpoint });
}

/** The same for its `organization` pin; null is an organization nobody could tell. */
export function checkOrganizationPin(active: Active, organization: string | null): void {
  const pinned = active.project?.organization;
  if (pinned === undefined || holds("organization", pinned, organization)) return;
  throw pinMismatch(active, { what: "organization", pinned, actual: organization ?? "unknown" });
}

/** And against an organization that a request itself asks for. */
export function checkRequestedOrganization({ project }: Active, requested: string): void {
  const pinned = project?.organization;
  if (pinned === undefined || pinned === requested) return;
  throw new CliError(
    "PIN_MISMATCH",
    `${project?.path}:${project?.lines.organization} pins the organization "${cap(pinned, MAX_SHOWN)}", but the ` +
      `request asks for "${cap(requested, MAX_SHOWN)}"`,
    { hint: "leave it out of the request, or correct the pin" },
  );
}

function pinMismatch(
  active: Active,
  { what, pinned, actual }: { what: Pin["what"]; pinned: string; actual: string },
): CliError {
  return new CliError(
    "PIN_MISMATCH",
    `${active.project?.path}:${active.project?.lines[what]} pins the ${what} "${cap(pinned, MAX_SHOWN)}", but the context ` +
      `"${active.name}", chosen by ${describeSource(active.source)}, has "${actual}"`,
    { hint: `choose another context with ${wayToChoose(active)}, or correct the pin` },
  );
}

/** What comes after the way in which this one was chosen would choose nothing. */
function wayToChoose({ source }: Active): string {
  return source.kind === "user" ? "--context or `bentocloud use`" : "--context";
}
