import { expect, test } from "bun:test";
import { TARGETS } from "../../build/targets.ts";
import { checkContents, readPayload } from "../../scripts/verify/contents.ts";
import { readFormat } from "../../scripts/verify/format.ts";

const target = TARGETS.find(({ name }) => name === "linux-x64")!;
const REFUSED = ["dotenv", "exsolve", "giget", "jiti", "node:fs", "node:fs/promises", "pkg-types", "rc9"];
const STUBS = REFUSED.map((name) => `throw new Error("${name} is not part of bentocloud")`).join(";");

/** A program as Bun makes it, with nothing but this text and a list of files in it. */
function program(
  text: string,
  { files = ["/$bunfs/root/a.js"], flags = 3, options = "--use-system-ca" } = {},
): Buffer {
  const parts = [text, options, ...files].map((part) => Buffer.from(part));
  const starts = parts.map((_, index) => parts.slice(0, index).reduce((sum, part) => sum + part.length, 0));
  const table = Buffer.alloc(files.length * 52);
  for (const [index] of files.entries()) {
    table.writeUInt32LE(starts[index + 2]!, index * 52);
    table.writeUInt32LE(parts[index + 2]!.length, index * 52 + 4);
  }
  const bytes = Buffer.concat([...parts, table]);
  const tail = Buffer.alloc(32);
  tail.writeBigUInt64LE(BigInt(bytes.length));
  const words = [bytes.length - table.length, table.length, 0, starts[1]!, options.length, flags];
  words.forEach((word, at) => tail.writeUInt32LE(word, 8 + at * 4));
  return Buffer.concat([Buffer.from("a runtime"), bytes, tail, Buffer.from("\n---- Bun! ----\n")]);
}

const bare = readPayload(program(""));
const check = (text: string, options = {}) =>
  checkContents(readPayload(program(`${STUBS};${text}`, options)), bare, target);

test("contents: what is right has no problems", () => {
  expect(check('import{a}from"/$bunfs/root/a.js";')).toEqual([]);
});

test("contents: a chunk that is imported and not there is found", () => {
  expect(check('await import("/$bunfs/root/b.js")')).toEqual(["a chunk that is not there: b.js"]);
});

test("contents: the checkout's path is found", () => {
  const path = new URL("../../src/main.ts", import.meta.url).pathname;
  expect(check(`// ${path}`)).toEqual([expect.stringContaining("a path of this machine")]);
});

test("contents: a secret is found, and not repeated", () => {
  const problems = check(`const token = "ghp_${"x".repeat(36)}"`);
  expect(problems).toEqual(["a secret: ghp_xxxx"]);
});

test("contents: a token that the build could see is found", () => {
  process.env["NPM_TOKEN"] = "only-for-this-test";
  try {
    expect(check("'only-for-this-test'")).toEqual(["a token of this machine's environment: NPM_TOKEN"]);
  } finally {
    delete process.env["NPM_TOKEN"];
  }
});

test("contents: a program whose loaders were not replaced is found out", () => {
  const payload = readPayload(program("DOTENV_KEY"));
  const problems = checkContents(payload, bare, target);
  expect(problems).toContain("nothing stands in the place of: jiti");
  expect(problems).toContain("a loader of configuration: DOTENV_KEY");
});

test("contents: other switches and options than the safe ones are found", () => {
  expect(check("", { flags: 0 })).toEqual(["other switches than the safe ones: 0"]);
  expect(check("", { options: "" })).toEqual(["other options: "]);
});

test("contents: a file without a program in it is refused", () => {
  expect(() => readPayload(Buffer.from("nothing"))).toThrow("there is no program in it");
});

test("format: this machine's own runtime is what it is, and another target's name is wrong for it", async () => {
  const runtime = Buffer.from(await Bun.file(process.execPath).arrayBuffer());
  const own = TARGETS.find(({ os, cpu }) => os === process.platform && cpu === process.arch)!;
  const other = TARGETS.find(({ os, cpu }) => os !== process.platform && cpu !== process.arch)!;
  expect(readFormat(runtime, own).cpu).toBe(process.arch);
  const { problems } = readFormat(runtime, other);
  expect(problems).toEqual(
    expect.arrayContaining([expect.stringMatching(/^it is (?!for)/), expect.stringMatching(/^it is for/)]),
  );
});
