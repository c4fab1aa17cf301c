import { expect, test } from "bun:test";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { resolveContext } from "../../src/index.ts";
import { needsTrace } from "../binary/faults/strace.ts";
import { homeOf, ownOf, writeBelow } from "../store/fixture.ts";
import { type Home, home, run } from "../support/bin.ts";
import { needs } from "../support/needs.ts";
import { programCommand } from "../support/program.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { filesWith, newFolder, program, startKeyring } from "./peers.ts";

// A file that could not be read and was put aside is the user's own.
sweepCanaries({ files: ["**/.yatai.yaml.broken-*"] });

/** A home whose context `mine` asks a program for its token. */
async function homeWithCommand() {
  const token = canary();
  const here = homeOf({ name: "mine", token });
  const { path } = program("show", `echo ${token}`);
  const words = ["context", "store", "mine", "--to", "command", "--", path];
  expect(await run(words, { home: here })).toMatchObject({ code: 0 });
  return { here, token, path };
}

test("an endpoint that was edited is HOST_MISMATCH: no program is asked, and nothing is sent", async () => {
  const { here } = await homeWithCommand();
  here.write(here.read().replace("https://mine.test", "https://evil.test"));
  for (const words of [
    ["token"],
    ["whoami"],
    ["exec", "--", "true"],
    ["status"],
    ["context", "show", "--show-token"],
  ]) {
    const { code, stdout, stderr } = await run(words, { home: here });
    expect(stdout + stderr).toContain("is kept for https://mine.test, but the entry says https://evil.test");
    expect({ words, code }).toEqual({ words, code: 4 });
  }
});

test("a copied contexts file, and a copied home, get nothing", async () => {
  const { here } = await homeWithCommand();
  const [file, whole] = [home(), home()];
  file.write(here.read());
  cpSync(here.bentoml, whole.bentoml, { recursive: true });
  for (const copy of [file, whole])
    expect(await run(["token"], { home: copy })).toMatchObject({
      code: 6,
      stdout: "",
      stderr:
        'error: nothing is known of where the API token of "mine" is kept: its entry was copied, or made on another machine\n' +
        "hint: bentocloud login --context mine\n",
    });
});

test("a logout in a copied home does not erase what the original uses", async () => {
  const { env } = program(
    "docker-credential-own",
    `read -r line; cd "$FOLDER"; case $1 in store) echo "$line" > entry ;; get) cat entry ;; erase) rm entry ;; esac`,
  );
  const options = { env: { ...env, FOLDER: newFolder() } };
  const token = canary();
  const here = homeOf({ name: "mine", token });
  const move = ["context", "store", "mine", "--to", "helper:own"];
  expect(await run(move, { ...options, home: here })).toMatchObject({ code: 0 });
  const copy = home();
  cpSync(here.bentoml, copy.bentoml, { recursive: true });
  expect(await run(["logout", "mine"], { ...options, home: copy })).toMatchObject({ code: 0 });
  const print = await run(["token"], { ...options, home: here, reveals: "stdout" });
  expect(print).toMatchObject({ code: 0, stdout: `${token}\n` });
  expect(await run(["logout", "mine"], { ...options, home: here })).toMatchObject({ code: 0 });
  expect(here.tree().join()).not.toContain("stores.json");
});

test("a reference is not taken for a token, from wherever it comes", async () => {
  const reference = "kept-in-keyring.run.bentocloud-exec.0123456789abcdef";
  const text = "only says where an API token is kept";
  const key = { BENTO_CLOUD_API_KEY_FILE: writeBelow(newFolder(), "key", reference) };
  expect((await run(["whoami"], { env: key })).stderr).toContain(text);
  const login = await run(["login", "--with-token"], { stdin: reference });
  expect(login.stderr).toContain(text);
  for (const cut of [reference.slice(0, -1), "kept-in-vault.x"]) {
    const here = homeOf({ name: "mine", token: cut });
    expect(await run(["whoami"], { home: here })).toMatchObject({ code: 6, stdout: "" });
  }
});

test("Python that signs in over a reference is reported once, its token is used, and the old entry is forgotten", async () => {
  const { here, path } = await homeWithCommand();
  const token = canary();
  here.write(here.read().replace(/kept-in-\S+/, token));
  const first = await run(["token"], { home: here, reveals: "stdout" });
  expect(first).toMatchObject({ code: 0, stdout: `${token}\n` });
  expect(first.stderr).toBe(
    `warning: another program signed in to "mine" again and put its API token in plain text into ${here.file}; ` +
      "`bentocloud context store mine --to command` moves it back\n",
  );
  expect(here.tree().join()).not.toContain("stores.json");
  expect(path).not.toBe("");
  const second = await run(["token"], { home: here, reveals: "stdout" });
  expect(second).toMatchObject({ code: 0, stdout: `${token}\n`, stderr: "" });
});

test("`exec -- bentoml cloud login` over a reference is refused, with the command to run", async () => {
  const { here } = await homeWithCommand();
  for (const words of [
    ["bentoml", "cloud", "login"],
    ["/usr/bin/bentoml", "--verbose", "cloud", "login", "--api-token", "x"],
  ])
    expect(await run(["exec", "--", ...words], { home: here })).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining(
        "hint: sign in with this program, which keeps it there: bentocloud login --context mine",
      ),
    });
});

test("the library reads the token from its store", async () => {
  const { here, token } = await homeWithCommand();
  const env = { HOME: here.path, PATH: process.env["PATH"] };
  const context = await resolveContext({ env, cwd: here.path });
  expect(context.token.reveal() === token).toBe(true);
});

test("explain says what Python would send", async () => {
  const { here } = await homeWithCommand();
  const { stdout } = await run(["explain", "--json"], { home: here });
  const { active, python } = JSON.parse(stdout);
  expect(active).toMatchObject({ name: "mine", token_masked: null, usable: true });
  expect(python).toMatchObject({ name: "mine", differs: true });
  expect(python.reason).toContain("sends the reference to it, which the server refuses");
});

/** None of these needs a token. */
const OFFLINE = [
  ["context", "list"],
  ["context", "current"],
  ["context", "show"],
  ["use", "mine"],
  ["link", "mine"],
  ["explain"],
  ["status", "--offline"],
  ["status", "--all", "--offline"],
  ["__complete", "use", ""],
];

needsTrace.test.each(OFFLINE.map((words) => [words]))(
  "%j opens no bus and starts no program",
  async (words) => {
    const { here } = await homeWithCommand();
    const trace = join(home().path, "trace");
    const command = ["strace", "-f", "-qq", "-o", trace, "-e", "trace=execve,connect", ...programCommand()];
    const env = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/tmp/no-such-bus" };
    const cwd = newFolder();
    expect(await run(words, { home: here, command, env, cwd })).toMatchObject({ code: 0 });
    const lines = readFileSync(trace, "utf8")
      .split("\n")
      .filter((line) => /execve|connect\(/.test(line));
    // The program itself is started.
    expect(
      lines.filter((line) => !line.includes("execve(") || !/\(".*(?:bentocloud|bun|deno)"/.test(line)),
    ).toEqual([]);
  },
);

test("a record that cannot be understood stops only the contexts that need it", async () => {
  const { here } = await homeWithCommand();
  const plain = canary();
  here.write(
    here
      .read()
      .replace(
        "current_context",
        `- api_token: ${plain}\n  email: null\n  endpoint: https://b.test\n  name: b\ncurrent_context`,
      ),
  );
  writeFileSync(join(ownOf(here), "stores.json"), "[{}]", { mode: 0o600 });
  expect(await run(["token"], { home: here })).toMatchObject({
    code: 6,
    stderr: expect.stringContaining("stores.json is not a record of where API tokens are kept"),
  });
  const print = await run(["token", "--context", "b"], { home: here, reveals: "stdout" });
  expect(print).toMatchObject({ code: 0, stdout: `${plain}\n` });
});

test("an entry that another program removed from the file stays until it is restored", async () => {
  const { here, token } = await homeWithCommand();
  here.write("contexts: []\ncurrent_context_name: mine\n");
  const { stderr } = await run(["context", "list"], { home: here });
  const [, id = ""] = /restore ([0-9a-f]{4})/.exec(stderr) ?? [];
  expect(await run(["restore", id], { home: here })).toMatchObject({ code: 0 });
  const print = await run(["token"], { home: here, reveals: "stdout" });
  expect(print).toMatchObject({ code: 0, stdout: `${token}\n` });
});

needs("gnome-keyring-daemon", "dbus-daemon", "dbus-send").test(
  "versions, losses and files that were put aside are without the token after a move",
  async () => {
    const { env } = await startKeyring();
    const token = canary();
    const here: Home = homeOf({ name: "mine", token }, "other");
    const options = { home: here, env };
    const entry = here.read();
    await run(["use", "other"], options);
    here.write("contexts: []\ncurrent_context_name: mine\n");
    await run(["context", "list"], options);
    here.write(`broken: [\n${entry}`);
    expect((await run(["doctor", "--offline", "--fix"], options)).stdout).toContain("moved it to");
    here.write(entry);
    mkdirSync(join(here.path, "elsewhere"));
    expect(filesWith(token, here).length).toBeGreaterThan(3);
    expect(await run(["context", "store", "mine", "--to", "keyring"], options)).toMatchObject({ code: 0 });
    expect(filesWith(token, here)).toEqual([]);
  },
);
