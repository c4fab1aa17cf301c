import { afterAll, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { homeToRotate, JOURNAL, journalOf, rotate, tokenIn } from "../commands/rotation.ts";
import { start } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import type { Plan } from "../support/cloud/misbehave.ts";
import type { ApiToken } from "../support/cloud/records.ts";
import type { Home } from "../support/home.ts";
import { sweepCanaries } from "../support/sweep.ts";

/**
 * Rotations against a server that fails as Yatai does, by clients that are killed at random. BENTOCLOUD_ROTATIONS is their
 * number. BENTOCLOUD_SEED chooses the faults of each user, but their timing differs between runs.
 */
const ROTATIONS = Number(process.env["BENTOCLOUD_ROTATIONS"] ?? 30);
const SEED = Number(process.env["BENTOCLOUD_SEED"] ?? 1);
const USERS = 6;
const LONGEST_DELAY_MS = 1_500;
const CAN_DELIVER = ["sh", "sha256sum"].every((name) => Bun.which(name) !== null);

// Temporary files of killed processes.
sweepCanaries({ files: [...JOURNAL.files, "**/*.tmp"] });

const cloud = await startCloud({ dialect: "yatai" });
afterAll(() => cloud.stop());

const FAILURES = [
  "unexpected EOF",
  "failed to connect to `host=db user=yatai database=yatai`: dial error (dial tcp 10.0.0.1:5432: connect: connection refused)",
  "FATAL: terminating connection due to administrator command (SQLSTATE 57P01)",
  "context deadline exceeded",
];

function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface User {
  email: string;
  here: Home;
  random: () => number;
  /** The number of further requests that fail because the server is down. */
  down: number;
}

/** The fault of one request. Most requests have none. */
function chooseFault(user: User): Plan | undefined {
  const { random } = user;
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)]!;
  const text = pick(FAILURES);
  const refused: Plan = { status: 403, body: { message: `get api token: ${text}` } };
  const failed: Plan = { status: 400, body: { error: `ToApiTokenSchema: get user: ${text}` } };
  const odd: Plan = { status: 403, body: { message: "not today" } };
  if (user.down > 0) {
    user.down -= 1;
    return pick([refused, { reset: true }]);
  }
  if (random() < 0.6) return undefined;
  if (random() < 0.1) user.down = 3 + Math.floor(random() * 10);
  return pick<Plan>([
    refused,
    failed,
    odd,
    { reset: true },
    { status: 502, body: "<h1>Bad Gateway</h1>" },
    ...[refused, failed, odd, { reset: true } as const, { status: 504 }].map((plan) => ({
      afterwards: plan,
    })),
    { delayMs: random() * 100 },
    { lateMs: random() * LONGEST_DELAY_MS },
    { lateMs: random() * LONGEST_DELAY_MS },
  ]);
}

const users = Array.from({ length: USERS }, (_, number): User => {
  const email = `user-${number}@example.test`;
  return { email, here: homeToRotate(cloud, { email }), random: mulberry(SEED * 1_000 + number), down: 0 };
});
const owners = new Map<string, User>();
const tokensOf = ({ email }: User) => cloud.tokens.filter(({ user }) => user.email === email);

interface Entry {
  old?: { uid: string };
  successor?: { uid: string } | null;
  wanted: { name: string };
}

/** Whether a file of ours names the token, so that a later rotation finds it. */
function isRemembered({ here }: User, { uid, name }: ApiToken): boolean {
  const lost = join(here.bentoml, ".bentocloud/lost-tokens.json");
  const sought = existsSync(lost) ? (JSON.parse(readFileSync(lost, "utf8")) as Entry[]) : [];
  const entries = [...((journalOf(here) ?? []) as Entry[]), ...sought];
  return entries.some(({ old, successor, wanted }) =>
    successor ? [old?.uid, successor.uid].includes(uid) : old?.uid === uid || wanted.name === name,
  );
}

async function rotateOnce(user: User): Promise<string> {
  // Half of them deliver the new token to a command, which fails now and then.
  const keep = `sha256sum >"$HOME/delivered"; exit ${user.random() < 0.3 ? 3 : 0}`;
  const delivers = CAN_DELIVER && user.random() < 0.5;
  const deliver = delivers ? ["--deliver", "--", "sh", "-c", keep] : [];
  const running = start(["api-token", "rotate", "--timeout", "0.8", ...deliver], { home: user.here });
  if (user.random() < 0.3) setTimeout(() => running.kill("SIGKILL"), 20 + user.random() * 400);
  const { code, signal } = await running.result;
  const tokens = tokensOf(user);
  const held = tokenIn(user.here);
  const unknown = tokens.filter((token) => token.value !== held && !isRemembered(user, token));
  expect({
    hasLogin: tokens.some(({ value }) => value === held),
    unknown: unknown.map(({ name }) => name),
  }).toEqual({ hasLogin: true, unknown: [] });
  if (code === 0 && delivers) {
    const delivered = readFileSync(join(user.here.path, "delivered"), "utf8").slice(0, 64);
    expect(delivered).toBe(new Bun.CryptoHasher("sha256").update(held).digest("hex"));
  }
  return String(signal ?? code);
}

test(
  `${ROTATIONS} rotations lose no login, and leave no token that nobody knows of`,
  async () => {
    cloud.disturb(({ headers }) => {
      for (const user of users) for (const { value } of tokensOf(user)) owners.set(value, user);
      const user = owners.get(String(headers["x-yatai-api-token"]));
      return user && chooseFault(user);
    });
    const ends = await Promise.all(
      users.map(async (user) => {
        const found: string[] = [];
        for (let count = 0; count < ROTATIONS / USERS; count += 1) found.push(await rotateOnce(user));
        return found;
      }),
    );
    cloud.disturb(undefined);
    await Bun.sleep(LONGEST_DELAY_MS);
    const counts = Map.groupBy(ends.flat(), (end) => end);
    expect([...counts.keys()].filter((end) => !["0", "1", "4", "5", "SIGKILL"].includes(end))).toEqual([]);
    for (const end of ["0", "5", "SIGKILL"]) expect(counts.has(end)).toBe(true);
    for (const user of users) {
      expect(await rotate(user.here)).toMatchObject({ code: 0 });
      expect(tokensOf(user).map(({ value }) => value)).toEqual([tokenIn(user.here)]);
      expect(journalOf(user.here)).toBeUndefined();
    }
  },
  30_000 + ROTATIONS * 2_000,
);
