import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { listPages, readPage, ROOT } from "./page.ts";

const PAGES = listPages("*.md", "docs/**/*.md");

test("there are pages", () => {
  expect(PAGES.map(({ path }) => path)).toContain("docs/internals/release.md");
});

test.each(PAGES.map((page) => [page.path, page] as const))("%s: every link leads somewhere", (path, page) => {
  const local = page.links.filter((link) => !/^https?:/.test(link));
  const broken = local.filter((link) => {
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? path : join(dirname(path), file);
    if (!existsSync(join(ROOT, target))) return true;
    return anchor !== undefined && !readPage(target).anchors.includes(anchor);
  });
  expect(broken).toEqual([]);
});

test("every guide and every page of the reference is linked from the README", () => {
  const { links } = readPage("README.md");
  const pages = listPages("docs/guides/*.md", "docs/reference/*.md").map(({ path }) => path);
  expect(pages.filter((path) => !links.includes(path))).toEqual([]);
});
