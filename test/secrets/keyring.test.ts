import { expect, test } from "bun:test";
import { createServer } from "node:net";
import { join } from "node:path";
import { homeOf } from "../store/fixture.ts";
import { run } from "../support/bin.ts";
import { needs } from "../support/needs.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { newFolder, startKeyring } from "./peers.ts";

sweepCanaries();

const { describe } = needs("gnome-keyring-daemon", "dbus-daemon", "dbus-send", "dbus-monitor");

async function kept() {
  const token = canary();
  const here = homeOf({ name: "mine", token });
  const keyring = await startKeyring();
  const move = await run(["context", "store", "mine", "--to", "keyring"], { home: here, env: keyring.env });
  expect(move).toMatchObject({ code: 0, stdout: "" });
  return { token, here, keyring };
}

/** The time until the program has ended. */
async function timed<T>(act: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const begin = performance.now();
  const result = await act();
  return { result, ms: performance.now() - begin };
}

describe("a token in GNOME Keyring", () => {
  test("is printed by `token`, and the contexts file has a reference", async () => {
    const { token, here, keyring } = await kept();
    const result = await run(["token"], { home: here, env: keyring.env, reveals: "stdout" });
    expect(result).toMatchObject({ code: 0, stdout: `${token}\n`, stderr: "" });
    expect(here.read()).toMatch(/api_token: kept-in-keyring\.run\.bentocloud-exec\.[0-9a-v]{16}\n/);
  });

  test("of a locked keyring: SECRET_LOCKED at once, and nothing is asked that could prompt", async () => {
    const { here, keyring } = await kept();
    keyring.lock();
    const monitor = Bun.spawn(["dbus-monitor", "--session"], {
      env: { ...process.env, ...keyring.env },
      stdout: "pipe",
      stderr: "ignore",
    });
    await Bun.sleep(300);
    const options = { home: here, env: { ...keyring.env, DISPLAY: ":99" } };
    const { result, ms } = await timed(() => run(["token", "--json"], options));
    const stored = await run(["context", "store", "--json"], options);
    await Bun.sleep(100);
    monitor.kill();
    const seen = await new Response(monitor.stdout).text();
    expect(result).toMatchObject({ code: 6, stdout: "" });
    expect(JSON.parse(result.stderr)).toMatchObject({ error: { code: "SECRET_LOCKED" } });
    expect(JSON.parse(stored.stdout)).toMatchObject({ store: { kind: "keyring", state: "locked" } });
    expect(seen).toContain("member=ReadAlias");
    expect(seen).not.toMatch(/[Pp]rompt|member=(?:Unlock|GetSecrets?|CreateItem)\b/);
    expect(ms).toBeLessThan(1_000);
  });

  test("of a keyring that was stopped: SECRET_TIMEOUT after three seconds, and the process ends", async () => {
    const { here, keyring } = await kept();
    keyring.signal("SIGSTOP");
    const { result, ms } = await timed(() => run(["token"], { home: here, env: keyring.env }));
    expect(result.code).toBe(6);
    expect(result.stderr).toContain("the keyring did not answer in 3 s");
    expect(ms).toBeGreaterThan(2_900);
    expect(ms).toBeLessThan(4_500);
  });

  test("of a bus that never answers: SECRET_TIMEOUT", async () => {
    const { here } = await kept();
    const path = join(newFolder(), "bus");
    const server = createServer(() => {}).listen(path);
    const env = { DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` };
    const { result, ms } = await timed(() => run(["token"], { home: here, env }));
    server.close();
    expect(result.stderr).toContain("the keyring did not answer in 3 s");
    expect(ms).toBeLessThan(4_500);
  });

  test("without a bus: SECRET_UNAVAILABLE, with what fits a server", async () => {
    const { here } = await kept();
    for (const env of [{}, { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere" }]) {
      const { code, stderr } = await run(["token"], { home: here, env });
      expect(code).toBe(6);
      expect(stderr).toContain('error: cannot read the API token of "mine": no keyring can be reached (');
      expect(stderr).toContain("hint: on a server without a desktop, `--store helper:pass`");
    }
  });

  test("an entry that somebody removed: SECRET_MISSING, with the login to run", async () => {
    const { here } = await kept();
    const other = await startKeyring();
    const { code, stderr } = await run(["token"], { home: here, env: other.env });
    expect({ code, stderr }).toEqual({
      code: 6,
      stderr:
        'error: cannot read the API token of "mine": the keyring has no such entry\n' +
        "hint: bentocloud login --context mine\n",
    });
  });

  test("a locked keyring cannot be moved into, and nothing was changed", async () => {
    const here = homeOf("mine");
    const keyring = await startKeyring();
    keyring.lock();
    const before = here.read();
    const options = { home: here, env: keyring.env };
    expect(await run(["context", "store", "mine", "--to", "keyring"], options)).toMatchObject({
      code: 6,
      stdout: "",
      stderr: expect.stringContaining("error: the keyring is locked"),
    });
    expect(here.read()).toBe(before);
  });
});

test("a bus address in another form is read", async () => {
  // `dbus-daemon` listens on a path; other buses have abstract sockets, and more than one address.
  const { locateSocket } = await import("../../src/system/dbus.ts");
  const locate = (address: string) => locateSocket({ DBUS_SESSION_BUS_ADDRESS: address });
  expect(locate("unix:path=/run/user/0/bus,guid=0f")).toBe("/run/user/0/bus");
  expect(locate("unix:guid=0f,path=/tmp/a%20b")).toBe("/tmp/a b");
  expect(locate("tcp:host=x;unix:abstract=/tmp/dbus-1")).toBe("\0/tmp/dbus-1");
  expect(locateSocket({ XDG_RUNTIME_DIR: "/run/user/7" })).toBe("/run/user/7/bus");
  expect(() => locateSocket({})).toThrow("no session bus");
});
