import { isSameEndpoint } from "../contexts/endpoint.ts";
import { requireStored } from "../store/manage.ts";
import { quoteWord, requireToken } from "../resolve/require.ts";
import { readRotations, type Rotation, withRotationLock } from "./journal.ts";
import { holding } from "../store/replace-token.ts";
import { CliError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { chooseTarget, plan, type RotateOptions, type Target } from "./plan.ts";
import { begin, type Ending, settle } from "./rotation.ts";

export interface Rotated {
  contexts: string[];
  rotation: Rotation;
  oldStillWorks: boolean;
  /** Whether an earlier process began it. */
  isResumed: boolean;
}

/** What would be done, asked with nothing but reading requests. */
export async function planRotation(cli: Cli, options: RotateOptions) {
  const target = await chooseTarget(cli, options);
  const unfinished = readRotations(cli.store.paths.own).filter(({ endpoint }) =>
    isSameEndpoint(endpoint, target.context.endpoint),
  );
  const mine = unfinished.find((rotation) => rotation.successor && isAbout(rotation, target));
  const rotation = mine ?? (await plan(cli, target, options));
  const { endpoint } = rotation;
  const contexts = holding(await cli.store.read(), { endpoint, token: target.token }).map(({ name }) => name);
  return { contexts, rotation, unfinished };
}

export async function rotate(cli: Cli, options: RotateOptions): Promise<Rotated> {
  const { paths } = cli.store;
  const target = await chooseTarget(cli, options);
  await cli.store.prepare();
  return withRotationLock(paths, cli.signal, async () => {
    try {
      return (await settleEarlier(cli, target, options)) ?? (await rotateAnew(cli, target, options));
    } catch (error) {
      const isOpen = readRotations(paths.own).some((rotation) => isAbout(rotation, target));
      throw isOpen && error instanceof CliError ? unfinished(error, target) : error;
    }
  });
}

async function rotateAnew(cli: Cli, { context }: Target, options: RotateOptions): Promise<Rotated> {
  // What was taken back may have given the context another token.
  const now = await requireStored(cli.store, context.name);
  const planned = await plan(cli, { context: now, token: requireToken(now) }, options);
  const { insecureHttp } = options;
  const rotation = await begin({ cli, rotation: planned, insecureHttp });
  const ending = await settle({ cli, rotation, insecureHttp });
  if (ending.kind === "done") return { ...ending, rotation, isResumed: false };
  throw new CliError(ending.reason.code, `the new API token was taken back: ${ending.reason.message}`, {
    hint: ending.reason.hint,
    cause: ending.reason,
  });
}

function unfinished(error: CliError, { context }: Target): CliError {
  const message = error.code === "CANCELLED" ? "cancelled" : error.message;
  return new CliError(error.code, `${message}; the rotation is unfinished, and nothing is lost`, {
    hint: `\`bentocloud api-token rotate ${quoteWord(context.name)}\` goes on, or takes it back`,
    cause: error,
  });
}

/**
 * Brings what earlier processes left at this endpoint to its end. The answer is the rotation that was asked for, when
 * one of them was it.
 */
async function settleEarlier(cli: Cli, target: Target, options: RotateOptions): Promise<Rotated | undefined> {
  let resumed: Rotated | undefined;
  for (const rotation of readRotations(cli.store.paths.own)) {
    const { old, endpoint, started_at } = rotation;
    const isMine = isAbout(rotation, target);
    const what = `the rotation of "${old.name}" at ${endpoint}, begun ${started_at}`;
    if (!isSameEndpoint(endpoint, target.context.endpoint)) {
      cli.output.warn(`unfinished: ${what}; rotate a context of that endpoint to end it`);
      continue;
    }
    const ending = await settle({ cli, rotation, insecureHttp: options.insecureHttp }).catch(
      (error: unknown) => {
        if (isMine || !(error instanceof CliError)) throw error;
        cli.output.warn(`could not end ${what}: ${error.message}`);
        return undefined;
      },
    );
    if (!ending) continue;
    describeEnding(cli, what, ending);
    if (ending.kind === "done" && isMine) resumed = { ...ending, rotation, isResumed: true };
  }
  return resumed;
}

function describeEnding(cli: Cli, what: string, ending: Ending): void {
  if (ending.kind === "done") cli.output.info(`Finished ${what}`);
  else if (ending.kind === "undone") cli.output.info(`Took back ${what}: ${ending.reason.message}`);
  else cli.output.warn(`gave up ${what}: ${ending.reason.message}`);
}

function isAbout({ endpoint, old, successor }: Rotation, { context, token }: Target): boolean {
  const secret = token.reveal();
  return isSameEndpoint(endpoint, context.endpoint) && [old.token, successor?.token].includes(secret);
}
