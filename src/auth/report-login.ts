import { checkEndpointPin, checkOrganizationPin } from "../resolve/pins.ts";
import { type Active, describeSource } from "../resolve/active.ts";
import { quoteWord } from "../system/text.ts";
import { tokensPage } from "../contexts/endpoint.ts";
import { firstOfEachName } from "../contexts/context.ts";
import { showName } from "../contexts/name.ts";
import { requireCliError } from "../errors.ts";
import type { Cli } from "../app.ts";
import type { Login } from "./login.ts";
import { reportLeft } from "./report-left.ts";
import type { ReplacedLogin } from "./replace-login.ts";

/**
 * Says whose login was saved and where, what is active instead, and to a person what to do with it.
 *
 * @param isAnswer False when the answer on stdout is something else.
 * @throws CliError for what could not be erased of the login before
 */
export async function reportLogin(
  cli: Cli,
  { context, identification, current, narrowed, isRenewal, replaced, file, place, left }: Login,
  { isAnswer = true } = {},
): Promise<void> {
  const { name, endpoint } = context;
  const { email, organization } = identification;
  const { output, store } = cli;
  if (output.json && isAnswer) output.data({ name, endpoint, email, organization, current });
  const again = isRenewal ? "again " : "";
  output.success(
    `Logged in ${again}to ${endpoint}${email === null ? "" : ` as ${email}`} in ${organization}`,
  );
  const where = await describeWhere(place, store.paths.file);
  output.info(`Saved as context "${name}"${current ? ", now current" : ""}, ${where}`);
  reportNarrowed(cli, narrowed);
  if (replaced) output.hint(adviseOnReplaced(name, replaced, isRenewal));
  const active = current ? await reportWinner(cli, name) : await resolveAfterwards(cli);
  if (active?.context?.name === name)
    await warnInstead(cli, "", async () => {
      checkEndpointPin(active, context);
      checkOrganizationPin(active, organization);
    });
  if (cli.interactive && isAnswer && !isRenewal) output.hint(adviseNext(name, { current, file, place }));
  reportLeft(left);
}

async function describeWhere(place: Login["place"], file: string): Promise<string> {
  if (place === "file") return `in plain text in ${file}`;
  const { describePlace } = await import("../secrets/secret-store.ts");
  const where = describePlace(place);
  return place.kind === "command" ? `with its API token from ${where}` : `with its API token in ${where}`;
}

/** Its own server shows it, to whoever it belongs to. */
function adviseOnReplaced(name: string, { login, uid }: ReplacedLogin, isRenewal: boolean): string {
  const option = `--context=${quoteWord(name)}`;
  const how = uid
    ? `\`bentocloud api-token delete ${quoteWord(uid)} ${option}\` deletes it`
    : `\`bentocloud api-token list ${option}\` shows it`;
  const where = isRenewal ? how : `delete it at ${tokensPage(login.endpoint)}`;
  return `the previous API token is not deleted and may still work: ${where}`;
}

function adviseNext(
  name: string,
  { current, file, place }: Pick<Login, "current" | "file" | "place">,
): string {
  if (!current) return `\`bentocloud use ${quoteWord(name)}\` makes it current`;
  const { size } = firstOfEachName(file.contexts);
  return size > 1
    ? `\`bentocloud use\` switches between your ${size} contexts`
    : place === "file"
      ? "Python bentoml is signed in too; next: `bentocloud status`"
      : "Python bentoml cannot read it there: `bentocloud exec -- bentoml …` runs it signed in";
}

/** Warns when another context is active than the one that was just made current. */
export async function reportWinner(cli: Cli, name: string): Promise<Active | undefined> {
  const active = await resolveAfterwards(cli);
  if (active && active.name !== name) {
    const chosen = active.context
      ? `the active context is "${active.name}"`
      : `it names ${showName(active.name)}, and there is no such context`;
    cli.output.warn(`here, ${describeSource(active.source)} still wins: ${chosen}`);
  }
  return active;
}

/** After a change that succeeded, a bad variable or project file is a warning: it is not a failure of the change. */
export async function resolveAfterwards(cli: Cli): Promise<Active | undefined> {
  return warnInstead(cli, "nothing can be active here: ", async () => {
    const active = await cli.resolveElsewhere();
    if (active.error) throw active.error;
    return active;
  });
}

async function warnInstead<T>(cli: Cli, prefix: string, act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    cli.output.warn(prefix + requireCliError(error).message);
    return undefined;
  }
}

/** For every command that writes the contexts file. */
export function reportNarrowed(cli: Cli, mode: number | undefined): void {
  if (mode === undefined) return;
  const before = mode.toString(8).padStart(3, "0");
  cli.output.warn(
    `${cli.store.paths.file} could be read by others (mode ${before}); it is now for you alone (600)`,
  );
}
