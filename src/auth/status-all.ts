import type { Context } from "../contexts/context.ts";
import { originOf } from "../contexts/endpoint.ts";
import type { Active, Source } from "../resolve/active.ts";
import type { CliError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { rememberSightings } from "./identity.ts";
import { createSharedExpiry } from "./expiry.ts";
import { readToken } from "./read-token.ts";
import { checkContext, type Checked, type CheckOptions, isExpiryKnown, type Status } from "./status.ts";

/** Every stored context and the environment's credential, many at a time. */
export async function checkAll(cli: Cli, options: CheckOptions): Promise<Status[]> {
  const active = await cli.resolve();
  // An entry that is left out is listed with the other problems of the file.
  if (active.error && active.error.code !== "CORRUPT") cli.output.warn(active.error.message);
  const { contexts } = await cli.store.read();
  const path = cli.store.paths.file;
  const targets = contexts.map((context): Active & { context: Context } => {
    const source: Source = { kind: "user", name: "contexts", path, line: context.line };
    return { ...active, name: context.name, source, context };
  });
  if (active.context && active.source.kind === "env_key")
    targets.unshift({ ...active, context: active.context });
  // Of several entries with one name the first one counts. The environment's credential stands before all of them.
  const used = active.context && targets.find(({ name }) => name === active.name);
  const silence = new Silence();
  const askExpiry = createSharedExpiry(cli);
  let done = 0;
  const check = async (target: (typeof targets)[number]) => {
    const origin = originOf(target.context.endpoint);
    const result = await checkContext(cli, target, { ...options, unreachable: silence.of(origin) });
    if (result.isAsked) silence.note(origin, result.error);
    done += 1;
    return { result, expiry: await beginExpiry(cli, askExpiry, result) };
  };
  const checked = await cli.wait(
    () => `Checking contexts ${done}/${targets.length}`,
    async () =>
      Promise.all(
        (await mapByOrigin(targets, ({ context }) => originOf(context.endpoint), check)).map(
          async ({ result, expiry }) => withExpiry(result, await expiry?.time),
        ),
      ),
  );
  await rememberSightings(
    cli,
    checked.flatMap(({ sighting }) => sighting ?? []),
  );
  return checked.map(({ status }, index) => ({ ...status, active: targets[index] === used }));
}

/** Not awaited here: the list of a user must not hold up the contexts of others. */
async function beginExpiry(
  cli: Cli,
  ask: ReturnType<typeof createSharedExpiry>,
  { status, sighting }: Checked,
) {
  if (!sighting || isExpiryKnown(status)) return undefined;
  const credential = { context: sighting.context, token: await readToken(cli, sighting.context) };
  return { time: ask(credential, sighting) };
}

function withExpiry(checked: Checked, expiry: string | null | undefined): Checked {
  const { status, sighting } = checked;
  if (expiry === undefined || !sighting) return checked;
  return {
    ...checked,
    status: { ...status, expires_at: expiry, neverExpires: expiry === null },
    sighting: { ...sighting, expires_at: expiry },
  };
}

/** Enough to hide the latency of a few hundred answers, few enough not to look like an attack. */
const MAX_PER_ORIGIN = 32;
const MAX_OVERALL = 96;

/** The first item of every origin is begun at once, up to so many. */
const MAX_ORIGINS = 512;

/** Like `map`, many at a time, but few of one origin: a server that does not answer delays only its own items. */
export async function mapByOrigin<T, R>(
  items: readonly T[],
  originIn: (item: T) => string,
  act: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queues = [...Map.groupBy(items.keys(), (index) => originIn(items[index]!)).values()];
  // Each origin first gets one lane, so that a few that do not answer hold up no other.
  const more = queues.flatMap((queue) => Array.from({ length: MAX_PER_ORIGIN - 1 }, () => queue));
  const lanes = [...queues, ...more];
  const work = async (): Promise<void> => {
    for (let queue = lanes.shift(); queue; queue = lanes.shift())
      for (let index = queue.shift(); index !== undefined; index = queue.shift())
        results[index] = await act(items[index]!);
  };
  const length = Math.max(MAX_OVERALL, Math.min(queues.length, MAX_ORIGINS));
  await Promise.all(Array.from({ length }, work));
  return results;
}

/**
 * Remembers which servers do not answer, so that not every context waits until `--timeout` for the same one. A server
 * that has answered before is given up only after as many failures in a row as there are requests at a time.
 */
class Silence {
  readonly #answered = new Set<string>();
  readonly #failures = new Map<string, { error: CliError; count: number }>();

  /** Why an origin is not asked again. */
  of(origin: string): CliError | undefined {
    const failed = this.#failures.get(origin);
    const limit = this.#answered.has(origin) ? MAX_PER_ORIGIN : 1;
    return failed && failed.count >= limit ? failed.error : undefined;
  }

  note(origin: string, error: CliError | undefined): void {
    const count = (this.#failures.get(origin)?.count ?? 0) + 1;
    if (error?.code === "TIMEOUT" || error?.code === "UNREACHABLE")
      return void this.#failures.set(origin, { error, count });
    this.#answered.add(origin);
    this.#failures.delete(origin);
  }
}
