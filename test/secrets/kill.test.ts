import { afterAll, expect } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { forEachOf, needsTrace, tampered, writingCalls } from "../binary/faults/strace.ts";
import { homeOf, leftovers, ownOf } from "../store/fixture.ts";
import { homeToRotate, JOURNAL, tokenIn } from "../commands/rotation.ts";
import { type Home, run } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { filesWith, newFolder, program } from "./peers.ts";

// A process that is killed leaves its files, here those that it was writing.
sweepCanaries({ files: ["**/*.tmp", ...JOURNAL.files] });

const cloud = await startCloud();
afterAll(() => cloud.stop());

/** A helper that keeps each entry in a file of its own, outside of the home. */
function helper(): { env: Record<string, string>; entries: () => number } {
  const folder = newFolder();
  const script = `
read -r line
case $1 in
  store) url=\${line#*https://}; printf '%s' "$line" > "${folder}/\${url%%\\"*}" ;;
  get) [ -e "${folder}/\${line#https://}" ] && cat "${folder}/\${line#https://}" ;;
  erase) rm -f "${folder}/\${line#https://}" ;;
  list) printf '{'; for f in "${folder}"/*; do printf '"https://%s":"x",' "\${f##*/}"; done; printf '}' ;;
esac || { echo 'credentials not found in native keychain'; exit 1; }`;
  const { env } = program("docker-credential-own", script);
  const entries = () => Bun.spawnSync(["ls", folder]).stdout.toString().split("\n").filter(Boolean).length;
  return { env, entries };
}

const store = (to: string) => ["context", "store", "mine", "--to", to];

interface Case {
  name: string;
  /** What is done before. */
  before: string[][];
  command: string[];
}

const CASES: Case[] = [
  { name: "a move out of the file", before: [], command: store("helper:own") },
  { name: "a move back into the file", before: [store("helper:own")], command: store("file") },
  { name: "a logout", before: [store("helper:own")], command: ["logout", "mine"] },
];

function recordsOf(here: Home): unknown[] {
  const path = join(ownOf(here), "stores.json");
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : [];
}

/** The next commands end what was begun: the token can be used, and nothing is left that nobody refers to. */
async function expectEnded(here: Home, token: string, peer: ReturnType<typeof helper>): Promise<void> {
  const options = { home: here, env: peer.env };
  const isThere = /^ {2}name: "?mine/m.test(here.read());
  if (isThere) {
    const print = await run(["token"], { ...options, reveals: "stdout" });
    expect({ code: print.code, isToken: print.stdout === `${token}\n` }).toEqual({ code: 0, isToken: true });
  } else {
    const print = await run(["token", "--context", "other"], { ...options, reveals: "stdout" });
    expect(print).toMatchObject({ code: 0, stderr: "" });
  }
  const isKept = here.read().includes("kept-in-helper");
  expect({ entries: peer.entries(), records: recordsOf(here).length }).toEqual({
    entries: isKept ? 1 : 0,
    records: isKept ? 1 : 0,
  });
  if (isKept) expect(filesWith(token, here)).toEqual([]);
}

needsTrace.test.each(CASES)(
  "$name that is killed at any write leaves a token that works, and the next command ends it",
  async ({ before, command }) => {
    const prepare = async () => {
      const token = canary();
      const here = homeOf({ name: "mine", token }, "other");
      const peer = helper();
      for (const words of [["use", "other"], ["use", "mine"], ...before])
        expect(await run(words, { home: here, env: peer.env })).toMatchObject({ code: 0 });
      return { here, token, peer };
    };
    const reference = await prepare();
    const calls = await writingCalls(command, { here: reference.here, env: reference.peer.env });
    expect(calls.length).toBeGreaterThan(10);
    await forEachOf(calls, async ({ name, number }) => {
      const { here, token, peer } = await prepare();
      const inject = tampered(`${name}:signal=SIGKILL:when=${number}`);
      await run(command, { home: here, env: peer.env, command: inject });
      await expectEnded(here, token, peer);
      // The next writer removes what a killed one was writing.
      expect(await run(["use", "other"], { home: here, env: peer.env })).toMatchObject({ code: 0 });
      expect(leftovers(here)).toEqual([]);
    });
  },
  300_000,
);

let users = 0;

needsTrace.test(
  "a rotation that is killed at any write leaves a token that works, and the next rotation ends it",
  async () => {
    const prepare = async () => {
      const email = `user-${(users += 1)}@example.test`;
      const here = homeToRotate(cloud, { email });
      const old = tokenIn(here);
      const peer = helper();
      expect(await run(store("helper:own"), { home: here, env: peer.env })).toMatchObject({ code: 0 });
      return { email, here, old, peer };
    };
    const command = ["api-token", "rotate"];
    const reference = await prepare();
    const calls = await writingCalls(command, { here: reference.here, env: reference.peer.env });
    expect(calls.length).toBeGreaterThan(40);
    const chosen = calls.filter((_, index) => index % 2 === 0);
    await forEachOf(chosen, async ({ name, number }) => {
      const { email, here, old, peer } = await prepare();
      const options = { home: here, env: peer.env };
      const inject = tampered(`${name}:signal=SIGKILL:when=${number}`);
      await run(command, { ...options, command: inject });
      const tokens = () => cloud.tokens.filter(({ user }) => user.email === email).map(({ value }) => value);
      const print = () => run(["token"], { ...options, reveals: "stdout" });
      expect(tokens()).toContain((await print()).stdout.trim());
      expect(await run(command, options)).toMatchObject({ code: 0 });
      const { stdout } = await print();
      expect({ isOnly: tokens().length === 1, isIt: `${tokens()[0]}\n` === stdout }).toEqual({
        isOnly: true,
        isIt: true,
      });
      expect({ entries: peer.entries(), records: recordsOf(here).length }).toEqual({
        entries: 1,
        records: 1,
      });
      for (const token of [old, ...tokens()]) expect(filesWith(token, here)).toEqual([]);
    });
  },
  300_000,
);
