import { expect, test } from "bun:test";
import { closest } from "../../src/cli/closest.ts";

test.each([
  ["transposed letters", "lgoin", ["login", "logout"], "login"],
  ["a wrong letter", "lobin", ["login", "logout"], "login"],
  ["a missing letter", "logn", ["login", "logout"], "login"],
  ["an extra letter", "loginn", ["login", "logout"], "login"],
  ["letters transposed at the start", "sue", ["use", "status"], "use"],
  ["letters transposed at the end", "us", ["su", "status"], "su"],
  ["other case", "LOGIN", ["login"], "login"],
  ["a unique beginning", "ren", ["rename", "remove"], "rename"],
  ["one letter that only one begins with", "d", ["doctor", "env"], "doctor"],
  ["a beginning of several", "re", ["rename", "remove"], undefined],
  ["several that are equally near", "eu-3", ["eu-1", "eu-2"], undefined],
  ["the one of several near ones that it begins", "us", ["ls", "use"], "use"],
  ["the nearer of two", "status", ["statuse", "status-2"], "statuse"],
  ["a name that occurs twice", "prd", ["prod", "prod"], "prod"],
  ["two mistakes in a short word", "lgoni", ["login"], undefined],
  ["two mistakes in a long word", "curent-contxt", ["current-context"], "current-context"],
  ["three mistakes in a long word", "curent-contxtt-", ["current-context"], undefined],
  ["one letter for another", "a", ["b"], undefined],
  ["nothing", "", ["a", "login"], undefined],
] as const)("closest: %s", (_, word, candidates, expected) => {
  expect(closest(word, candidates)).toBe(expected as string | undefined);
});
