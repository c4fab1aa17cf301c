import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { STEPS } from "../../scripts/demo/steps.ts";
import { ROOT } from "./page.ts";

/** The texts of the recording. `npm run demo -- --record` makes a new one. */
const picture = readFileSync(join(ROOT, "docs/demo.svg"), "utf8")
  .replaceAll(/<\/text>/g, "\n")
  .replaceAll(/<[^>]+>/g, "")
  .replaceAll("&quot;", '"')
  .replaceAll("&gt;", ">")
  .replaceAll("&lt;", "<")
  .replaceAll("&amp;", "&");

test("the demo does what it says", async () => {
  const demo = Bun.spawn([process.execPath, join(ROOT, "scripts/demo.ts")], { stdout: "pipe" });
  const printed = await new Response(demo.stdout).text();
  expect(printed.match(/^!! .*/gm) ?? []).toEqual([]);
  expect(await demo.exited).toBe(0);
});

test.each(STEPS.filter(({ recorded }) => recorded).map((step) => [step.say, step] as const))(
  "docs/demo.svg shows the step: %s",
  (say, { line, shows }) => {
    const texts = [`# ${say}`, `$ ${line}`, ...shows.filter((text) => typeof text === "string")];
    expect(texts.filter((text) => !picture.includes(text))).toEqual([]);
  },
);

test("docs/demo.svg loads nothing and runs nothing", () => {
  const source = readFileSync(join(ROOT, "docs/demo.svg"), "utf8");
  expect(source).not.toMatch(/<script|<foreignObject|href="(?!#)|url\(|@import/);
});
