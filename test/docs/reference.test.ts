import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { listLeaves, renderCommands } from "../../scripts/docs/commands.ts";
import { renderLibrary } from "../../scripts/docs/library.ts";
import { checkValue, GLOBAL_ARGS } from "../../src/cli/args.ts";
import { findCommand } from "../../src/cli/parse-argv.ts";
import { bentorc } from "../../src/commands/help/bentorc.ts";
import { environment } from "../../src/commands/help/environment.ts";
import { root } from "../../src/commands/index.ts";
import { exitCodeOf, type ErrorCode } from "../../src/errors.ts";
import { checkJson, schemaOf } from "../support/json-schema.ts";
import { listPages, ROOT } from "./page.ts";

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

test("the pages that are made from the sources are what `npm run docs` writes", async () => {
  expect(read("docs/reference/commands.md")).toBe(await renderCommands());
  expect(read("docs/reference/library.md")).toBe(renderLibrary());
});

describe("schemas", () => {
  test("every command that prints an answer has one, and there is none without a command", async () => {
    const shared = ["definitions", "error", "version"];
    const names = (await listLeaves()).map(({ path }) => schemaOf(path)).filter((name) => name !== undefined);
    const files = readdirSync(join(ROOT, "docs/reference/schemas"));
    expect(files.map((file) => file.replace(".schema.json", "")).toSorted()).toEqual(
      [...shared, ...names].toSorted(),
    );
  });

  test.each([
    ["a key is missing", { stdout: '{"name":"a"}' }],
    ["a key has another type", { stdout: '{"name":"a","previous":1}' }],
    ["an error without its code", { stderr: '{"error":{"message":"a","hint":null,"exit_code":1}}\n' }],
  ])("%s: the test that printed it fails", async (_, printed) => {
    const wrong = { args: ["use", "a", "--json"], stdout: "", stderr: "", ...printed };
    await expect(checkJson(wrong)).rejects.toThrow("does not fit");
  });

  test("a field that was added fits", async () => {
    await checkJson({
      args: ["use", "a", "--json"],
      stdout: '{"name":"a","previous":null,"more":1}',
      stderr: "",
    });
  });
});

test("the page of the exit codes has every error code, with its exit code", () => {
  const rows = [...read("docs/reference/exit-codes.md").matchAll(/^\| (\d+) \| `([A-Z_]+)` \|/gm)];
  const listed = rows.map(([, exit, code]) => [code, Number(exit)]);
  const codes = [...read("src/errors.ts").matchAll(/^ {2}([A-Z_]+): \d+,$/gm)].map(([, code]) => code!);
  expect(listed).toEqual(codes.map((code) => [code, exitCodeOf(code as ErrorCode)]));
});

test("the reference has every variable of `help environment` and every key of a .bentorc", () => {
  const pages = ["configuration", "network"].map((name) => read(`docs/reference/${name}.md`)).join("");
  const rows = [environment, bentorc].flatMap(({ parts }) =>
    parts.flatMap((part) => (typeof part === "string" ? [] : part.rows)),
  );
  const names = rows.flatMap(([term]) => term.split(", "));
  expect(names).toContain("BENTO_CLOUD_API_KEY");
  expect(names.filter((name) => !pages.includes(`\`${name}\``))).toEqual([]);
});

describe("no page speaks of what is not there:", () => {
  const pages = listPages("*.md", "docs/guides/*.md", "docs/reference/*.md");

  test.each(pages.map((page) => [page.path, page] as const))("%s", async (_, { codes, blocks }) => {
    const lines = blocks.flatMap(({ text }) => text.replaceAll("\\\n", " ").split("\n"));
    const wrong: string[] = [];
    for (const line of [...codes, ...lines]) {
      for (const words of commandLines(line))
        await requireCommand(words).catch((error) => wrong.push(`${line}: ${error.message}`));
    }
    expect(wrong).toEqual([]);
  });
});

/** The words of each call of our program in a line of code, as far as its command and options are written out. */
function commandLines(line: string): string[][] {
  const calls = [...line.matchAll(/(?:^|[\s("'`])bentocloud((?: +(?:'[^']*'|"[^"]*"|[^\s|;&>)#'"`\\]+))+)/g)];
  return calls.map(([, words = ""]) => {
    const all = words.trim().split(/ +/);
    const end = all.findIndex((word) => word === "--" || word === "…" || word === "[options]");
    return end === -1 ? all : all.slice(0, end);
  });
}

/** @throws CliError for a command or an option that does not exist. */
async function requireCommand(words: string[]): Promise<void> {
  if (!/^[a-z-]/.test(words[0] ?? "")) return;
  const { command, options, path } = await findCommand(root, words, {});
  for (const option of options) await checkValue(option, { ...GLOBAL_ARGS, ...command.args }, path.join(" "));
}
