import { type Context, referenceOf } from "../contexts/context.ts";
import { hasRecords } from "../secrets/has-records.ts";
import type { Left } from "./change-stores.ts";
import type { TokenReader } from "./read-token.ts";

/** Runs `act`, which takes these logins out of the contexts file, and erases what other stores keep for them. */
export async function withErasure<T>(
  cli: TokenReader,
  leaving: readonly Context[],
  act: () => Promise<T>,
): Promise<{ result: T; left: Left[] }> {
  const leave = leaving.flatMap((context) => referenceOf(context) ?? []);
  if (leave.length === 0) return { result: await act(), left: [] };
  const { changeStores } = await import("./change-stores.ts");
  return changeStores(cli, { add: [], leave }, act);
}

/** The name of an entry is for people, and tells when another program has signed in under it again. */
export async function renameKept(cli: TokenReader, from: string, to: string): Promise<void> {
  const { own } = cli.store.paths;
  if (!hasRecords(own)) return;
  const { readRecords } = await import("../secrets/records.ts");
  const { withRecordsLock, writeRecords } = await import("../secrets/write-records.ts");
  await withRecordsLock(own, { signal: cli.signal }, async () => {
    const records = readRecords(own);
    writeRecords(
      own,
      records.map((record) => (record.context === from ? { ...record, context: to } : record)),
    );
  });
}
