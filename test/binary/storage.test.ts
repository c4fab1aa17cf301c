import { afterAll, describe, expect, test } from "bun:test";
import { home, run } from "../support/bin.ts";
import type { Home } from "../support/home.ts";
import { startCloud } from "../support/cloud.ts";
import { programCommand } from "../support/program.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const cloud = await startCloud();
afterAll(() => cloud.stop());

/** Mounting needs privileges that not every machine gives. */
const canMount = Bun.which("unshare") !== null && Bun.spawnSync(["unshare", "-m", "true"]).success;

const fileOf = () =>
  `contexts:\n${["a", "b"].map((name) => `- api_token: ${canary()}\n  email: null\n  endpoint: ${cloud.url}\n  name: ${name}\n`).join("")}current_context_name: a\n`;

function homeWith(text: string): Home {
  const here = home();
  here.write(text);
  return here;
}

/** Runs the program by a shell script in which `"$@"` is it with its arguments. */
const inShell = (script: string, ...before: string[]) => [
  ...before,
  "sh",
  "-c",
  script,
  "sh",
  ...programCommand(),
];

describe.skipIf(!canMount)("a read-only disk", () => {
  const readOnly = (here: Home) =>
    inShell(
      `mount --bind ${here.bentoml} ${here.bentoml} && mount -o remount,ro,bind ${here.bentoml} && exec "$@"`,
      "unshare",
      "-m",
    );

  test.each([[["token"]], [["status", "--offline"]], [["context", "list"]], [["current-context"]]])(
    "is enough for reading: %p",
    async (args) => {
      const here = homeWith(fileOf());
      const { code, stderr } = await run(args, { home: here, command: readOnly(here), reveals: true });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    },
  );

  test("is enough for whoami and status, which ask the server", async () => {
    const token = cloud.issueToken();
    const here = homeWith(
      `contexts:\n- api_token: ${token}\n  email: null\n  endpoint: ${cloud.url}\n  name: a\ncurrent_context_name: a\n`,
    );
    for (const name of ["whoami", "status"]) {
      const { code, stderr } = await run([name], { home: here, command: readOnly(here) });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    }
  });

  test("is said to be one by what must write, and by login before the server is asked", async () => {
    const here = homeWith(fileOf());
    const before = cloud.requests.length;
    for (const args of [
      ["use", "b"],
      ["login", "--with-token", "--endpoint", cloud.url],
    ]) {
      const stdin = cloud.issueToken();
      const { code, stderr } = await run(args, { home: here, command: readOnly(here), stdin });
      expect(code).toBe(6);
      expect(stderr).toContain("the disk is read-only");
    }
    expect(cloud.requests).toHaveLength(before);
  });
});

describe("a full disk", () => {
  test.skipIf(!canMount)("is an error, and everything stays as it was", async () => {
    const here = homeWith("");
    const text = fileOf();
    const script = `mount -t tmpfs -o size=64k tmpfs ${here.bentoml}; umask 077; cat >${here.file}; cp ${here.file} ${here.path}/.yatai.yaml
      "$@" use b; head -c 200000 /dev/zero >${here.bentoml}/fill; cp ${here.file} ${here.path}/.yatai.yaml
      "$@" use a; echo "code $?"; cmp ${here.file} ${here.path}/.yatai.yaml && echo same; cd ${here.bentoml}; ls -A . .bentocloud`;
    const { stdout, stderr } = await run([], {
      home: here,
      command: inShell(script, "unshare", "-m"),
      stdin: text,
    });
    expect(stderr).toContain("the disk is full");
    expect(stdout.split("\n").filter((line) => line !== "")).toEqual([
      "code 6",
      "same",
      ".:",
      ".bentocloud",
      ".yatai.yaml",
      "fill",
      ".bentocloud:",
      "backups",
      "known.yaml",
      "state.json",
    ]);
  });

  test.each([
    ["from the first byte on", 0, 0],
    ["in the middle of the contexts file", 2, 4000],
  ])("as a limit to the size of files, %s", async (_name, blocks, comment) => {
    const text = `${fileOf()}# ${"x".repeat(comment)}\n`;
    const here = homeWith(text);
    const command = inShell(`ulimit -f ${blocks}; exec "$@"`);
    const { code, stdout, stderr } = await run(["use", "b"], { home: here, command });
    expect({ code, stdout }).toEqual({ code: 6, stdout: "" });
    expect(stderr).toContain("the file would exceed the size limit");
    expect(here.read()).toBe(text);
    expect(here.tree().filter((line) => / 0[64]00$/.test(line))).toEqual(["bentoml/.yatai.yaml 0600"]);
  });

  test.each([
    [["token"]],
    [["token", "--json"]],
    [["status", "--offline"]],
    [["context", "list"]],
    [["--help"]],
  ])("behind stdout is STORAGE, exit 6: %p", async (args) => {
    const here = homeWith(fileOf());
    const { code, stdout, stderr } = await run(args, {
      home: here,
      command: inShell('exec "$@" >/dev/full'),
    });
    expect({ code, stdout }).toEqual({ code: 6, stdout: "" });
    expect(stderr).toContain("cannot write to standard output");
    if (args.includes("--json")) expect(JSON.parse(stderr).error.code).toBe("STORAGE");
  });

  test("behind stderr does not change the exit code", async () => {
    const { code } = await run(["token"], { command: inShell('exec "$@" 2>/dev/full') });
    expect(code).toBe(4);
  });
});

test("a reader that went away is no error", async () => {
  const here = homeWith(fileOf());
  const command = inShell('("$@"; echo "code $?" >&2) | true');
  expect(await run(["context", "list"], { home: here, command })).toMatchObject({ stderr: "code 0\n" });
});
