import { expect } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeContexts } from "../store/fixture.ts";
import { home, run, type RunOptions } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import type { NewToken } from "../support/cloud/records.ts";
import type { Home } from "../support/home.ts";

/** The context `mine`, which alone holds an API token `ci` of a user of its own. */
export function homeToRotate(cloud: LocalCloud, wanted: NewToken = {}): Home {
  const here = home();
  const token = cloud.issueToken({ name: "ci", description: "builds", ...wanted });
  writeContexts(here, [
    { name: "mine", endpoint: cloud.url, token, email: wanted.email ?? "me@example.test" },
  ]);
  return here;
}

export function rotate(here: Home, args: string[] = [], options: RunOptions = {}) {
  return run(["api-token", "rotate", ...args], { home: here, ...options });
}

export const tokenIn = (here: Home) => /api_token: "?([^"\n]*)/.exec(here.read())![1]!;
export const namesOf = (cloud: LocalCloud) => cloud.tokens.map(({ name }) => name);

/** The journal, which is there only while a rotation is open. */
export function journalOf(here: Home): unknown {
  const path = join(here.bentoml, ".bentocloud/rotations.json");
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}

/** Where a test kills on purpose, the journal may be left with its tokens. */
export const JOURNAL = { files: ["**/.bentocloud/rotations.json*"] };

/** Whatever happened: the context can sign in. */
export async function expectSignedIn(cloud: LocalCloud, here: Home): Promise<void> {
  expect(cloud.tokens.filter(({ value }) => value === tokenIn(here))).toHaveLength(1);
  expect(await run(["status"], { home: here })).toMatchObject({ code: 0 });
}

/** All is done: one token on the server, a successor, in the file and in no journal. */
export function expectRotated(cloud: LocalCloud, here: Home, email = "me@example.test"): void {
  const tokens = cloud.tokens.filter(({ user }) => user.email === email);
  expect(
    tokens.map(({ name, description, scopes, value }) => ({ name, description, scopes, value })),
  ).toEqual([
    {
      name: expect.stringMatching(/^ci-r[23]$/),
      description: "builds",
      scopes: ["api"],
      value: tokenIn(here),
    },
  ]);
  expect(journalOf(here)).toBeUndefined();
  expect(here.tree().filter((line) => line.includes("rotation"))).toEqual([]);
}
