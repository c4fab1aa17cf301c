import { referenceOf } from "../contexts/context.ts";
import { parseEndpoint } from "../contexts/endpoint.ts";
import { formatReference, newReferenceId } from "../contexts/reference.ts";
import { Token } from "../contexts/token.ts";
import { CliError, requireCliError } from "../errors.ts";
import { hasRecords } from "../secrets/has-records.ts";
import { isOpen, readRecords, type SecretRecord, tokenFingerprint } from "../secrets/records.ts";
import { withRecordsLock, writeRecords } from "../secrets/write-records.ts";
import { describePlace, type Place, secretError } from "../secrets/secret-store.ts";
import { scrubVersions } from "../store/scrub-versions.ts";
import { realTarget } from "../system/files.ts";
import { readRegularFile } from "../system/read-file.ts";
import type { ContextsFile } from "../yaml/contexts-file.ts";
import type { TokenReader } from "./read-token.ts";

/**
 * Every change of what a store other than the contexts file holds. The records are the journal: each record that a change
 * touches is marked before it begins. It ends by one rule, which the next process applies too after a crash: a marked
 * record whose reference is in the contexts file stays, and any other entry is erased. An entry is never overwritten: a new
 * token gets a new entry, and the old one is erased when its reference is gone.
 */
interface StoreChange {
  /** Tokens to keep elsewhere. */
  add: readonly Kept[];
  /** IDs of references that the change takes out of the contexts file. */
  leave: readonly string[];
  onKept?: () => void;
}

interface Kept {
  context: string;
  endpoint: string;
  place: Place;
  token: Token;
  /** What stood in the contexts file for this token until now, so that it stands in versions too. */
  replaced: Token;
}

/** An entry that could not be erased. `doctor --fix` and the next change try again. */
export interface Left {
  record: SecretRecord;
  error: CliError;
}

/**
 * Stores the tokens, reads them back, lets `write` change the contexts file with the references of `add`, in its order, and
 * erases what is no longer needed.
 *
 * @throws CliError with everything as it was, when a token cannot be stored, or when `write` throws
 */
export async function changeStores<T>(
  cli: TokenReader,
  { add, leave, onKept }: StoreChange,
  write: (references: Token[]) => Promise<T>,
): Promise<{ result: T; left: Left[] }> {
  const { paths } = cli.store;
  await requireUsable(cli, add);
  return withRecordsLock(paths.own, { signal: cli.signal }, async () => {
    const added = add.map((kept) => toRecord(kept, realTarget(paths.file)));
    const before = readRecords(paths.own).map((record) =>
      leave.includes(record.id) ? { ...record, is_changing: true } : record,
    );
    writeRecords(paths.own, [...before, ...added]);
    try {
      for (const [index, record] of added.entries()) {
        await keep(cli, record, add[index]!.token);
        onKept?.();
      }
      const result = await write(added.map(({ place, id }) => new Token(formatReference(place.kind, id))));
      return { result, left: await endChanges(cli) };
    } catch (error) {
      await endChanges(cli).catch(requireCliError);
      throw error;
    }
  });
}

/** Before there are records of entries that a store can neither keep nor erase. */
async function requireUsable(cli: TokenReader, add: readonly Kept[]): Promise<void> {
  const opened = await Promise.all(add.map(({ place }) => cli.openStore(place)));
  for (const store of new Set(opened)) await store.state();
}

function toRecord({ context, endpoint, place, token, replaced }: Kept, file: string): SecretRecord {
  return {
    id: newReferenceId(),
    context,
    endpoint: requireEndpoint(context, endpoint),
    place,
    file,
    fingerprint: place.kind === "command" ? null : tokenFingerprint(token),
    replaced: tokenFingerprint(replaced),
    is_changing: true,
    has_failed: false,
  };
}

/** Names the context, because it may be one of many. */
function requireEndpoint(context: string, endpoint: string): string {
  try {
    return parseEndpoint(endpoint);
  } catch (error) {
    const { code, message, hint } = requireCliError(error);
    throw new CliError(code, `the endpoint of "${context}" cannot be used: ${message}`, { hint });
  }
}

async function keep(cli: TokenReader, record: SecretRecord, token: Token): Promise<void> {
  // What a command prints was read before.
  if (record.place.kind === "command") return;
  const store = await cli.openStore(record.place);
  await store.set(record, token.reveal());
  if ((await store.get(record)) === token.reveal()) return;
  throw secretError(
    "unavailable",
    `${describePlace(record.place)} did not keep the API token as it was given`,
  );
}

/** For the holder of the lock only. */
export async function endChanges(cli: TokenReader, { retries = false } = {}): Promise<Left[]> {
  const { own } = cli.store.paths;
  const find = () =>
    hasRecords(own) ? readRecords(own).filter((one) => isOpen(one) || (retries && one.is_changing)) : [];
  if (find().length === 0) return [];
  // Without a change it still waits until Python bentoml has written the whole file.
  const { file } = await cli.store.update(() => ({ changes: [] }));
  const isReferenced = findReferences(cli, file);
  const open = Map.groupBy(find(), (record) => (isReferenced(record) ? "used" : "unused"));
  const used = open.get("used") ?? [];
  if (used.length > 0) await scrub(cli, used);
  const left: Left[] = [];
  const settled = new Map<string, SecretRecord[]>();
  for (const record of used) settled.set(record.id, [{ ...record, is_changing: false, has_failed: false }]);
  for (const record of open.get("unused") ?? []) {
    const error = await erase(cli, record);
    if (error) left.push({ record, error });
    // What Ctrl-C stopped is not the store's failure: the next command goes on.
    settled.set(record.id, error ? [{ ...record, has_failed: error.code !== "CANCELLED" }] : []);
  }
  writeRecords(
    own,
    readRecords(own).flatMap((record) => settled.get(record.id) ?? record),
  );
  return left;
}

/**
 * Tells whether a record is in use. Also true where an entry that cannot be read contains the reference, and where the file
 * that the record was made for cannot be read: whoever cannot decide must not erase. A copied home must not erase what the
 * original uses.
 */
function findReferences(
  { store }: TokenReader,
  { contexts }: ContextsFile,
): (record: SecretRecord) => boolean {
  const ids = new Set(contexts.map(referenceOf));
  const texts = new Map<string, Buffer | undefined>();
  const contains = (path: string, id: string) => {
    if (!texts.has(path)) texts.set(path, readRegularFile(path)?.bytes);
    return texts.get(path)?.includes(id) === true;
  };
  return ({ id, file }) => {
    try {
      return ids.has(id) || contains(realTarget(store.paths.file), id) || contains(file, id);
    } catch {
      return true;
    }
  };
}

async function scrub(cli: TokenReader, records: readonly SecretRecord[]): Promise<void> {
  const texts = new Map(
    records.map(({ replaced, place, id }) => [replaced, formatReference(place.kind, id)]),
  );
  const textFor = (token: Token) => texts.get(tokenFingerprint(token));
  await scrubVersions(cli.store.paths, cli.signal, textFor);
}

/** Gives the failure of the store. */
async function erase(cli: TokenReader, record: SecretRecord): Promise<CliError | undefined> {
  try {
    await (await cli.openStore(record.place)).erase(record);
    return undefined;
  } catch (error) {
    return requireCliError(error);
  }
}
