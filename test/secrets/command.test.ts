import { expect, test } from "bun:test";
import { homeOf } from "../store/fixture.ts";
import { type Home, run, start } from "../support/bin.ts";
import { programCommand } from "../support/program.ts";
import { needs } from "../support/needs.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { until } from "../support/until.ts";
import {
  encryptWithSops,
  haveEnded,
  insertPass,
  isRunning,
  newAgeFile,
  newFolder,
  program,
  sharedPass,
} from "./peers.ts";

// What a command prints is kept by that command, here as a script or a file of its own.
sweepCanaries();

const moveTo = (here: Home, argv: readonly string[], env: Record<string, string> = {}) =>
  run(["context", "store", "mine", "--to", "command", "--", ...argv], { home: here, env });

test("a command is run for each use, without a shell, and its stderr is shown", async () => {
  const token = canary();
  const here = homeOf({ name: "mine", token });
  const { path } = program("show", `echo "asking for $1" >&2; echo ${token}`);
  const words = [path, "$(touch pwned) 'a b'"];
  expect(await moveTo(here, words)).toMatchObject({ code: 0 });
  for (let count = 0; count < 2; count += 1)
    expect(await run(["token"], { home: here, reveals: "stdout" })).toMatchObject({
      code: 0,
      stdout: `${token}\n`,
      stderr: `${path}: asking for $(touch pwned) 'a b'\n`,
    });
  expect(here.tree().join()).not.toContain("pwned");
});

needs("pass", "gpg").test("`pass show` as a command", async () => {
  const env = sharedPass();
  const token = canary();
  insertPass(env, "bento/token", token);
  const here = homeOf({ name: "mine", token });
  expect(await moveTo(here, ["pass", "show", "bento/token"], env)).toMatchObject({ code: 0 });
  const print = await run(["token"], { home: here, env, reveals: "stdout" });
  expect(print).toMatchObject({ code: 0, stdout: `${token}\n` });
});

needs("age").test("`age -d` as a command", async () => {
  const token = canary();
  const { key, path, encrypt } = newAgeFile();
  encrypt(token);
  const here = homeOf({ name: "mine", token });
  expect(await moveTo(here, ["age", "-d", "-i", key, path])).toMatchObject({ code: 0 });
  const print = await run(["token"], { home: here, reveals: "stdout" });
  expect(print).toMatchObject({ code: 0, stdout: `${token}\n` });
});

// Debian has no package of it, so this runs only where somebody has installed it.
test.skipIf(Bun.which("sops") === null)("`sops -d` as a command", async () => {
  const token = canary();
  const { env, file } = encryptWithSops(token);
  const here = homeOf({ name: "mine", token });
  const words = ["sops", "-d", "--extract", '["token"]', file];
  expect(await moveTo(here, words, env)).toMatchObject({ code: 0 });
  const print = await run(["token"], { home: here, env, reveals: "stdout" });
  expect(print).toMatchObject({ code: 0, stdout: `${token}\n` });
});

test("a command that prints another token is refused, because the one of the file would be lost", async () => {
  const here = homeOf({ name: "mine", token: canary() });
  const before = here.read();
  expect(await moveTo(here, ["echo", "tokenvalue0001"])).toMatchObject({
    code: 1,
    stderr:
      'error: the command prints another API token than that of "mine"\n' +
      "hint: to sign in with the one that it prints: bentocloud login --context mine --token-command -- …\n",
  });
  expect(here.read()).toBe(before);
});

const prints: [name: string, script: string, code: string, message: string][] = [
  ["nothing", "true", "SECRET_MISSING", "printed nothing"],
  ["200 MB", "head -c 200000000 /dev/zero", "SECRET_UNAVAILABLE", "printed more than 64 KiB"],
  ["ANSI colours", "printf '\\033[32mtoken12345\\033[0m'", "SECRET_UNAVAILABLE", "that is no token"],
  ["two words", "echo two words", "SECRET_UNAVAILABLE", "that is no token"],
  [
    "a reference",
    "echo kept-in-keyring.run.bentocloud-exec.0123456789abcdef",
    "SECRET_UNAVAILABLE",
    "a reference",
  ],
  ["an error", "echo no >&2; exit 3", "SECRET_UNAVAILABLE", "exited with code 3"],
  ["a token, and fails", "echo abcdefghij; exit 1", "SECRET_UNAVAILABLE", "exited with code 1"],
];

test.each(prints)("a command that prints %s", async (_, script, code, message) => {
  const token = canary();
  const here = homeOf({ name: "mine", token });
  const folder = newFolder();
  const { path } = program(
    "show",
    `[ -e ${folder}/moved ] || { echo ${token}; touch ${folder}/moved; exit; }\n${script}`,
  );
  expect(await moveTo(here, [path])).toMatchObject({ code: 0 });
  const result = await run(["token", "--json"], { home: here });
  const { error } = JSON.parse(result.stderr) as { error: { code: string; message: string } };
  expect({ code: result.code, stdout: result.stdout, error: error.code }).toEqual({
    code: 6,
    stdout: "",
    error: code,
  });
  expect(error.message).toContain(message);
});

test("a command that a person cancels is ended with its children", async () => {
  const mark = `8${Math.trunc(Math.random() * 1e6)}`;
  const { path } = program("show", `sleep ${mark} & sleep ${mark}`);
  const here = homeOf("mine");
  const before = here.read();
  const running = start(["context", "store", "mine", "--to", "command", "--", path], { home: here });
  await until("the command runs", () => isRunning(`sleep ${mark}`));
  running.kill("SIGINT");
  expect(await running.result).toMatchObject({ code: 130 });
  await haveEnded(`sleep ${mark}`);
  expect(here.read()).toBe(before);
});

test("a command in the working directory is not run, by name or by path", async () => {
  const here = homeOf("mine");
  const { path } = program("op", "echo pwned > $HOME/pwned");
  const cwd = path.replace(/\/[^/]*$/, "");
  for (const word of ["op", "./op"])
    expect(
      await run(["context", "store", "mine", "--to", "command", "--", word], {
        home: here,
        cwd,
        env: { PATH: "/usr/bin:." },
      }),
    ).toMatchObject({ code: 6, stdout: "" });
  expect(here.tree().join()).not.toContain("pwned");
});

test("a command that is not UTF-8 text is refused, because it would be run as another one", async () => {
  const here = homeOf("mine");
  const line = "exec \"$@\" -- cat $(printf 'a\\377b')";
  const command = ["sh", "-c", line, "sh", ...programCommand()];
  expect(await run(["context", "store", "mine", "--to", "command"], { home: here, command })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("an argument is not UTF-8 text"),
  });
});
