import type { Context } from "../contexts/context.ts";
import type { Active, Source } from "../resolve/active.ts";
import type { Cli } from "../app.ts";
import { rememberSightings } from "./identity.ts";
import { checkContext, type CheckOptions, type Status } from "./status.ts";

/** Every stored context and the environment's credential, many at a time. */
export async function checkAll(cli: Cli, options: CheckOptions): Promise<Status[]> {
  const active = await cli.resolve();
  if (active.error) cli.output.warn(active.error.message);
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
  const checked = await mapByOrigin(
    targets,
    ({ context }) => URL.parse(context.endpoint.reveal())?.origin ?? "",
    (target) => checkContext(cli, target, options),
  );
  await rememberSightings(
    cli,
    checked.flatMap(({ sighting }) => sighting ?? []),
  );
  return checked.map(({ status }, index) => ({ ...status, active: targets[index] === used }));
}

/** Enough to hide the latency of a few hundred answers, few enough not to look like an attack. */
const MAX_PER_ORIGIN = 32;
const MAX_OVERALL = 96;

/** Like `map`, many at a time, but few of one origin: a server that does not answer delays only its own items. */
export async function mapByOrigin<T, R>(
  items: readonly T[],
  originOf: (item: T) => string,
  act: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queues = [...Map.groupBy(items.keys(), (index) => originOf(items[index]!)).values()];
  const lanes = queues.flatMap((queue) => Array.from({ length: MAX_PER_ORIGIN }, () => queue));
  const work = async (): Promise<void> => {
    for (let queue = lanes.shift(); queue; queue = lanes.shift())
      for (let index = queue.shift(); index !== undefined; index = queue.shift())
        results[index] = await act(items[index]!);
  };
  await Promise.all(Array.from({ length: MAX_OVERALL }, work));
  return results;
}
