import { describe, expect, test } from "bun:test";
import { locateHome } from "../../src/store/home.ts";

const cwd = () => "/srv/here";
const fileOf = (BENTOML_HOME: string | undefined, env: Record<string, string> = {}) =>
  locateHome({ HOME: "/home/me", ...env, ...(BENTOML_HOME !== undefined && { BENTOML_HOME }) }, cwd).file;

describe("locateHome", () => {
  test.each([
    ["unset", undefined, "/home/me/bentoml"],
    ["empty", "", "/home/me/bentoml"],
    ["blank", "  ", "/home/me/bentoml"],
    ["absolute", "/srv/bento", "/srv/bento"],
    ["relative", "rel/dir", "/srv/here/rel/dir"],
    ["a tilde", "~/x", "/home/me/x"],
    ["a tilde alone", "~", "/home/me"],
    ["a variable", "$BASE/x", "/srv/base/x"],
    ["a variable in braces", "${BASE}/x", "/srv/base/x"],
    ["a variable that holds a tilde", "$TILDE/x", "/home/me/sub/x"],
    ["a variable that holds a variable", "$NESTED/x", "/srv/base/x"],
    ["an undefined variable, which stays", "$NOPE/x", "/srv/here/$NOPE/x"],
    [
      "a name that every object has, which stays",
      "/a/$constructor/${toString}",
      "/a/$constructor/${toString}",
    ],
    ["an empty variable", "/a$EMPTY/b", "/a/b"],
    ["a leading blank, which is part of the name", " x", "/srv/here/ x"],
    ["an unfinished brace, which stays", "/a/${BASE", "/a/${BASE"],
    ["two dollars", "/a/$$BASE", "/a/$/srv/base"],
  ])("%s", (_what, value, home) => {
    const env = { BASE: "/srv/base", TILDE: "~/sub", NESTED: "$BASE", EMPTY: "" };
    expect(fileOf(value, env)).toBe(`${home}/.yatai.yaml`);
  });

  test("keeps our own directory beside the file", () => {
    expect(locateHome({ HOME: "/home/me" }, cwd).own).toBe("/home/me/bentoml/.bentocloud");
  });

  test.each([["a$BENTOML_HOME"], ["$BENTOML_HOME/x"]])("%s refers to itself, and does not hang", (value) => {
    expect(() => fileOf(value)).toThrow("BENTOML_HOME refers to itself");
  });

  test("another user's home is refused rather than taken for a directory called so", () => {
    expect(() => fileOf("~other/x")).toThrow("names another user's home (~other)");
  });

  test("an absolute one needs no working directory", () => {
    const gone = () => {
      throw new Error("gone");
    };
    expect(locateHome({ HOME: "/home/me" }, gone).file).toBe("/home/me/bentoml/.yatai.yaml");
    expect(locateHome({ HOME: "/home/me", BENTOML_HOME: "~/x" }, gone).file).toBe("/home/me/x/.yatai.yaml");
  });
});
