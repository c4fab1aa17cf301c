import { expect, test } from "bun:test";
import { TARGETS } from "../../build/targets.ts";
import { checkContents, readPayload } from "../../scripts/verify/contents.ts";
import { readFormat } from "../../scripts/verify/format.ts";

const target = TARGETS.find(({ name }) => name === "linux-x64")!;
const REFUSED = ["dotenv", "exsolve", "giget", "jiti", "node:fs", "node:fs/promises", "pkg-types", "rc9"];
const STUBS = REFUSED.map((name) => `throw new Error("${name} is not part of bentocloud")`).join(";");

/** A file laid out like a program that Bun compiled, which holds this text and a list of files. */
function program(text: string, more: { files?: string[]; flags?: number; options?: string } = {}): Buffer {
  const { files = ["/$bunfs/root/a.js"], flags = 3, options = "--use-system-ca" } = more;
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

test("contents: a correct program has no problems", () => {
  expect(check('import{a}from"/$bunfs/root/a.js";')).toEqual([]);
});

test("contents: an import of a missing chunk is found", () => {
  expect(check('await import("/$bunfs/root/b.js")')).toEqual(["a missing chunk: b.js"]);
});

test("contents: the path of the checkout is found", () => {
  const path = new URL("../../src/main.ts", import.meta.url).pathname;
  expect(check(`// ${path}`)).toEqual([expect.stringContaining("a path of this machine")]);
});

test("contents: a secret is found, and only its beginning is printed", () => {
  const problems = check(`const token = "ghp_${"x".repeat(36)}"`);
  expect(problems).toEqual(["a secret: ghp_xxxx"]);
});

test("contents: a token from the environment of the build is found", () => {
  process.env["NPM_TOKEN"] = "only-for-this-test";
  try {
    expect(check("'only-for-this-test'")).toEqual(["a token of this machine's environment: NPM_TOKEN"]);
  } finally {
    delete process.env["NPM_TOKEN"];
  }
});

test("contents: a program whose loaders are not replaced by stubs is found", () => {
  const payload = readPayload(program("DOTENV_KEY"));
  const problems = checkContents(payload, bare, target);
  expect(problems).toContain("not replaced by a stub: jiti");
  expect(problems).toContain("code that loads configuration: DOTENV_KEY");
});

test("contents: unsafe flags and unexpected options are found", () => {
  expect(check("", { flags: 0 })).toEqual(["it would load files by itself, flags: 0"]);
  expect(check("", { options: "" })).toEqual(["unexpected options: "]);
});

test("contents: a file that is not a compiled program is refused", () => {
  expect(() => readPayload(Buffer.from("nothing"))).toThrow("it holds no compiled program");
});

test("format: the runtime of this machine matches its own target and no other", async () => {
  const runtime = Buffer.from(await Bun.file(process.execPath).arrayBuffer());
  const own = TARGETS.find(({ os, cpu }) => os === process.platform && cpu === process.arch)!;
  const other = TARGETS.find(({ os, cpu }) => os !== process.platform && cpu !== process.arch)!;
  expect(readFormat(runtime, own).cpu).toBe(process.arch);
  const { problems } = readFormat(runtime, other);
  expect(problems).toEqual(
    expect.arrayContaining([expect.stringMatching(/^it is (?!for)/), expect.stringMatching(/^it is for/)]),
  );
});
