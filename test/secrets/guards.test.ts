import { expect, test } from "bun:test";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { resolveContext } from "../../src/index.ts";
import { needsTraceWith } from "../binary/faults/strace.ts";
import { homeOf, ownOf, writeBelow } from "../store/fixture.ts";
import { type Home, home, run } from "../support/bin.ts";
import { needs } from "../support/needs.ts";
import { programCommand } from "../support/program.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { filesWith, newFolder, program, sharedKeyring, watchBus } from "./peers.ts";

// A file that could not be read and was put aside is the user's own.
sweepCanaries({ files: ["**/.yatai.yaml.broken-*"] });

const newCloud = cloudsPerTest();

/** A home whose context `mine` asks a program for its token. */
async function homeWithCommand() {
  const token = canary();
  const here = homeOf({ name: "mine", token });
  const { path } = program("show", `echo . >> "$0.asked"; echo ${token}`);
  const words = ["context", "store", "mine", "--to", "command", "--", path];
  expect(await run(words, { home: here })).toMatchObject({ code: 0 });
  /** How often the program was run. */
  const asked = () => readFileSync(`${path}.asked`, "utf8").length / 2;
  return { here, token, path, asked };
}

test("an endpoint that was edited is HOST_MISMATCH: no program is asked, and nothing is sent", async () => {
  const { here, asked } = await homeWithCommand();
  const evil = await newCloud();
  here.write(here.read().replace("https://mine.test", evil.url));
  const before = asked();
  for (const words of [
    ["token"],
    ["whoami"],
    ["exec", "--", "true"],
    ["status"],
    ["status", "--all"],
    ["api", "/api/v1/auth/current"],
    ["api-token", "rotate", "mine"],
    ["context", "show", "--show-token"],
  ]) {
    const { code, stdout, stderr } = await run(words, { home: here });
    expect(stdout + stderr).toContain(`is kept for https://mine.test, but the entry says ${evil.url}`);
    expect({ words, code }).toEqual({ words, code: 4 });
  }
  expect({ requests: evil.requests, asked: asked() }).toEqual({ requests: [], asked: before });
});

test("what is recorded of a token is too short to try out which token it is", async () => {
  const { here, token } = await homeWithCommand();
  const hash = new Bun.CryptoHasher("sha256").update(token).digest("hex");
  const own = ownOf(here);
  const texts = readdirSync(own, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8"));
  expect(texts.some((text) => text.includes(hash.slice(0, 6)))).toBe(true);
  expect(texts.some((text) => text.includes(hash.slice(0, 7)))).toBe(false);
});

test("a copied contexts file, a copied home and a copied directory of ours get nothing", async () => {
  const { here, asked } = await homeWithCommand();
  const [file, whole, own] = [home(), home(), home()];
  file.write(here.read());
  cpSync(here.bentoml, whole.bentoml, { recursive: true });
  own.write(here.read());
  cpSync(ownOf(here), ownOf(own), { recursive: true });
  const before = asked();
  for (const copy of [file, whole, own])
    expect(await run(["token"], { home: copy })).toMatchObject({
      code: 6,
      stdout: "",
      stderr:
        'error: nothing is known of where the API token of "mine" is kept: its entry was copied, restored, or made on another machine\n' +
        "hint: bentocloud login --context mine\n",
    });
  expect(asked()).toBe(before);
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
  const { here } = await homeWithCommand();
  const token = canary();
  here.write(here.read().replace(/kept-in-\S+/, token));
  const first = await run(["token"], { home: here, reveals: "stdout" });
  expect(first).toMatchObject({ code: 0, stdout: `${token}\n` });
  expect(first.stderr).toBe(
    `warning: another program signed in to "mine" again and put its API token in plain text into ${here.file}; ` +
      "`bentocloud context store mine --to command` moves it back\n",
  );
  expect(here.tree().join()).not.toContain("stores.json");
  const second = await run(["token"], { home: here, reveals: "stdout" });
  expect(second).toMatchObject({ code: 0, stdout: `${token}\n`, stderr: "" });
});

test("a token that another process moves while it is read is read where it is now", async () => {
  const token = canary();
  const here = homeOf({ name: "mine", token });
  const folder = newFolder();
  writeBelow(folder, "moved.yaml", here.read());
  const { env } = program(
    "docker-credential-own",
    `
read -r line; cd ${folder}
case $1 in
  store) echo "$line" > entry ;;
  get) [ -e armed ] && { cp moved.yaml ${here.file}; rm entry; }
    cat entry || { echo 'credentials not found in native keychain'; exit 1; } ;;
  list) echo '{}' ;;
esac`,
  );
  const options = { home: here, env };
  expect(await run(["context", "store", "mine", "--to", "helper:own"], options)).toMatchObject({ code: 0 });
  writeBelow(folder, "armed", "");
  const print = await run(["token"], { ...options, reveals: "stdout" });
  expect(print).toMatchObject({ code: 0, stdout: `${token}\n` });
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
  ["context", "list", "--json"],
  ["__complete", "use", ""],
];

const KEYRING = ["gnome-keyring-daemon", "dbus-daemon", "dbus-send", "dbus-monitor"] as const;

needsTraceWith(...KEYRING).test("what needs no token opens no bus and starts no program", async () => {
  const { env } = await sharedKeyring();
  const { here } = await homeWithCommand();
  const entry = `- api_token: ${canary()}\n  email: null\n  endpoint: https://b.test\n  name: b\ncurrent_context`;
  here.write(here.read().replace("current_context", entry));
  const move = ["context", "store", "b", "--to", "keyring"];
  expect(await run(move, { home: here, env })).toMatchObject({ code: 0 });
  const cwd = newFolder();
  const trace = join(cwd, "trace");
  const command = ["strace", "-f", "-qq", "-o", trace, "-e", "trace=execve,connect", ...programCommand()];
  const seen = await watchBus(env, async () => {
    for (const context of ["mine", "b"])
      for (const words of OFFLINE.map((words) => words.map((word) => (word === "mine" ? context : word)))) {
        expect(await run(words, { home: here, command, env, cwd })).toMatchObject({ code: 0 });
        const calls = readFileSync(trace, "utf8").match(/execve\("[^"]*"|connect\(/g) ?? [];
        // The program itself is started.
        expect({ words, others: calls.slice(1) }).toEqual({ words, others: [] });
      }
  });
  expect(seen).not.toContain("org.freedesktop.secrets");
});

test("an endpoint that cannot be used is named with its context, and nothing is moved", async () => {
  const token = canary();
  const bad = { name: "bad", endpoint: "https://me:canary-password@bad.test", token };
  const here = homeOf({ name: "good", token }, bad);
  const before = here.read();
  const { path } = program("show", `echo ${token}`);
  const words = ["context", "store", "--all", "--to", "command", "--", path];
  expect(await run(words, { home: here })).toMatchObject({
    code: 2,
    stderr: 'error: the endpoint of "bad" cannot be used: an endpoint has no user name or password\n',
  });
  expect(here.read()).toBe(before);
});

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

test("a restored version whose token was erased since is SECRET_MISSING, with the login to run", async () => {
  const { here, asked } = await homeWithCommand();
  await run(["logout", "mine"], { home: here });
  const { stdout } = await run(["restore", "--json"], { home: here });
  const [{ id }] = JSON.parse(stdout).versions;
  const before = asked();
  const { code, stderr } = await run(["restore", id], { home: here });
  expect(code).toBe(6);
  expect(stderr).toContain(`Brought back ${id}: added mine`);
  expect(stderr).toEndWith(
    'error: done, but the API token of "mine" is no longer kept anywhere\n' +
      "hint: bentocloud login --context mine\n",
  );
  expect(asked()).toBe(before);
});

needs(...KEYRING).test(
  "versions, losses and files that were put aside are without the token after a move",
  async () => {
    const { env } = await sharedKeyring();
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
