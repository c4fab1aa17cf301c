import { type Context, referenceOf } from "../contexts/context.ts";
import { parseEndpoint } from "../contexts/endpoint.ts";
import { formatReference, newReferenceId } from "../contexts/reference.ts";
import { Token } from "../contexts/token.ts";
import { CliError } from "../errors.ts";
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
export interface StoreChange {
  /** Tokens to keep elsewhere. */
  add: readonly Kept[];
  /** IDs of references that the change takes out of the contexts file. */
  leave: readonly string[];
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
  { add, leave }: StoreChange,
  write: (references: Token[]) => Promise<T>,
): Promise<{ result: T; left: Left[] }> {
  const { paths } = cli.store;
  const { signal } = await cli.secrets();
  return withRecordsLock(paths.own, { signal }, async () => {
    const added = add.map((kept) => toRecord(kept, realTarget(paths.file)));
    const before = readRecords(paths.own).map((record) =>
      leave.includes(record.id) ? { ...record, is_changing: true } : record,
    );
    writeRecords(paths.own, [...before, ...added]);
    try {
      for (const [index, record] of added.entries())
        await keep(cli, record, add[index]!.token).catch((error: unknown) => {
          throw noteFailure(paths.own, record, error);
        });
      const result = await write(added.map(({ place, id }) => new Token(formatReference(place.kind, id))));
      return { result, left: await endChanges(cli) };
    } catch (error) {
      await endChanges(cli).catch(ignoreExpected);
      throw error;
    }
  });
}

function toRecord({ context, endpoint, place, token, replaced }: Kept, file: string): SecretRecord {
  return {
    id: newReferenceId(),
    context,
    endpoint: parseEndpoint(endpoint),
    place,
    file,
    fingerprint: place.kind === "command" ? null : tokenFingerprint(token),
    replaced: tokenFingerprint(replaced),
    is_changing: true,
    has_failed: false,
  };
}

async function keep(cli: TokenReader, record: SecretRecord, token: Token): Promise<void> {
  // What a command prints was read before.
  if (record.place.kind === "command") return;
  const store = await (await cli.secrets()).open(record.place);
  await store.set(record, token.reveal());
  if ((await store.get(record)) === token.reveal()) return;
  throw secretError(
    "unavailable",
    `${describePlace(record.place)} did not keep the API token as it was given`,
  );
}

/** A store that does not answer is not asked to erase what it may have kept. */
function noteFailure(own: string, { id }: SecretRecord, error: unknown): unknown {
  if (error instanceof CliError && error.code === "SECRET_TIMEOUT")
    writeRecords(
      own,
      readRecords(own).map((record) => (record.id === id ? { ...record, has_failed: true } : record)),
    );
  return error;
}

/** For the holder of the lock only. */
export async function endChanges(cli: TokenReader, { retries = false } = {}): Promise<Left[]> {
  const { paths } = cli.store;
  const find = () =>
    hasRecords(paths.own)
      ? readRecords(paths.own).filter((one) => isOpen(one) || (retries && one.is_changing))
      : [];
  if (find().length === 0) return [];
  // Without a change it still waits until Python bentoml has written the whole file.
  const { file } = await cli.store.update(() => ({ changes: [] }));
  const left: Left[] = [];
  for (const record of find()) {
    const settled = isReferenced(cli, file, record)
      ? await scrub(cli, record)
      : await erase(cli, record).catch((error: unknown) => {
          const expected = requireCliError(error);
          left.push({ record, error: expected });
          // What Ctrl-C stopped is not the store's failure: the next command goes on.
          return { ...record, has_failed: expected.code !== "CANCELLED" };
        });
    const others = readRecords(paths.own).filter(({ id }) => id !== record.id);
    writeRecords(paths.own, settled ? [...others, settled] : others);
  }
  return left;
}

/**
 * Also true where an entry that cannot be read contains the reference, and where the file that the record was made for
 * cannot be read: whoever cannot decide must not erase. A copied home must not erase what the original uses.
 */
function isReferenced(
  { store }: TokenReader,
  { contexts }: ContextsFile,
  { id, file }: SecretRecord,
): boolean {
  if (contexts.some((context: Context) => referenceOf(context) === id)) return true;
  try {
    const texts = [realTarget(store.paths.file), file].map((path) => readRegularFile(path)?.bytes);
    return texts.some((bytes) => bytes?.includes(id));
  } catch {
    return true;
  }
}

/** Takes the token out of the versions. */
async function scrub(cli: TokenReader, record: SecretRecord): Promise<SecretRecord> {
  const { replaced, place, id } = record;
  const text = formatReference(place.kind, id);
  const isToken = (token: Token) => tokenFingerprint(token) === replaced;
  await scrubVersions(cli.store.paths, (await cli.secrets()).signal, { isToken, text });
  return { ...record, is_changing: false, has_failed: false };
}

async function erase(cli: TokenReader, record: SecretRecord): Promise<undefined> {
  const store = await (await cli.secrets()).open(record.place);
  await store.erase(record);
}

function requireCliError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  throw error;
}

function ignoreExpected(error: unknown): void {
  requireCliError(error);
}
