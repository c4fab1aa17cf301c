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
  const shown = show("bentocloud-env.1", ["mandoc", "-Tutf8", "-Owidth=78"]);
  const [, withoutVersion = ""] = /^([\s\S]*\n).+\n$/.exec(shown) ?? [];
  expect(withoutVersion.replace(/(GLOBAL OPTIONS)\n[\s\S]*?(?=\n\S)/, "$1 …\n")).toMatchInlineSnapshot(`
    "BENTOCLOUD-ENV(1)                User Commands               BENTOCLOUD-ENV(1)

    NAME
           bentocloud-env - Print the active credentials as shell code

    SYNOPSIS
           bentocloud env [options]

    OPTIONS
           --shell name
                  sh, bash, zsh, fish, powershell, cmd, dotenv, github or json
                  (default: sh, on Windows powershell).

           --unset
                  Print the code that unsets the variables.

           --show-token
                  Print the API token even on a terminal.

           --insecure-http
                  Allow http:// to a host that is not this machine.

    GLOBAL OPTIONS …

    EXAMPLES
           eval "$(bentocloud env)"
                  in this shell

           bentocloud env --shell fish | source
                  in this fish

           bentocloud env --shell github >> "$GITHUB_ENV"
                  for the later steps of a GitHub job

           eval "$(bentocloud env --unset)"
                  remove them from this shell

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
