import { afterAll, expect } from "bun:test";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { forEachOf, needsTrace, statesOf, tampered, writingCalls } from "../binary/faults/strace.ts";
import { homeOf, leftovers, ownOf } from "../store/fixture.ts";
import { homeToRotate, JOURNAL, tokenIn } from "../commands/rotation.ts";
import { type Home, home, run } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { filesWith, newFolder, program } from "./peers.ts";

// A process that is killed leaves its files, here those that it was writing. A trace has what a delivery wrote.
sweepCanaries({ files: ["**/*.tmp", "trace", ...JOURNAL.files] });

const cloud = await startCloud();
afterAll(() => cloud.stop());

/** A helper that keeps each entry in a file of its own below `$FOLDER`. */
const { env: withHelper } = program(
  "docker-credential-own",
  `
read -r line
cd "$FOLDER" || exit 1
case $1 in
  store) url=\${line#*https://}; printf '%s' "$line" > "\${url%%\\"*}" ;;
  get) [ -e "\${line#https://}" ] && cat "\${line#https://}" ;;
  erase) rm -f "\${line#https://}" ;;
  list) printf '{'; for f in *; do printf '"https://%s":"x",' "$f"; done; printf '}' ;;
esac || { echo 'credentials not found in native keychain'; exit 1; }`,
);

interface Scene {
  here: Home;
  folder: string;
  env: Record<string, string>;
}

function newScene(here: Home, folder = newFolder()): Scene {
  return { here, folder, env: { ...withHelper, FOLDER: folder } };
}

/** Another home and helper that are as these are now. */
function copyOf({ here, folder }: Scene): Scene {
  const copy = newScene(home());
  cpSync(here.bentoml, copy.here.bentoml, { recursive: true });
  cpSync(folder, copy.folder, { recursive: true });
  const path = recordsFile(copy.here);
  // A record is bound to the path of the contexts file.
  if (existsSync(path))
    writeFileSync(path, readFileSync(path, "utf8").replaceAll(here.path, copy.here.path), { mode: 0o600 });
  return copy;
}

const recordsFile = (here: Home) => join(ownOf(here), "stores.json");

/** How many entries the helper has, and how many records of them there are. */
function kept({ here, folder }: Scene): { entries: number; records: number } {
  const entries = Bun.spawnSync(["ls", folder]).stdout.toString().split("\n").filter(Boolean).length;
  const path = recordsFile(here);
  return { entries, records: existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).length : 0 };
}

const store = (to: string, ...which: string[]) => ["context", "store", ...which, "--to", to];

interface Case {
  name: string;
  /** What is done before. */
  before: string[][];
  command: string[];
}

const CASES: Case[] = [
  { name: "a move of all contexts out of the file", before: [], command: store("helper:own", "--all") },
  {
    name: "a move back into the file",
    before: [store("helper:own", "mine")],
    command: store("file", "mine"),
  },
  { name: "a logout", before: [store("helper:own", "mine")], command: ["logout", "mine"] },
];

/** The next commands end what was begun: the token can be used, and nothing is left that nobody refers to. */
async function expectEnded(scene: Scene, tokens: Record<string, string>): Promise<void> {
  const { here, env } = scene;
  const name = /^ {2}name: mine/m.test(here.read()) ? "mine" : "other";
  const print = await run(["token", "--context", name], { home: here, env, reveals: "stdout" });
  const isToken = print.stdout === `${tokens[name]}\n`;
  expect({ code: print.code, stderr: print.stderr, isToken }).toEqual({ code: 0, stderr: "", isToken: true });
  const count = here.read().split("kept-in-helper").length - 1;
  expect(kept(scene)).toEqual({ entries: count, records: count });
  if (count > 0) expect(filesWith(tokens["mine"]!, here)).toEqual([]);
}

async function prepare(before: string[][]) {
  const tokens = { mine: canary(), other: canary() };
  const entries = Object.entries(tokens).map(([name, token]) => ({ name, token }));
  const prepared = newScene(homeOf(...entries));
  for (const words of [["use", "other"], ["use", "mine"], ...before])
    expect(await run(words, { home: prepared.here, env: prepared.env })).toMatchObject({ code: 0 });
  return { tokens, prepared };
}

needsTrace.test.each(CASES)(
  "$name that is killed at any write leaves a token that works, and the next command ends it",
  async ({ before, command }) => {
    const { tokens, prepared } = await prepare(before);
    const calls = await writingCalls(command, copyOf(prepared));
    expect(calls.length).toBeGreaterThan(10);
    await forEachOf(statesOf(calls), async ({ name, number }) => {
      const scene = copyOf(prepared);
      const { here, env } = scene;
      const inject = tampered(`${name}:signal=SIGKILL:when=${number}`);
      await run(command, { home: here, env, command: inject });
      await expectEnded(scene, tokens);
      // The next writer removes what a killed one was writing.
      expect(await run(["use", "other"], { home: here, env })).toMatchObject({ code: 0 });
      expect(leftovers(here)).toEqual([]);
    });
  },
  300_000,
);

needsTrace.test.each(CASES)(
  "$name on a disk that is full from any write on leaves a token that works, and the next command ends it",
  async ({ before, command }) => {
    const { tokens, prepared } = await prepare(before);
    const calls = await writingCalls(command, copyOf(prepared));
    const writes = calls.filter(({ name }) => name === "write");
    expect(writes.length).toBeGreaterThan(4);
    await forEachOf(writes, async ({ number }) => {
      const scene = copyOf(prepared);
      const inject = tampered(`write:error=ENOSPC:when=${number}+`);
      const { code } = await run(command, { home: scene.here, env: scene.env, command: inject });
      expect([0, 6]).toContain(code!);
      await expectEnded(scene, tokens);
    });
  },
  300_000,
);

let users = 0;

interface Rotation {
  name: string;
  /** The store of the token. */
  to: string[];
  command: string[];
  /** Whether a process that is killed may leave the store without a token, which only the next rotation puts there. */
  mayBeEmpty: boolean;
}

const { path: show } = program("show", 'cat "$FOLDER/vault"');

const ROTATIONS: Rotation[] = [
  {
    name: "a rotation",
    to: ["helper:own"],
    command: ["api-token", "rotate"],
    mayBeEmpty: false,
  },
  {
    name: "a delivery to what a command prints",
    to: ["command", "--", show],
    command: ["api-token", "rotate", "mine", "--deliver", "--", "sh", "-c", 'cat > "$FOLDER/vault"'],
    mayBeEmpty: true,
  },
];

needsTrace.test.each(ROTATIONS)(
  "$name that is killed at any write leaves a token that works, and the next rotation ends it",
  async ({ to, command, mayBeEmpty }) => {
    const prepareOne = async () => {
      const email = `user-${(users += 1)}@example.test`;
      const scene = newScene(homeToRotate(cloud, { email }));
      const old = tokenIn(scene.here);
      if (mayBeEmpty) writeFileSync(join(scene.folder, "vault"), old);
      const words = ["context", "store", "mine", "--to", ...to];
      expect(await run(words, { home: scene.here, env: scene.env })).toMatchObject({ code: 0 });
      return { email, old, scene };
    };
    const calls = await writingCalls(command, (await prepareOne()).scene);
    expect(calls.length).toBeGreaterThan(30);
    await forEachOf(statesOf(calls), async ({ name, number }) => {
      const { email, old, scene } = await prepareOne();
      const options = { home: scene.here, env: scene.env };
      const inject = tampered(`${name}:signal=SIGKILL:when=${number}`);
      await run(command, { ...options, command: inject });
      const tokens = () => cloud.tokens.filter(({ user }) => user.email === email).map(({ value }) => value);
      const print = () => run(["token"], { ...options, reveals: "stdout" });
      const { code, stdout: first } = await print();
      if (!mayBeEmpty || code === 0) expect(tokens()).toContain(first.trim());
      expect(await run(command, options)).toMatchObject({ code: 0 });
      const { stdout } = await print();
      expect({ isOnly: tokens().length === 1, isIt: `${tokens()[0]}\n` === stdout }).toEqual({
        isOnly: true,
        isIt: true,
      });
      expect(kept(scene)).toEqual({ entries: 1, records: 1 });
      for (const token of [old, ...tokens()]) expect(filesWith(token, scene.here)).toEqual([]);
    });
  },
  300_000,
);
