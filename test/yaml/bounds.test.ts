import { describe, expect, test } from "bun:test";
import { home, run } from "../support/bin.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

/** Far longer than a start on a busy machine, and far shorter than quadratic time would take. */
const SOON_MS = 8_000;

const TOKEN = canary();
const LOGIN = `- {name: a, endpoint: https://a.test, api_token: ${TOKEN}}\n`;
const many = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join("");

const REFUSED: [what: string, text: string, message: RegExp][] = [
  ["3,000 open braces", "{a: ".repeat(3_000), /nested too deeply/],
  ["as many brackets", "[".repeat(100_000), /nested too deeply/],
  ["as many dashes", "- ".repeat(50_000), /nested too deeply/],
  ["as many levels of indentation", many(600, (level) => `${" ".repeat(level)}a:\n`), /nested too deeply/],
  [
    "aliases that multiply",
    `a0: &a0 [x]\n${many(30, (level) => `a${level + 1}: &a${level + 1} [${`*a${level}, `.repeat(9)}]\n`)}contexts: []\n`,
    /its aliases expand to too many nodes/,
  ],
  [
    "mappings that merge one another",
    `a0: &a0 {x: y}\n${many(3_000, (level) => `a${level + 1}: &a${level + 1} {<<: *a${level}, k${level}: v}\n`)}contexts: []\n`,
    /its aliases expand to too many nodes/,
  ],
  ["an alias that stands in itself", "a: &a [*a]\ncontexts: []\n", /no anchor before it/],
  ["a text of five megabytes", `contexts: []\nx: [${"y".repeat(5 << 20)}]\n`, /too large/],
  ["quotes without an end", `x: ["${'a", "'.repeat(20_000)}`, /a quote is not closed/],
];

const READ: [what: string, text: string][] = [
  ["200 KB of blank lines", `contexts:\n${LOGIN}current_context_name: a\n${"\n".repeat(200_000)}`],
  ["200 KB of blanks", `contexts:\n${LOGIN}current_context_name: a\n${"  \n".repeat(70_000)}`],
  ["200 KB of comments", `contexts:\n${LOGIN}${"  # c\n".repeat(35_000)}current_context_name: a\n`],
  [
    "200 KB of carriage returns",
    `contexts:\r${LOGIN.replace("\n", "\r")}${"\r".repeat(200_000)}current_context_name: a\r`,
  ],
  ["a comment of 200 KB", `contexts: #${" ".repeat(200_000)}x\n${LOGIN}current_context_name: a\n`],
  [
    "2,000 entries that are left out",
    `contexts:\n${LOGIN}${"- {name: yes, endpoint: e, api_token: t}\n".repeat(2_000)}current_context_name: a\n`,
  ],
  [
    "5,000 anchors",
    `contexts:\n${LOGIN}current_context_name: a\nx:\n${many(5_000, (at) => `- &a${at} x\n`)}`,
  ],
];

async function soon(args: string[], text: string) {
  const here = home();
  here.write(text);
  return { here, ...(await run(args, { home: here, reveals: true, timeoutMs: SOON_MS })) };
}

describe("a file that would take too long is refused early, with line and column:", () => {
  test.each(REFUSED)("%s", async (_what, text, message) => {
    const { code, stderr } = await soon(["token"], text);
    expect(stderr).toMatch(/ at line \d+, column \d+\n/);
    expect(code).toBe(6);
    expect(stderr).toMatch(message);
    expect(stderr.length).toBeLessThan(1_000);
  });
});

describe("a long file is read and changed in linear time:", () => {
  test.each(READ)("%s", async (_what, text) => {
    expect(await soon(["token"], text)).toMatchObject({ code: 0, stdout: `${TOKEN}\n` });
    expect(await soon(["explain"], text)).toMatchObject({ code: 0 });
    const { code, here } = await soon(["context", "rename", "a", "b"], text);
    expect(code).toBe(0);
    expect(here.read()).toContain("current_context_name: b");
  });
});
