import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { commit } from "../../src/store/commit.ts";
import { readContexts } from "../../src/yaml/read.ts";
import { writeKnown } from "../../src/store/known.ts";
import { isReplaced } from "../../src/store/replaced.ts";
import { snapshotReader } from "../../src/store/snapshot.ts";
import { fingerprintOf } from "../../src/store/state.ts";
import { home } from "../support/bin.ts";
import type { Home } from "../support/home.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { writeContexts } from "./fixture.ts";

sweepCanaries();

const WIPED = "contexts: []\ncurrent_context_name: default\n";
const never = new AbortController().signal;

/** A home, and a commit of `text` whose turn is taken away between the last look and the rename. */
async function overtaken(here: Home, text: string) {
  const own = join(here.bentoml, ".bentocloud");
  const paths = { file: here.file, own };
  const alerts: string[] = [];
  const alert = (message: string) => void alerts.push(message);
  const tools = { paths, signal: () => never, alert, snapshot: snapshotReader(here.file) };
  const before = await tools.snapshot();
  const held = () => here.read() !== text;
  const turn = { target: here.file, held };
  const done = commit({ tools, turn, before, text, file: await readContexts(text) });
  return { own, paths, alerts, done: done! };
}

function homeWith(...entries: { name: string; token?: string }[]): Home {
  const here = home();
  writeContexts(here, entries);
  mkdirSync(join(here.bentoml, ".bentocloud"), { mode: 0o700 });
  return here;
}

function textWith(...entries: { name: string; token?: string }[]): string {
  const here = home();
  writeContexts(here, entries);
  return here.read();
}

describe("a writer whose turn is taken away too late to stop", () => {
  test("makes its change known once it has a turn of its own again", async () => {
    const [a, b, c] = [canary(), canary(), canary()];
    const here = homeWith({ name: "a", token: a });
    const text = textWith({ name: "a", token: c }, { name: "b", token: b });
    const { own, alerts, done } = await overtaken(here, text);
    expect(here.read()).toBe(text);
    const [old] = (await readContexts(textWith({ name: "a", token: a }))).contexts;
    expect(isReplaced(own, fingerprintOf(old!))).toBe(false);
    await done.late!();
    expect(alerts).toEqual([]);
    expect(readFileSync(join(own, "known.yaml"), "utf8")).toStartWith(text);
    expect(isReplaced(own, fingerprintOf(old!))).toBe(true);
    expect(readdirSync(own)).not.toContain("lock");
  });

  test("says what of its change is gone by then", async () => {
    const a = canary();
    const here = homeWith({ name: "a", token: a });
    const { own, alerts, done } = await overtaken(here, textWith({ name: "a", token: a }, { name: "b" }));
    here.write(WIPED);
    await done.late!();
    expect(alerts).toEqual([
      expect.stringContaining(`another program removed 1 context from ${here.file}: b; `),
    ]);
    expect(readdirSync(join(own, "lost"))).toHaveLength(1);
    expect(readFileSync(join(own, "known.yaml"), "utf8")).toStartWith(WIPED);
  });

  test("says what it undid of a change that was made meanwhile", async () => {
    const a = canary();
    const here = homeWith({ name: "a", token: a });
    const { paths, alerts, done } = await overtaken(here, textWith({ name: "a", token: a }, { name: "b" }));
    // Whoever took the turn knew of `other`, and our rename came after theirs.
    writeKnown(paths, textWith({ name: "a", token: a }, { name: "other" }));
    await done.late!();
    expect(alerts).toEqual([expect.stringContaining(": other; ")]);
  });
});
