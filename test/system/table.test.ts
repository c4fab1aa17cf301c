import { describe, expect, test } from "bun:test";
import { layFields, layTable } from "../../src/system/table.ts";
import { cutText, wrapText } from "../../src/system/wrap.ts";

const HEADER = ["", "NAME", "ENDPOINT", "EMAIL", "NOTE"];
const ROWS = [
  ["*", "prod", "https://acme.cloud.test", "me@example.test", "the one that matters"],
  [" ", "生产", "https://example.test", "-", ""],
].map((row) => row.map((text) => ({ text })));

function lay(columns: number, spare?: string): string {
  const lines = layTable({ header: HEADER, rows: ROWS, spare }, { columns, paint: (text) => text });
  for (const line of lines) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(columns);
  return `\n${lines.join("\n")}\n`;
}

describe("a table", () => {
  test.each([Infinity, 200, 75])("keeps a line for each row where there is room: %d columns", (columns) => {
    expect(lay(columns)).toMatchInlineSnapshot(`
      "
         NAME  ENDPOINT                 EMAIL            NOTE
      *  prod  https://acme.cloud.test  me@example.test  the one that matters
         生产  https://example.test     -
      "
    `);
  });

  test("wraps what its widest columns say", () => {
    expect(lay(68)).toMatchInlineSnapshot(`
      "
         NAME  ENDPOINT                 EMAIL            NOTE
      *  prod  https://acme.cloud.test  me@example.test  the one that
                                                         matters
         生产  https://example.test     -
      "
    `);
  });

  test("leaves out the spare column before it breaks a word", () => {
    expect(lay(64, "EMAIL")).toMatchInlineSnapshot(`
      "
         NAME  ENDPOINT                 NOTE
      *  prod  https://acme.cloud.test  the one that matters
         生产  https://example.test
      "
    `);
  });

  test("breaks words where that keeps it a table", () => {
    expect(lay(64)).toMatchInlineSnapshot(`
      "
         NAME  ENDPOINT            EMAIL            NOTE
      *  prod  https://acme.cloud  me@example.test  the one that
               .test                                matters
         生产  https://example.te  -
               st
      "
    `);
  });

  test("has its rows below each other where columns would be too narrow to read", () => {
    expect(lay(40)).toMatchInlineSnapshot(`
      "
      * prod
          endpoint  https://acme.cloud.test
          email     me@example.test
          note      the one that matters

        生产
          endpoint  https://example.test
      "
    `);
  });

  test.each([1, 2, 3, 10])("ends even in %d columns", (columns) => {
    expect(layTable({ header: HEADER, rows: ROWS }, { columns, paint: (text) => text })).not.toEqual([]);
  });
});

test("fields continue below the beginning of their value, and an empty one is left out", () => {
  const fields = [
    ["name", "a name of several words"],
    ["organization", null],
    ["at", "https://example.test/a"],
  ] as const;
  const lines = layFields(fields, { columns: 20, paint: (text) => text });
  expect(`\n${lines.join("\n")}\n`).toMatchInlineSnapshot(`
    "
    name  a name of
          several words
    at    https://exampl
          e.test/a
    "
  `);
});

describe("a text", () => {
  test("keeps a command in backquotes on one line where it fits", () => {
    expect(wrapText("it is gone; `bentocloud restore` lists it", 24)).toEqual([
      "it is gone;",
      "`bentocloud restore`",
      "lists it",
    ]);
  });

  test.each([
    ["ASCII", "abcdefghij", 6, "abcde…"],
    ["wide characters", "生产环境生产", 6, "生产…"],
    ["emoji", "🍱🚀🍱🚀", 6, "🍱🚀…"],
    ["what fits", "abcdef", 6, "abcdef"],
  ])("is cut by the columns that it takes: %s", (_what, text, columns, shown) => {
    expect(cutText(text, columns)).toBe(shown);
  });
});
