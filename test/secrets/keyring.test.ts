import { expect, test } from "bun:test";
import { connect, createServer } from "node:net";
import { type Value, Variant } from "../../src/system/dbus-value.ts";
import { homeOf } from "../store/fixture.ts";
import { run } from "../support/bin.ts";
import { needs } from "../support/needs.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { failure, frame, message, startFakeBus } from "./fake-bus.ts";
import { newFolder, sharedKeyring, startKeyring, watchBus, writeLink } from "./peers.ts";

sweepCanaries();

const { describe } = needs("gnome-keyring-daemon", "dbus-daemon", "dbus-send", "dbus-monitor", "secret-tool");

async function kept(start = sharedKeyring) {
  const token = canary();
  const here = homeOf({ name: "mine", token });
  const keyring = await start();
  const move = await run(["context", "store", "mine", "--to", "keyring"], { home: here, env: keyring.env });
  expect(move).toMatchObject({ code: 0, stdout: "" });
  return { token, here, keyring };
}

describe("a token in GNOME Keyring", () => {
  test("is printed by `token`, and the contexts file has a reference", async () => {
    const { token, here, keyring } = await kept();
    const result = await run(["token"], { home: here, env: keyring.env, reveals: "stdout" });
    expect(result).toMatchObject({ code: 0, stdout: `${token}\n`, stderr: "" });
    expect(here.read()).toMatch(/api_token: kept-in-keyring\.run\.bentocloud-exec\.[0-9a-v]{16}\n/);
  });

  test("of a locked keyring: SECRET_LOCKED, nothing is asked that could prompt, nothing can be moved in", async () => {
    const { here, keyring } = await kept(startKeyring);
    keyring.lock();
    const other = homeOf("mine");
    const [before, tree] = [other.read(), other.tree()];
    const env = { ...keyring.env, DISPLAY: ":99" };
    const seen = await watchBus(keyring.env, async () => {
      const token = await run(["token", "--json"], { home: here, env });
      expect(token).toMatchObject({ code: 6, stdout: "" });
      expect(JSON.parse(token.stderr)).toMatchObject({ error: { code: "SECRET_LOCKED" } });
      const stored = await run(["context", "store", "--json"], { home: here, env });
      expect(JSON.parse(stored.stdout)).toMatchObject({ store: { kind: "keyring", state: "locked" } });
      for (const words of [
        ["context", "store", "mine", "--to", "keyring"],
        ["login", "--endpoint", "https://nowhere.test", "--with-token", "--store", "keyring"],
      ])
        expect(await run(words, { home: other, env, stdin: canary() })).toMatchObject({
          code: 6,
          stdout: "",
          stderr: expect.stringContaining("error: the keyring is locked"),
        });
    });
    expect(seen).toContain("member=ReadAlias");
    expect(seen).not.toMatch(/[Pp]rompt|member=(?:Unlock|GetSecrets?|CreateItem)\b/);
    expect({ text: other.read(), tree: other.tree() }).toEqual({ text: before, tree });
  });

  test("of a keyring that was stopped, or a bus that never answers: SECRET_TIMEOUT, and the process ends", async () => {
    const { here, keyring } = await kept(startKeyring);
    keyring.signal("SIGSTOP");
    const silent = startFakeBus({ line: "" });
    const results = await Promise.all(
      [keyring.env, silent].map((env) => run(["token"], { home: here, env })),
    );
    for (const { code, stderr } of results) {
      expect(code).toBe(6);
      expect(stderr).toContain("the keyring did not answer in 3 s");
    }
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
    const { here, keyring } = await kept();
    const [, id = ""] = /bentocloud-exec\.(\w+)/.exec(here.read()) ?? [];
    Bun.spawnSync(["secret-tool", "clear", "id", id], { env: { ...process.env, ...keyring.env } });
    const { code, stderr } = await run(["token"], { home: here, env: keyring.env });
    expect({ code, stderr }).toEqual({
      code: 6,
      stderr:
        'error: cannot read the API token of "mine": the keyring has no such entry\n' +
        "hint: bentocloud login --context mine\n",
    });
  });

  test("the address of the bus may have any form that names a Unix socket", async () => {
    const { token, here, keyring } = await kept();
    const real = keyring.env["DBUS_SESSION_BUS_ADDRESS"]!;
    const path = /path=([^,]+)/.exec(real)![1]!;
    const folder = newFolder();
    writeLink(`${folder}/bus`, path);
    const name = `bentocloud-test-${process.pid}`;
    const relay = createServer((from) => void from.pipe(connect(path)).pipe(from)).listen(`\0${name}`);
    for (const env of [
      { DBUS_SESSION_BUS_ADDRESS: `unix:guid=0f,path=${path}` },
      { DBUS_SESSION_BUS_ADDRESS: `tcp:host=x,port=1;unix:path=/nowhere;unix:path=${path}` },
      { DBUS_SESSION_BUS_ADDRESS: `unix:path=${encodeURIComponent(path).replaceAll("a", "%61")}` },
      { DBUS_SESSION_BUS_ADDRESS: `unix:abstract=${name},guid=0f` },
      { DBUS_SESSION_BUS_ADDRESS: "unix:runtime=yes", XDG_RUNTIME_DIR: folder },
      { DBUS_SESSION_BUS_ADDRESS: "", XDG_RUNTIME_DIR: folder },
    ]) {
      const { code, stdout } = await run(["token"], { home: here, env, reveals: "stdout" });
      expect({ env, code, isToken: stdout === `${token}\n` }).toEqual({ env, code: 0, isToken: true });
    }
    relay.close();
    // No other bus is asked than the one that was named.
    for (const address of [
      "disabled:",
      "tcp:host=x",
      "unix:path=bus",
      "unix:path=%00",
      "unix:path=%ff",
      "x",
    ]) {
      const env = { DBUS_SESSION_BUS_ADDRESS: address, XDG_RUNTIME_DIR: folder };
      const { code, stderr } = await run(["token"], { home: here, env, cwd: folder });
      expect({ address, code }).toEqual({ address, code: 6 });
      expect(stderr).toContain("(DBUS_SESSION_BUS_ADDRESS names no Unix socket)");
    }
  });

  const ANSWERS: Record<string, [signature: string, values: Value[]]> = {
    ReadAlias: ["o", ["/c"]],
    Get: ["v", [new Variant("b", false)]],
    SearchItems: ["aoao", [["/i"], []]],
    OpenSession: ["vo", [new Variant("s", ""), "/s"]],
    GetSecret: ["(oayays)", [["/s", new Uint8Array(), Buffer.from("other"), "text/plain"]]],
  };

  /** A service whose answer to one call is not what it should be. */
  const except = (member: string, reply: (serial: number) => Buffer) => ({
    answer: (asked: string, serial: number) =>
      asked === member ? reply(serial) : message(serial, ...(ANSWERS[asked] ?? ["", []])),
  });
  const size = (bytes: number) => {
    const head = Buffer.alloc(16, "l");
    head.writeUInt32LE(bytes, 12);
    return head;
  };
  const zeros = (length: number) => Buffer.alloc(length);

  test.each<[name: string, bus: Parameters<typeof startFakeBus>[0], code: string, message: string]>([
    ["refuses the user", { line: "REJECTED EXTERNAL\r\n" }, "UNAVAILABLE", "refused this user"],
    ["sends a line without end", { line: zeros(3_000_000) }, "UNAVAILABLE", "a line has no end"],
    ["sends a message of 4 GB", except("ReadAlias", () => size(0xffff_fff0)), "UNAVAILABLE", "too large"],
    ["sends big-endian", except("ReadAlias", () => zeros(16)), "UNAVAILABLE", "not little-endian"],
    [
      "cuts a message",
      except("ReadAlias", (id) => frame(id, "o", Buffer.of(9, 0, 0, 0))),
      "UNAVAILABLE",
      "ends too early",
    ],
    [
      "answers another type",
      except("ReadAlias", (id) => message(id, "u", [7])),
      "UNAVAILABLE",
      'of the form "u"',
    ],
    ["answers nothing", except("GetSecret", (id) => message(id, "", [])), "UNAVAILABLE", 'of the form ""'],
    [
      "sends items of no bytes",
      except("Get", (id) => frame(id, "v", Buffer.from("\x03a()\0\0\0\0\x40\0\0\0"))),
      "UNAVAILABLE",
      "an array of nothing",
    ],
    [
      "nests variants",
      except("Get", (id) => frame(id, "v", Buffer.from("\x01v\0".repeat(300_000)))),
      "UNAVAILABLE",
      "something else than D-Bus",
    ],
    [
      "has no default keyring",
      except("ReadAlias", (id) => message(id, "o", ["/"])),
      "UNAVAILABLE",
      "no default keyring",
    ],
    [
      "cannot say whether it is locked",
      except("Get", (id) => message(id, "v", [new Variant("s", "no")])),
      "LOCKED",
      "is locked",
    ],
    [
      "is locked meanwhile",
      except("GetSecret", (id) => failure(id, "org.freedesktop.Secret.Error.IsLocked")),
      "LOCKED",
      "is locked",
    ],
    ["gives the token of another", except("", zeros.bind(undefined, 0)), "MISSING", "holds another text"],
    [
      "gives bytes that are no text",
      except("GetSecret", (id) => message(id, "(oayays)", [["/s", zeros(0), Buffer.of(0xff, 0xfe, 10), ""]])),
      "MISSING",
      "holds another text",
    ],
  ])("a bus or service that %s: one sentence", async (_, bus, code, text) => {
    const { here } = await kept();
    const {
      code: exit,
      stdout,
      stderr,
    } = await run(["token", "--json"], { home: here, env: startFakeBus(bus) });
    expect({ exit, stdout }).toEqual({ exit: 6, stdout: "" });
    const { error } = JSON.parse(stderr) as { error: { code: string; message: string } };
    expect(error.code).toBe(`SECRET_${code}`);
    expect(error.message).toContain(text);
  });
});
