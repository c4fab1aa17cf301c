import { findContext, plainTokenOf, referenceOf } from "../contexts/context.ts";
import { requireExpected } from "../errors.ts";
import { isOpen, readRecords, type SecretRecord } from "../secrets/records.ts";
import type { Place } from "../secrets/secret-store.ts";
import { realTarget } from "../system/files.ts";
import { quoteWord } from "../system/text.ts";
import type { TokenReader } from "./read-token.ts";

/** One look for each run is enough. */
const ended = new WeakMap<TokenReader["store"], Promise<void>>();

/** Ends what killed processes began, and what another program did to a reference. Never fails, and never waits. */
export function endEarlierChanges(cli: TokenReader): Promise<void> {
  const end = ended.get(cli.store) ?? endOnce(cli);
  ended.set(cli.store, end);
  return end;
}

async function endOnce(cli: TokenReader): Promise<void> {
  const { own } = cli.store.paths;
  try {
    const relogins = await findRelogins(cli);
    if (relogins.length === 0 && !readRecords(own).some(isOpen)) return;
    const { withRecordsLock, writeRecords } = await import("../secrets/write-records.ts");
    const { endChanges } = await import("./change-stores.ts");
    await withRecordsLock(own, { signal: cli.signal, waitMs: 0 }, async () => {
      const ids = new Set(relogins.map(({ id }) => id));
      writeRecords(
        own,
        readRecords(own).map((record) => (ids.has(record.id) ? { ...record, is_changing: true } : record)),
      );
      for (const { context, place } of relogins)
        cli.alert(
          `another program signed in to "${context}" again and put its API token in plain text into ${cli.store.paths.file}; ` +
            `\`bentocloud context store ${quoteWord(context)} --to ${optionFor(place)}\` moves it back`,
        );
      await endChanges(cli);
    });
  } catch (error) {
    requireExpected(error);
  }
}

/** How a place is written on the command line. */
function optionFor(place: Place): string {
  return place.kind === "helper" ? `helper:${place.name}` : place.kind;
}

/**
 * References in whose place another program put a plain token. An entry that `restore` could bring back is not among them.
 */
async function findRelogins({ store }: TokenReader): Promise<SecretRecord[]> {
  const records = readRecords(store.paths.own).filter((record) => !record.is_changing);
  if (records.length === 0) return [];
  const { contexts } = await store.read();
  const used = new Set(contexts.map(referenceOf));
  const replaced = records.filter(({ id, context, file }) => {
    const found = findContext(contexts, context);
    return !used.has(id) && file === realTarget(store.paths.file) && found && plainTokenOf(found);
  });
  if (replaced.length === 0) return [];
  const lost = new Set((await store.losses()).flatMap((loss) => loss.contexts));
  return replaced.filter(({ context }) => !lost.has(context));
}
