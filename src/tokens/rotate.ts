import { loginKey } from "../contexts/context.ts";
import { isSameEndpoint } from "../contexts/endpoint.ts";
import { requireStored } from "../store/manage-contexts.ts";
import { quoteWord } from "../system/text.ts";
import { RefusalError } from "../cloud/refusal.ts";
import { contextsUsing } from "./replace-token.ts";
import { CliError, withHint } from "../errors.ts";
import type { Cli } from "../app.ts";
import { confirmProtected } from "../auth/confirm-protected.ts";
import type { Credential } from "../auth/identity.ts";
import { readToken } from "../auth/read-token.ts";
import { deleteLostTokens } from "./lost-tokens.ts";
import { requireProgram } from "./deliver.ts";
import { chooseTarget, planRotation, type RotateOptions } from "./plan-rotation.ts";
import { readRotations, type Rotation, withRotationLock } from "./rotation-journal.ts";
import { begin, settle } from "./settle-rotation.ts";

export interface Rotated {
  contexts: string[];
  rotation: Rotation;
  oldStillWorks: boolean;
  /** Whether an earlier process began it. */
  isResumed: boolean;
}

/** What `rotate` would do, from requests that change nothing. */
export async function previewRotation(cli: Cli, options: RotateOptions) {
  const target = await chooseTarget(cli, options);
  const unfinished = readRotations(cli.store.paths.own).filter(({ endpoint }) =>
    isSameEndpoint(endpoint, target.context.endpoint),
  );
  const resumed = unfinished.find((rotation) => rotation.successor && isOf(rotation, target));
  const rotation = resumed ?? (await planRotation(cli, target, options));
  const users = contextsUsing(cli.store, await cli.store.read(), {
    endpoint: rotation.endpoint,
    token: target.token,
    printedAs: rotation.printed_as,
  });
  return { contexts: users.map(({ name }) => name), rotation, unfinished };
}

export async function rotate(cli: Cli, options: RotateOptions): Promise<Rotated> {
  const { paths } = cli.store;
  if (options.deliver) requireProgram(options.deliver, cli);
  const target = await chooseTarget(cli, options);
  const { context, token } = target;
  const users = contextsUsing(cli.store, await cli.store.read(), {
    endpoint: context.endpoint.reveal(),
    token,
  });
  const names = new Set([context.name, ...users.map(({ name }) => name)]);
  await confirmProtected(cli, [...names], "replace its API token");
  await cli.store.prepare(context.name);
  return withRotationLock(paths, cli.signal, async () => {
    try {
      return (await settleEarlier(cli, target, options)) ?? (await rotateAnew(cli, target, options));
    } catch (error) {
      const isOpen = readRotations(paths.own).some((rotation) => isOf(rotation, target));
      if (!isOpen || !(error instanceof CliError)) throw error;
      const message = error.code === "CANCELLED" ? "cancelled" : error.message;
      const hint = `\`bentocloud api-token rotate ${quoteWord(context.name)}\` goes on, or takes it back`;
      throw withHint(error, hint, `${message}; the rotation is unfinished, and nothing is lost`);
    }
  });
}

async function rotateAnew(cli: Cli, target: Credential, options: RotateOptions): Promise<Rotated> {
  // An earlier rotation that was undone may have given the context another token.
  const context = await requireStored(cli.store, target.context.name);
  const isSame = loginKey(context) === loginKey(target.context);
  const token = isSame ? target.token : await readToken(cli, context);
  const rotation = await beginAnew(cli, { context, token }, options);
  const ending = await settle({ cli, rotation, command: options.deliver });
  if (ending.kind === "done") return { ...ending, rotation, isResumed: false };
  const { message, hint } = ending.reason;
  throw withHint(ending.reason, hint, `the new API token was taken back: ${message}`);
}

async function beginAnew(
  cli: Cli,
  target: Credential,
  options: RotateOptions,
  isRepeated = false,
): Promise<Rotation> {
  const { context, token } = target;
  const rotation = await planRotation(cli, target, options);
  const client = await cli.client({ endpoint: context.endpoint, token });
  const areLost = await deleteLostTokens(cli, client, rotation);
  try {
    return await begin({ cli, rotation });
  } catch (error) {
    // A token that an earlier rotation asked for may have appeared under this name since the list was read.
    const isTaken = error instanceof RefusalError && error.meaning === "taken";
    if (!isTaken || !areLost || isRepeated) throw error;
    return beginAnew(cli, target, options, true);
  }
}

/** Ends what earlier processes left at this endpoint. Gives the rotation of this target, if it was among that. */
async function settleEarlier(
  cli: Cli,
  target: Credential,
  { deliver }: RotateOptions,
): Promise<Rotated | undefined> {
  const { output, store } = cli;
  let resumed: Rotated | undefined;
  for (const rotation of readRotations(store.paths.own)) {
    const { old, endpoint, started_at } = rotation;
    const isOurs = isOf(rotation, target);
    const what = `the rotation of "${old.name}" at ${endpoint}, begun ${started_at}`;
    if (!isSameEndpoint(endpoint, target.context.endpoint)) {
      output.warn(`unfinished: ${what}; rotate a context of that endpoint to end it`);
      continue;
    }
    try {
      const command = isOurs ? deliver : undefined;
      const ending = await settle({ cli, rotation, command });
      if (ending.kind === "done") {
        output.info(`Finished ${what}`);
        if (isOurs) resumed = { ...ending, rotation, isResumed: true };
      } else if (ending.kind === "undone") output.info(`Took back ${what}: ${ending.reason.message}`);
      else output.warn(`gave up ${what}: ${ending.reason.message}`);
    } catch (error) {
      if (isOurs || !(error instanceof CliError)) throw error;
      output.warn(`could not end ${what}: ${error.message}`);
    }
  }
  return resumed;
}

/** Whether the target has one of the rotation's two tokens. */
function isOf({ endpoint, old, successor }: Rotation, { context, token }: Credential): boolean {
  const secret = token.reveal();
  return isSameEndpoint(endpoint, context.endpoint) && [old.token, successor?.token].includes(secret);
}
