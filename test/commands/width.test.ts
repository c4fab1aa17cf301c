import { beforeAll, describe, expect, test } from "bun:test";
import { writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run, type Home } from "../support/bin.ts";
import { cloudForAll } from "../support/clouds.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";

sweepCanaries();

const cloud = await cloudForAll({ verify: false });

const LONG = "a-name-that-somebody-typed-to-see-what-happens-and-then-kept-because-it-worked";
const WIDE = "生产环境🍱🚀".repeat(9);
const NAMES = [LONG, WIDE, "short", "some words in a row ".repeat(5).trim()];
const PROJECT = "project-with-a-long-name/".repeat(4);

let here: Home;
let cwd: string;
beforeAll(async () => {
  here = home();
  const entries = NAMES.map((name, index) => {
    const owner = { email: `${"somebody.".repeat(4)}${index}@example.test`, organization: `组织 ${WIDE}` };
    const expiresAt = new Date(Date.now() + 3 * 86_400_000);
    const token = cloud.issueToken({
      ...owner,
      name: `token-${LONG}-${index}`,
      description: WIDE,
      expiresAt,
    });
    return { name, endpoint: cloud.url, token };
  });
  writeContexts(here, [
    ...entries,
    { name: "elsewhere", endpoint: `https://${"a".repeat(60)}.test/below/it` },
  ]);
  cwd = writeBelow(here.path, `${PROJECT}.bentorc`, `context=${LONG}\nendpoint=${cloud.url}\n`).slice(0, -9);
  await run(["status", "--all"], { home: here, cwd });
  await run(["api-token", "list"], { home: here, cwd });
});

const READERS = [
  ["context", "list"],
  ["context", "show"],
  ["status"],
  ["status", "--verbose"],
  ["status", "--all"],
  ["status", "--all", "--offline"],
  ["whoami"],
  ["explain"],
  ["api-token", "list"],
  ["api-token", "list", "--verbose"],
  ["api-token", "get", `token-${LONG}-0`],
  ["restore"],
  ["doctor", "--offline"],
  ["whoami", "--context", `${LONG}-which-there-is-not`],
  ["api-token", "list", "--context", "elsewhere", "--timeout", "1"],
];

test("a terminal of 1 column is no failure", async () => {
  const codes = READERS.map((args) => openTerminal(args, { home: here, cwd, cols: 1 }).exit);
  expect((await Promise.all(codes)).map(({ code }) => code)).not.toContain(70);
});

describe.each([60, 100, 200])("no line is wider than a terminal of %d columns:", (cols) => {
  test.each(READERS.map((args) => [args.join(" ").replaceAll(LONG, "LONG"), args] as const))(
    "%s",
    async (_what, args) => {
      const terminal = openTerminal(args, { home: here, cwd, cols });
      await terminal.exit;
      const lines = terminal.screen.split(/[\r\n]+/);
      expect(lines.filter((line) => Bun.stringWidth(line) > cols)).toEqual([]);
      expect(lines.join("").trim()).not.toBe("");
    },
  );
});

test("in a pipe nothing is wrapped or cut", async () => {
  const { stdout } = await run(["context", "list"], { home: here, cwd });
  const lines = stdout.trimEnd().split("\n");
  expect(lines).toHaveLength(NAMES.length + 2);
  for (const [index, name] of NAMES.entries()) expect(lines[index + 1]).toContain(`${name} `);
});
