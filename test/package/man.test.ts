import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { renderManual } from "../../scripts/man.ts";
import { run } from "../../scripts/package/run.ts";
import { root } from "../../src/commands/index.ts";
import { needs } from "../support/needs.ts";

const pages = await renderManual("2026-01-31");

/** A page as it is displayed, without bold and underline. */
function show(page: string, command: string[]): string {
  const { stdout, stderr } = Bun.spawnSync(command, {
    stdin: Buffer.from(pages.get(page)!),
    env: { ...process.env, LC_ALL: "C.UTF-8" },
  });
  expect(stderr.toString()).toBe("");
  return stdout
    .toString()
    .replaceAll(/.\u0008/g, "")
    .replaceAll(/\u001b\[\d*m/g, "");
}

test("manual: every command has a page of its own", () => {
  expect(pages.has("bentocloud.1")).toBe(true);
  for (const name of Object.keys(root.subCommands ?? {}))
    expect(pages.has(`bentocloud-${name}.1`)).toBe(true);
  expect(pages.has("bentocloud-api-token-rotate.1")).toBe(true);
});

needs("mandoc").test("manual: mandoc reports no problem", () => {
  const folder = mkdtempSync(join(tmpdir(), "bentocloud-man-"));
  for (const [name, text] of pages) writeFileSync(join(folder, name), text);
  const names = [...pages.keys()].map((name) => join(folder, name));
  expect(run(["mandoc", "-Tlint", "-Wwarning", ...names])).toBe("");
  rmSync(folder, { recursive: true });
});

needs("mandoc").test("manual: a page says what --help says", () => {
  const shown = show("bentocloud-token.1", ["mandoc", "-Tutf8", "-Owidth=78"]);
  const [, withoutVersion = ""] = /^([\s\S]*\n).+\n$/.exec(shown) ?? [];
  expect(withoutVersion.replace(/(GLOBAL OPTIONS)\n[\s\S]*?(?=\n\S)/, "$1 …\n")).toMatchInlineSnapshot(`
    "BENTOCLOUD-TOKEN(1)              User Commands             BENTOCLOUD-TOKEN(1)

    NAME
           bentocloud-token - Print the active API token

    SYNOPSIS
           bentocloud token [options]

    OPTIONS
           --insecure-http
                  Allow http:// to a host that is not this machine.

    GLOBAL OPTIONS …

    EXAMPLES
           curl -H "X-YATAI-API-TOKEN: $(bentocloud token)" ...
                  in a script

    SEE ALSO
           bentocloud(1)

    "
  `);
});

needs("groff").test("manual: groff shows every page without a warning", () => {
  for (const page of pages.keys())
    expect(show(page, ["groff", "-man", "-ww", "-Tutf8"])).toContain(`bentocloud ${manifest.version}`);
});

test("manual: commands in a page can be copied to a shell", () => {
  const text = pages.get("bentocloud-env.1")!;
  expect(text).toContain("\\fBeval \\(dq$(bentocloud env)\\(dq\\fR");
  expect(text).toContain("\\fB\\-\\-show\\-token\\fR");
  expect(text).not.toMatch(/^['.](?!TH|SH|TP)/m);
});
