import { expect, test } from "bun:test";
import type { Model } from "../../src/yaml/change.ts";
import { isSame, modelOf } from "../../src/yaml/model.ts";
import { parseContexts } from "../../src/yaml/parse.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { entry } from "./support.ts";

sweepCanaries();

const TEXT = `contexts:\n${entry("a")}${entry("b", { email: "b@x.test" })}current_context_name: a\n`;

function model(text = TEXT): Model {
  return modelOf(parseContexts(text));
}

test("a model is what the file says, however it is written", () => {
  expect(isSame(model(), model(`# mine\n${TEXT.replace("name: b", '"name": "b" # mine')}`))).toBe(true);
});

test.each([
  ["the current name", TEXT.replace("_name: a", "_name: b")],
  ["a name", TEXT.replace("  name: b", "  name: c")],
  ["an endpoint", TEXT.replace("https://b", "https://c")],
  ["a token", TEXT.replace("token-b", "token-c")],
  ["an e-mail", TEXT.replace("b@x.test", "null")],
  ["the order", TEXT.replace(entry("a"), "").replace("current", `${entry("a")}current`)],
  ["one context more", `contexts:\n${entry("a")}current_context_name: a\n`],
])("%s makes a difference", (_what, text) => {
  expect(isSame(model(), model(text))).toBe(false);
  expect(isSame(model(text), model())).toBe(false);
});
