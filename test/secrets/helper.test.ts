import { expect, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { homeOf } from "../store/fixture.ts";
import { run } from "../support/bin.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { needs } from "../support/needs.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { haveEnded, newFolder, program, sharedPass, startKeyring } from "./peers.ts";

sweepCanaries();

const newCloud = cloudsPerTest();

const moveTo = (store: string, here: ReturnType<typeof homeOf>, env: Record<string, string>) =>
  run(["context", "store", "mine", "--to", store], { home: here, env });

needs("docker-credential-pass", "pass", "gpg").describe("docker-credential-pass", () => {
  test("keeps the token of each context under an address of its own", async () => {
    const env = sharedPass();
    const tokens = [canary(), canary()] as const;
    const here = homeOf({ name: "mine", token: tokens[0] }, { name: "../other", token: tokens[1] });
    const move = ["context", "store", "--all", "--to", "helper:pass"];
    expect(await run(move, { home: here, env })).toMatchObject({ code: 0 });
    for (const [index, name] of ["mine", "../other"].entries())
      expect(await run(["token", "--context", name], { home: here, env, reveals: "stdout" })).toMatchObject({
        code: 0,
        stdout: `${tokens[index]}\n`,
      });
    const { stdout } = Bun.spawnSync(["docker-credential-pass", "list"], {
      env: { ...process.env, ...env },
    });
    expect(Object.values(JSON.parse(stdout.toString()))).toEqual(["bentocloud", "bentocloud"]);
  });

  test("a store that was never made: one sentence, and nothing is changed", async () => {
    const here = homeOf("mine");
    const before = here.read();
    const { code, stderr } = await moveTo("helper:pass", here, { PASSWORD_STORE_DIR: `${newFolder()}/none` });
    expect(code).toBe(6);
    expect(stderr).toStartWith("error: docker-credential-pass says: pass not initialized");
    expect(stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(2);
    expect(here.read()).toBe(before);
    // Nor is there a record of an entry that nothing could ever erase.
    expect(here.tree().join()).not.toContain("stores.json");
  });
});

needs("docker-credential-secretservice", "gnome-keyring-daemon", "dbus-daemon", "dbus-send").test(
  "docker-credential-secretservice keeps the token in the keyring; its crash on a locked one is one sentence",
  async () => {
    const { env, lock } = await startKeyring();
    const token = canary();
    const here = homeOf({ name: "mine", token });
    expect(await moveTo("helper:secretservice", here, env)).toMatchObject({ code: 0 });
    const print = () => run(["token"], { home: here, env, reveals: "stdout" });
    expect(await print()).toMatchObject({ code: 0, stdout: `${token}\n` });
    lock();
    const { code, stdout, stderr } = await print();
    expect({ code, stdout }).toEqual({ code: 6, stdout: "" });
    expect(stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(2);
  },
);

/** A helper that answers `get` in one way, and keeps nothing. */
const answers: [name: string, get: string, code: string, message: string][] = [
  ["crashes", "echo 'panic: goroutine 1' >&2; exit 2", "SECRET_UNAVAILABLE", "exited with code 2"],
  ["is killed", "kill -9 $$", "SECRET_UNAVAILABLE", "was ended by SIGKILL"],
  ["says an error on stdout", "echo 'no such store'; exit 1", "SECRET_UNAVAILABLE", "says: no such store"],
  [
    "knows no entry",
    "echo 'credentials not found in native keychain'; exit 1",
    "SECRET_MISSING",
    "no such entry",
  ],
  ["answers an empty secret", `echo '{"Secret":""}'`, "SECRET_MISSING", "has no such entry"],
  ["answers no JSON", "echo hello", "SECRET_UNAVAILABLE", "answered something that is no credential"],
  ["answers another's secret", `echo '{"Secret":"somebody-else"}'`, "SECRET_MISSING", "holds another text"],
  [
    "fails after it has answered",
    `cat ${"$FOLDER"}/entry; exit 1`,
    "SECRET_UNAVAILABLE",
    "exited with code 1",
  ],
  [
    "says a line without end",
    "head -c 900000 /dev/zero | tr '\\0' x; exit 1",
    "SECRET_UNAVAILABLE",
    "says: xxx",
  ],
  ["answers without end", "yes", "SECRET_UNAVAILABLE", "printed more than 1024 KiB"],
];

test.each(answers)("a helper that %s", async (_, get, code, message) => {
  const folder = newFolder();
  // The first `get` reads back what was stored.
  const script = `
case $1 in
  store) cat > ${folder}/entry ;;
  get) if [ -e ${folder}/read ]; then ${get}; else touch ${folder}/read; cat ${folder}/entry; fi ;;
esac`;
  const env = { ...program("docker-credential-own", script).env, FOLDER: folder };
  const here = homeOf({ name: "mine", token: canary() });
  expect(await moveTo("helper:own", here, env)).toMatchObject({ code: 0 });
  const result = await run(["token", "--json"], { home: here, env });
  const { error } = JSON.parse(result.stderr) as { error: { code: string; message: string } };
  expect({ code: result.code, stdout: result.stdout, error: error.code }).toEqual({
    code: 6,
    stdout: "",
    error: code,
  });
  expect(error.message).toContain(message);
  expect(error.message.length).toBeLessThan(400);
});

test.each([
  ["login", ["login", "--with-token", "--store", "file"], 6],
  ["cloud login", ["cloud", "login", "--api-token"], 1],
  ["api-token create --login", ["api-token", "create", "ci", "--login", "mine"], 6],
])("an entry that a helper cannot erase is reported by `%s`", async (_, words, code) => {
  const cloud = await newCloud();
  const folder = newFolder();
  // Each entry stays in the list.
  const script = `
case $1 in
  store) cat > ${folder}/entry; grep -o '"https:[^"]*"' ${folder}/entry | sed 's/$/:"bentocloud"/' >> ${folder}/list ;;
  get) cat ${folder}/entry ;;
  list) echo "{$(paste -sd, ${folder}/list)}" ;;
  erase) echo broken; exit 1 ;;
esac`;
  const { env } = program("docker-credential-own", script);
  const [old, token] = [cloud.issueToken({ name: "laptop" }), cloud.issueToken()];
  const here = homeOf({ name: "mine", endpoint: cloud.url, token: old, email: "me@example.test" });
  expect(await moveTo("helper:own", here, env)).toMatchObject({ code: 0 });
  const args = words.at(-1) === "--api-token" ? [...words, token] : words;
  const result = await run(args, { home: here, env, stdin: token, reveals: "stdout" });
  expect(result).toMatchObject({
    code,
    stderr: expect.stringContaining('error: done, but the helper "own" still has the API token of "mine"'),
  });
});

test("an entry of a helper that lists nothing is found by `get`", async () => {
  const folder = newFolder();
  const script = `
case $1 in
  store) cat > ${folder}/entry ;;
  get) [ -e ${folder}/entry ] && cat ${folder}/entry || echo '{"Secret":""}' ;;
  list) echo '{}' ;;
  erase) echo broken; exit 1 ;;
esac`;
  const { env } = program("docker-credential-own", script);
  const here = homeOf("mine", "gone");
  expect(await moveTo("helper:own", here, env)).toMatchObject({ code: 0 });
  const state = async () => (await run(["context", "store", "mine"], { home: here, env })).stdout;
  expect(await state()).toMatch(/helper:own +ok\n/);
  expect(await run(["logout", "mine"], { home: here, env })).toMatchObject({
    code: 6,
    stderr: expect.stringContaining('the helper "own" still has the API token of "mine"'),
  });
  rmSync(`${folder}/entry`);
  expect(await run(["doctor", "--fix"], { home: here, env })).toMatchObject({
    stdout: expect.not.stringContaining("own"),
  });
});

const ALL_IN = ["context", "store", "--all", "--to", "helper:own"];

test.each<[action: string, before: string[][], words: string[], asked: string[]]>([
  ["store", [], ALL_IN, ["store"]],
  ["erase", [ALL_IN], ["logout", "--all", "--yes"], ["store", "store", "store", "erase"]],
])(
  "a helper that hangs at `%s` is ended with its child, and is asked no more",
  async (action, before, words, asked) => {
    const mark = `7${Math.trunc(Math.random() * 1e6)}`;
    const folder = newFolder();
    const { env } = program(
      "docker-credential-own",
      `
read -r line; cd ${folder}; url=\${line#*https://}
case $1 in store|erase) echo $1 >> asked ;; esac
[ $1 = ${action} ] && { sleep ${mark} & sleep ${mark}; }
case $1 in
  store) printf '%s' "$line" > "\${url%%\\"*}" ;;
  get) cat "\${line#https://}" ;;
  list) echo '{}' ;;
esac`,
    );
    const options = { home: homeOf("mine", "second", "third"), env };
    for (const earlier of before) expect(await run(earlier, options)).toMatchObject({ code: 0 });
    const { code, stderr } = await run(words, options);
    expect(code).toBe(6);
    expect(stderr).toContain("docker-credential-own did not answer in 3 s, and was ended");
    await haveEnded(`sleep ${mark}`);
    // Nor does the next command that needs a token ask it again.
    await run(["token"], { ...options, reveals: "stdout" });
    expect(readFileSync(`${folder}/asked`, "utf8")).toBe(`${asked.join("\n")}\n`);
  },
);

test("a helper that does not keep what it was given is refused, and the token stays in the file", async () => {
  const { env } = program(
    "docker-credential-own",
    `[ $1 = get ] && echo '{"Secret":"other"}' || cat > /dev/null`,
  );
  const here = homeOf("mine");
  const before = here.read();
  expect(await moveTo("helper:own", here, env)).toMatchObject({
    code: 6,
    stderr: expect.stringContaining('the helper "own" did not keep the API token as it was given'),
  });
  expect(here.read()).toBe(before);
});

test("a file that no system can start is one sentence", async () => {
  const here = homeOf("mine");
  const { path, env } = program("docker-credential-own", "");
  writeFileSync(path, "no program");
  expect(await moveTo("helper:own", here, env)).toMatchObject({
    code: 6,
    stderr: "error: docker-credential-own could not be started (ENOEXEC)\n",
  });
});

test("a helper in the working directory is not run", async () => {
  const here = homeOf("mine");
  const { path } = program("docker-credential-own", "echo pwned > $HOME/pwned");
  const cwd = path.replace(/\/[^/]*$/, "");
  const command = ["context", "store", "mine", "--to", "helper:own"];
  for (const PATH of ["/usr/bin:.", ":/usr/bin", "./:/usr/bin"])
    expect(await run(command, { home: here, cwd, env: { PATH } })).toMatchObject({
      code: 6,
      stderr: "error: the program docker-credential-own is not in PATH\n",
    });
  expect(here.tree().join()).not.toContain("pwned");
});
