import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { expandVariables } from "../../src/resolve/expand-variables.ts";
import { PYTHON } from "./peer.ts";

const ENV = { a: "A", "b-c": "dashed", d_1: "D", e: "", x: "%a%" };

const SCRIPT = `
import json, ntpath, os, posixpath, sys
values, env = json.load(sys.stdin)
os.environ.clear()
os.environ.update(env)
print(json.dumps([[module.expandvars(value) for value in values] for module in (ntpath, posixpath)]))
`;

/** What Python on Windows and on other systems makes of each value. */
function askPython(values: readonly string[]): { win32: string[]; linux: string[] } {
  const stdin = Buffer.from(JSON.stringify([values, ENV]));
  const { stdout } = Bun.spawnSync([PYTHON, "-c", SCRIPT], { stdin });
  const [win32, linux] = JSON.parse(stdout.toString()) as [string[], string[]];
  return { win32, linux };
}

const ROWS = [
  "%a%\\bento",
  "C:\\%a%\\$a\\${a}",
  "%nope%\\x",
  "%A%",
  "%e%",
  "%%a%%",
  "100%",
  "%a",
  "%a%b-c%",
  "$$a",
  "$b-c/$d_1",
  "${b-c}${nope}${",
  "'%a%'$a",
  "'%a%",
  "it's %a%",
  "%x%",
  "$",
  "${}",
  "%",
  "ü%a%$ü",
  "%a\n%",
];
const pieces = fc.constantFrom(..."%$'{}a", "b-c", "d_1", "nope", "\\", "/", "ü", "-", "\n");
const anyValue = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(""));

describe("variables in BENTOML_HOME are expanded as Python expands them", () => {
  const values = [...ROWS, ...fc.sample(anyValue, 2000)];
  const python = askPython(values);
  test.each(["win32", "linux"] as const)("on %s", (platform) => {
    const ours = values.map((value) => [value, expandVariables(value, ENV, platform)]);
    expect(ours).toEqual(values.map((value, index) => [value, python[platform][index]!]));
  });
});
