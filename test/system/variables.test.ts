import { expect, test } from "bun:test";
import { withoutCase } from "../../src/system/runtime.ts";

test("on Windows a variable is found in any case, and keeps its own name in a list", () => {
  const env = withoutCase({ Path: "C:\\", bento_cloud_api_key: "key" });
  expect([env["PATH"], env["BENTO_CLOUD_API_KEY"], env["path"], env["HOME"]]).toEqual([
    "C:\\",
    "key",
    "C:\\",
    undefined,
  ]);
  expect([Object.hasOwn(env, "PATH"), "pAtH" in env, Object.hasOwn(env, "toString")]).toEqual([
    true,
    true,
    false,
  ]);
  expect(Object.keys({ ...env })).toEqual(["Path", "bento_cloud_api_key"]);
});
