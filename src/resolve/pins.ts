import type { Context } from "../contexts/context.ts";
import { Endpoint, isSamePlace } from "../contexts/endpoint.ts";
import { CliError } from "../errors.ts";
import { cap } from "../system/text.ts";
import { type Active, describeSource } from "./active.ts";
import type { Project } from "./bentorc.ts";

/** A pinned value may be 64 KiB long. */
const MAX_SHOWN = 256;

/** A requirement of the project on the chosen context, and whether it is met; the keys are JSON keys. */
export interface Pin {
  what: "endpoint" | "organization";
  path: string;
  line: number | null;
  value: string;
  /** Null when it is unknown. */
  matches: boolean | null;
}

/** Every pin of the project. Sends no request: `organization` is null when it is unknown. */
export function listPins(
  { project }: Pick<Active, "project">,
  context: Context | undefined,
  organization: string | null,
): Pin[] {
  const actual = { endpoint: context?.endpoint ?? null, organization };
  return (["endpoint", "organization"] as const).flatMap((what) => {
    const value = project?.[what];
    if (!project || value === undefined) return [];
    const known = actual[what];
    const matches = known === null ? null : isMatch(value, known);
    return [{ what, path: project.path, line: project.lines[what] ?? null, value: String(value), matches }];
  });
}

function isMatch(pinned: string | Endpoint, actual: string | Endpoint): boolean {
  const areEndpoints = pinned instanceof Endpoint && actual instanceof Endpoint;
  return areEndpoints ? isSamePlace(pinned, actual) : pinned === actual;
}

/** @throws CliError when the chosen context does not match the project's `endpoint` pin. */
export function checkEndpointPin(active: Active, { endpoint }: Context): void {
  checkPin(active, "endpoint", endpoint);
}

/** @throws CliError when the organization does not match the project's `organization` pin, or is unknown (null). */
export function checkOrganizationPin(active: Active, organization: string | null): void {
  checkPin(active, "organization", organization);
}

function checkPin(active: Active, what: Pin["what"], actual: string | Endpoint | null): void {
  const { project, name, source, isShell } = active;
  const pinned = project?.[what];
  if (!project || pinned === undefined || (actual !== null && isMatch(pinned, actual))) return;
  throw new CliError(
    "PIN_MISMATCH",
    `${describePin(project, what, pinned)}, but the context "${name}", chosen by ${describeSource(source)}, has ` +
      `"${actual ?? "unknown"}"`,
    { hint: `${isShell ? LEAVE_SHELL : adviseOnChoice(source)}, or correct the pin` },
  );
}

export const LEAVE_SHELL = "`exit` leaves this shell and its context";

/** What chose the context decides what chooses another one. */
function adviseOnChoice({ kind, name }: Active["source"]): string {
  switch (kind) {
    case "env_key":
      return `unset ${name}, choose a context with --context`;
    case "env_context":
      return `set ${name} to another context`;
    case "user":
      return "choose another context with --context or `bentocloud use`";
    default:
      return "choose another context with --context";
  }
}

/** @throws CliError when a request asks for another organization than the pinned one, in its header or in its query. */
export function checkRequestedOrganization(
  { project }: Pick<Active, "project">,
  { url, headers }: { url: URL | string; headers?: Headers },
): void {
  const pinned = project?.organization;
  // Some gateways treat `_` as `-`.
  const inHeaders = [...(headers ?? [])].filter(([name]) => /^x[-_]yatai[-_]organization$/i.test(name));
  const names = [
    ...new URL(url).searchParams.getAll("organization_name"),
    ...inHeaders.map(([, name]) => name),
  ];
  const requested = names.find((name) => name !== "" && name !== pinned);
  if (!project || pinned === undefined || requested === undefined) return;
  throw new CliError(
    "PIN_MISMATCH",
    `${describePin(project, "organization", pinned)}, but the request asks for "${cap(requested, MAX_SHOWN)}"`,
    { hint: "leave it out of the request, or correct the pin" },
  );
}

/**
 * What a sign-in in this project should lead to; empty without pins. A pin is no endpoint to use: a person has to type
 * it before a token goes there.
 */
export function describeExpectation(project: Project | undefined, chosen?: string): string {
  const { endpoint, organization } = project ?? {};
  const isElsewhere = endpoint !== undefined && !(chosen && isSamePlace(endpoint, new Endpoint(chosen)));
  const expected = [
    isElsewhere && `the endpoint "${cap(endpoint.masked, MAX_SHOWN)}" (choose it with --endpoint)`,
    organization !== undefined && `the organization "${cap(organization, MAX_SHOWN)}"`,
  ].filter((part) => part !== false);
  return expected.length === 0 ? "" : `this project expects ${expected.join(" and ")}`;
}

function describePin(
  project: NonNullable<Active["project"]>,
  what: Pin["what"],
  pinned: string | Endpoint,
): string {
  return `${project.path}:${project.lines[what]} pins the ${what} "${cap(String(pinned), MAX_SHOWN)}"`;
}
