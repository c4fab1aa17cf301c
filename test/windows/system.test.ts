import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Pointer } from "bun:ffi";
import manifest from "../../package.json" with { type: "json" };
import { homeOf } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { programCommand } from "../support/program.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

describe("exec", () => {
  test.each([0, 3, 255, 256, 257, -1, -1073741510])("passes the exit code %d through", async (number) => {
    const words = [
      "/v:on",
      "/c",
      `${programCommand()[0]} exec -- cmd /c exit ${number} & echo code !errorlevel!`,
    ];
    const { stdout } = await run(words, { home: homeOf("a"), command: ["cmd"] });
    expect(stdout.trim()).toBe(`code ${number}`);
  });

  test.each([
    ["a directory", "folder", 126, "cannot be executed"],
    ["a file that is no program", "notes.txt", 126, "cannot be executed"],
    ["nothing", "missing", 127, "command not found"],
  ])("of %s", async (_what, name, code, message) => {
    const here = homeOf("a");
    mkdirSync(join(here.path, "folder"));
    writeFileSync(join(here.path, "notes.txt"), "text");
    const path = join(here.path, name);
    const result = await run(["exec", "--", path], { home: here });
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(`${path}: ${message}`);
  });
});

describe("variables", () => {
  test("have no case: a key in Bento_Cloud_Api_Key counts, as for Python", async () => {
    const here = homeOf("a");
    const env = { Bento_Cloud_Api_Key: canary(), bento_cloud_api_endpoint: "https://env.test" };
    const { stdout } = await run(["status", "--offline", "--json"], { home: here, env });
    expect(JSON.parse(stdout)).toMatchObject({ name: "__env__", endpoint: "https://env.test" });
    const child = await run(["--context", "a", "exec", "--", "cmd", "/c", "set"], {
      home: here,
      env,
      reveals: true,
    });
    const names = child.stdout.split(/\r?\n/).map((line) => line.split("=")[0]!);
    expect(names.filter((name) => /^bento_/i.test(name))).toEqual([
      "BENTO_CLOUD_API_ENDPOINT",
      "BENTO_CLOUD_API_KEY",
    ]);
  });

  test.each([
    ["%BASE%\\bento", "base\\bento"],
    ["$BASE\\%Sub%", "base\\in"],
    ["~\\other", "other"],
  ])("BENTOML_HOME=%s is where Python looks", async (value, place) => {
    const here = home();
    const env = { BENTOML_HOME: value, BASE: join(here.path, "base"), SUB: "in" };
    const { stdout } = await run(["doctor", "--offline", "--verbose"], { home: here, env });
    expect(stdout).toContain(`${join(here.path, place)} does not exist yet`);
  });
});

test("a file in the place of BENTOML_HOME is an error, and not a missing login", async () => {
  const here = home();
  writeFileSync(here.bentoml, "a file");
  for (const words of [["token"], ["context", "list"], ["use", "b"]]) {
    const { code, stderr } = await run(words, { home: here });
    expect({ words, code }).toEqual({ words, code: 6 });
    expect(stderr).toContain(`cannot read ${here.file}: a part of the path is not a directory`);
  }
});

test("the program knows that it is compiled", async () => {
  const { stdout } = await run(["doctor", "--offline", "--report"], { home: home() });
  expect(stdout).toMatch(/Bun [\d.]+, compiled/);
});

test("the program says what it is, for example to the task manager", async () => {
  const { dlopen, ptr, read } = await import("bun:ffi");
  const { symbols } = dlopen("version.dll", {
    GetFileVersionInfoSizeW: { args: ["ptr", "ptr"], returns: "u32" },
    GetFileVersionInfoW: { args: ["ptr", "u32", "u32", "ptr"], returns: "i32" },
    VerQueryValueW: { args: ["ptr", "ptr", "ptr", "ptr"], returns: "i32" },
  });
  const wide = (text: string) => Buffer.from(`${text}\0`, "utf16le");
  const path = wide(programCommand()[0]!);
  const info = Buffer.alloc(symbols.GetFileVersionInfoSizeW(ptr(path), ptr(new Uint32Array(1))));
  symbols.GetFileVersionInfoW(ptr(path), 0, info.length, ptr(info));
  const valueOf = (name: string) => {
    const [place, length] = [new BigUint64Array(1), new Uint32Array(1)];
    const block = wide(`\\StringFileInfo\\040904b0\\${name}`);
    if (symbols.VerQueryValueW(ptr(info), ptr(block), ptr(place), ptr(length)) === 0) return undefined;
    const units = Array.from({ length: length[0]! - 1 }, (_, at) =>
      read.u16(Number(place[0]) as Pointer, 2 * at),
    );
    return String.fromCharCode(...units);
  };
  expect(["ProductName", "ProductVersion", "FileDescription", "CompanyName"].map(valueOf)).toEqual([
    "bentocloud",
    manifest.version,
    manifest.description,
    "BentoML",
  ]);
});
