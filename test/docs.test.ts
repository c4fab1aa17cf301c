import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../src/commands/index.ts";
import { renderCommands } from "../scripts/docs.ts";

const ROOT = join(import.meta.dir, "..");
const read = (path: string) => Bun.file(join(ROOT, path)).text();

test("docs: docs/commands.md is what the definitions say", async () => {
  expect(await read("docs/commands.md")).toBe(await renderCommands());
});

test("docs: the README names every command", async () => {
  const readme = await read("README.md");
  const names = Object.keys(root.subCommands ?? {});
  expect(names.filter((name) => !readme.includes(`\`${name}`))).toEqual([]);
});

test("docs: every link to a file of the repository leads somewhere", async () => {
  const pages = ["*.md", "docs/**/*.md"].flatMap((glob) => [...new Bun.Glob(glob).scanSync(ROOT)]);
  expect(pages).toContain("docs/internals/release.md");
  const links = await Promise.all(
    pages.map(async (page) =>
      [...(await read(page)).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = ""]) => ({ page, path })),
    ),
  );
  expect(links.flat().filter(({ page, path }) => !existsSync(join(ROOT, dirname(page), path)))).toEqual([]);
});

test("docs: every session the README shows is what the demo really printed", async () => {
  const demo = Bun.spawn([process.execPath, join(ROOT, "scripts/demo.ts")], {
    stdout: "pipe",
    stderr: "inherit",
  });
  const printed = shape(await new Response(demo.stdout).text());
  expect(await demo.exited).toBe(0);
  const shown = [...(await read("README.md")).matchAll(/```console\n([\s\S]*?)```/g)].map(([, text]) =>
    shape(text ?? ""),
  );
  expect(shown.length).toBeGreaterThan(0);
  for (const text of shown) expect(printed).toContain(text);
});

/** What a session says, without what differs from run to run or was given a telling name in the README. */
function shape(text: string): string {
  return text
    .replaceAll(/[^\s(]+\/bentocloud-demo-\w+/g, "~")
    .replaceAll(/https?:\/\/(127\.0\.0\.1:\d+|cloud\.bentoml\.com|yatai\.example\.com)/g, "ENDPOINT")
    .replaceAll(/\*{4}\w{4}/g, "****")
    .replaceAll(/\b[0-9a-f]{25}\b/g, "UID")
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "TIME")
    .replaceAll(/ {2,}/g, "  ")
    .trim();
}
