import { endChanges } from "../../auth/change-stores.ts";
import { requireRecord } from "../../auth/read-token.ts";
import { checkStore, describeView, toView } from "../../auth/store-view.ts";
import { type Context, firstOfEachName, isKeptElsewhere, referenceOf } from "../../contexts/context.ts";
import type { Cli } from "../../app.ts";
import { CliError } from "../../errors.ts";
import { hasRecords } from "../../secrets/has-records.ts";
import { readRecords, type SecretRecord } from "../../secrets/records.ts";
import { withRecordsLock, writeRecords } from "../../secrets/write-records.ts";
import { attempt, type Check, fail, ok, warn } from "../check.ts";
import { contextName, counted, join, list, open, secret, type Text, text } from "../report.ts";

/** Whether every token that is kept outside of the contexts file can be used. Reads none. */
export const stores: Check = {
  id: "stores",
  async run(cli) {
    const file = await attempt(() => cli.store.read());
    const kept = [...firstOfEachName(file?.contexts ?? []).values()].filter(isKeptElsewhere);
    if (kept.length === 0) return undefined;
    const views = await Promise.all(
      kept.map(async (context) => ({
        context,
        view: (await checkStore(cli, context)) ?? toView("file", "ok"),
      })),
    );
    const bad = views.filter(({ view: { state } }) => state !== "ok" && state !== "unchecked");
    const described = bad.map(
      ({ context, view: { state, ...place } }) =>
        text`${contextName(context.name)} (${secret("store", describeView({ ...place, state }))}: ${open(state)})`,
    );
    if (bad.length === 0)
      return ok(text`${counted(kept.length, "API token")} kept outside of the contexts file`);
    return fail(
      text`API tokens that cannot be read: ${list(described)}`,
      await adviceFor(cli, bad[0]?.context),
    );
  },
};

/** The hint of what fails when the token is used. */
async function adviceFor(cli: Cli, context: Context | undefined): Promise<Text | undefined> {
  if (!context) return undefined;
  try {
    const record = await requireRecord(cli, context);
    await (await cli.openStore(record.place)).state(record);
  } catch (error) {
    return error instanceof CliError && error.hint !== undefined ? secret("hint", error.hint) : undefined;
  }
  return text`bentocloud login --context ${contextName(context.name)}`;
}

/** Entries in a store that no context refers to any more. */
export const orphans: Check = {
  id: "orphans",
  async run(cli) {
    const found = (await findOrphans(cli)) ?? [];
    if (found.length === 0) return undefined;
    const described = found.map(
      ({ context, place }) =>
        text`${contextName(context)} (${secret("store", describeView(toView(place, "unchecked")))})`,
    );
    return {
      ...warn(text`${counted(found.length, "API token")} that no context uses any more: ${join(described)}`),
      repair: () => eraseOrphans(cli),
    };
  },
};

/** What `restore` could still bring back is no orphan. */
async function findOrphans(cli: Cli): Promise<SecretRecord[] | undefined> {
  const { store } = cli;
  if (!hasRecords(store.paths.own)) return undefined;
  return attempt(async () => {
    const { contexts } = await store.read();
    const used = new Set(contexts.map(referenceOf));
    const lost = new Set((await store.losses()).flatMap((loss) => loss.contexts));
    return readRecords(store.paths.own).filter(({ id, context, is_changing }) =>
      used.has(id) ? false : is_changing || !lost.has(context),
    );
  });
}

async function eraseOrphans(cli: Cli): Promise<Text> {
  const { own } = cli.store.paths;
  return withRecordsLock(own, { signal: cli.signal }, async () => {
    const ids = new Set((await findOrphans(cli))?.map(({ id }) => id));
    const mark = (record: SecretRecord) => (ids.has(record.id) ? { ...record, is_changing: true } : record);
    writeRecords(own, readRecords(own).map(mark));
    const [left] = await endChanges(cli, { retries: true });
    if (left) throw left.error;
    return text`erased ${counted(ids.size, "API token")} that no context uses any more`;
  });
}
