import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { homeOf, ownOf, writeContexts } from "../store/fixture.ts";
import { home, type Home, run } from "../support/bin.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

async function succeed(here: Home, ...args: string[]): Promise<string> {
  const reveals = args[0] === "token" ? "stdout" : false;
  const { code, stdout, stderr } = await run(args, { home: here, reveals });
  expect({ args, code, stderr }).toMatchObject({ args, code: 0 });
  return stdout.trim();
}

test("the Credential Manager keeps tokens, also under another name, and forgets them", async () => {
  const here = homeOf(...Array.from({ length: 20 }, (_, index) => `c${index}`));
  const before = here.read();
  const token = await succeed(here, "token", "--context", "c7");
  await succeed(here, "context", "store", "--all", "--to", "keyring");
  expect(before).toContain("canar");
  expect(here.read()).not.toContain("canar");
  expect(await succeed(here, "token", "--context", "c7")).toBe(token);
  await succeed(here, "context", "rename", "c7", "seven");
  expect(await succeed(here, "token", "--context", "seven")).toBe(token);

  const records = join(ownOf(here), "stores.json");
  const kept = [here.file, records].map((path) => [path, readFileSync(path)] as const);
  await succeed(here, "logout", "seven", "--yes");
  for (const [path, bytes] of kept) writeFileSync(path, bytes);
  const { code, stderr } = await run(["token", "--context", "seven", "--json"], { home: here });
  expect({ code, error: JSON.parse(stderr).error.code }).toEqual({ code: 6, error: "SECRET_MISSING" });
  expect(JSON.parse(await succeed(here, "context", "store", "c8", "--json")).store.state).toBe("ok");
  await succeed(here, "context", "store", "c8", "--to", "file");
  expect(await succeed(here, "token", "--context", "c8")).toContain("canar");
});

test("a token that is too long for the Credential Manager stays where it is", async () => {
  const here = home();
  writeContexts(here, [{ name: "long", token: canary() + "x".repeat(2560) }]);
  const text = here.read();
  const { code, stderr } = await run(["context", "store", "long", "--to", "keyring"], { home: here });
  expect({ code, text: here.read() }).toEqual({ code: 6, text });
  expect(stderr).toContain("longer than 2560 bytes");
});
