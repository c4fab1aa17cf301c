import { checkEndpointPin, checkOrganizationPin } from "../resolve/pins.ts";
import { type Active, describeSource } from "../resolve/active.ts";
import { CliError } from "../errors.ts";
import type { Cli } from "../app.ts";
import type { Login } from "./login.ts";

/** Says what was saved, where, and what is active here in spite of it. */
export async function reportLogin(cli: Cli, result: Login): Promise<void> {
  const { context, identification, current } = result;
  const { name, endpoint } = context;
  const { email, organization } = identification;
  if (cli.output.json) cli.output.data({ name, endpoint, email, organization, current });
  await describeLogin(cli, result);
}

/** The same without the answer on stdout. */
export async function describeLogin(cli: Cli, result: Login): Promise<void> {
  const { context, identification, current, narrowed } = result;
  const { name, endpoint } = context;
  const { email, organization } = identification;
  const { output, store } = cli;
  output.success(`Logged in to ${endpoint}${email === null ? "" : ` as ${email}`} in ${organization}`);
  output.info(
    `Saved as context "${name}"${current ? ", now current" : ""}, in plain text in ${store.paths.file}`,
  );
  reportNarrowed(cli, narrowed);
  const active = current ? await reportWinner(cli, name) : await resolveAfterwards(cli);
  if (active?.context?.name === name && active.project) warnOfPins(cli, active, organization);
}

/** Says what is active here when it is not the context that was just made current. */
export async function reportWinner(cli: Cli, name: string): Promise<Active | undefined> {
  const active = await resolveAfterwards(cli);
  if (active && active.name !== name) {
    const source = describeSource(active.source);
    cli.output.warn(`here, ${source} still wins: the active context is "${active.name}"`);
  }
  return active;
}

/** A variable or project file that is in disorder must not make a change that was made look like a failure. */
export async function resolveAfterwards(cli: Cli): Promise<Active | undefined> {
  try {
    const active = await cli.resolveElsewhere();
    if (active.error) throw active.error;
    return active;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    cli.output.warn(`nothing can be active here: ${error.message}`);
    return undefined;
  }
}

function warnOfPins(cli: Cli, active: Active, organization: string | null): void {
  try {
    if (active.context) checkEndpointPin(active, active.context);
    checkOrganizationPin(active, organization);
  } catch (error) {
    cli.output.warn(error instanceof Error ? error.message : String(error));
  }
}

/** For every command that writes the shared file. */
export function reportNarrowed(cli: Cli, mode: number | undefined): void {
  if (mode === undefined) return;
  const before = mode.toString(8).padStart(3, "0");
  cli.output.warn(
    `${cli.store.paths.file} could be read by others (mode ${before}); it is now for you alone (600)`,
  );
}
