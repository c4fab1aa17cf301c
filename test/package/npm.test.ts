import { afterAll, describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { TARGETS } from "../../build/targets.ts";
import { platformManifest, umbrellaManifest } from "../../scripts/package/npm.ts";
import { REPOSITORY } from "../../scripts/package/project.ts";
import { run as runTool } from "../../scripts/package/run.ts";
import { home, type RunOptions, run, start } from "../support/bin.ts";
import { needs } from "../support/needs.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";
import { HERE, serveRegistry } from "./registry.ts";

sweepCanaries();

/** Stands in for the program: it exits, kills itself, or reports the signals that it gets. */
const STAND_IN = `#!/bin/sh
case $1 in
  exit) exit "$2" ;;
  die) kill -s "$2" $$ ;;
  wait)
    for name in INT TERM HUP QUIT; do trap "echo got $name; exit 7" $name; done
    echo ready
    while :; do sleep 0.02; done
    ;;
  count)
    count=0
    trap 'count=$((count + 1)); echo one more' INT
    trap 'exit $count' TERM
    echo ready
    while :; do sleep 0.02; done
    ;;
  *) printf '<%s>' "$@"; cat ;;
esac
`;

const installation = home();
const registry = serveRegistry(join(installation.path, "dist"));
afterAll(() => registry.stop());

const command = (project: string) => join(project, "node_modules/.bin/bentocloud");
const binaryIn = (project: string) =>
  join(project, `node_modules/@bentocloud/cli-${HERE.name}/bin/${HERE.exe}`);

/** Installs into an empty folder, with none of this machine's settings and caches. */
async function install(name: string, ...options: string[]): Promise<string> {
  const project = join(installation.path, name);
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), '{"private":true}');
  const env = { npm_config_registry: registry.url, npm_config_cache: join(installation.path, "cache") };
  const args = ["install", "--no-audit", "--no-fund", ...options, "bentocloud"];
  const npm = [Bun.which("npm")!];
  const result = await run(args, { home: installation, cwd: project, command: npm, env, timeoutMs: 60_000 });
  if (result.code !== 0) throw new Error(result.stderr);
  return project;
}

const project = await install("project");

/** Copies the project, to change the copy. */
function copyProject(name: string): string {
  const copy = join(installation.path, name);
  cpSync(project, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

/** An older one installs the packages for glibc and for musl. */
const needsLibc = needs({
  right: "npm 10",
  isGiven: () => Number.parseInt(Bun.spawnSync(["npm", "--version"]).stdout.toString()) >= 10,
});

describe("npm install bentocloud", () => {
  needsLibc.test("downloads only the binary for this machine", () => {
    expect(registry.fetched.filter((name) => name.includes("/"))).toEqual([`@bentocloud/cli-${HERE.name}`]);
    expect(readdirSync(join(project, "node_modules/@bentocloud"))).toEqual([`cli-${HERE.name}`]);
  });

  test("installs a command that runs the program", async () => {
    const { code, stdout, stderr } = await run(["--version"], { command: [command(project)] });
    expect(stdout).toBe(`bentocloud ${manifest.version}\n`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("installs the library under the same name", async () => {
    const script = join(project, "script.mjs");
    writeFileSync(script, 'import { isLibrary } from "bentocloud"; console.log(isLibrary);');
    expect((await run([script], { command: [Bun.which("node")!] })).stdout).toBe("true\n");
  });

  test("says what to do when optional dependencies were left out", async () => {
    const bare = await install("bare", "--omit=optional");
    const { code, stdout, stderr } = await run(["--version"], { command: [command(bare)] });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe(
      `error: @bentocloud/cli-${HERE.name} is not installed: optional dependencies were left out, ` +
        "or node_modules comes from another machine\nhint: `npm install --include=optional` adds it\n",
    );
  });

  /** Runs the command after this code, which makes Node think that it is on another machine. */
  function runPretending(code: string) {
    const pretend = join(installation.path, "pretend.cjs");
    writeFileSync(pretend, code);
    return run(["--version"], { command: [Bun.which("node")!, "--require", pretend, command(project)] });
  }

  test("reports that there is no build for a machine", async () => {
    const pretend = 'Object.defineProperty(process, "platform", { value: "sunos" });';
    const { code, stderr } = await runPretending(pretend);
    expect(stderr).toBe(
      `error: there is no build for sunos on ${process.arch}\nhint: see git+${REPOSITORY}.git\n`,
    );
    expect(code).toBe(1);
  });

  needsLibc.test("uses the musl build where there is no glibc", async () => {
    const { code, stderr } = await runPretending("process.report.getReport = () => ({ header: {} });");
    expect(code).toBe(1);
    expect(stderr).toContain(`error: @bentocloud/cli-${HERE.name}-musl is not installed`);
  });
});

describe("the command of the npm package", () => {
  const other = copyProject("with a stand-in");
  writeFileSync(binaryIn(other), STAND_IN);
  const options: RunOptions = { command: [command(other)] };

  test.each([0, 1, 2, 4, 70, 130])("ends with the program's exit code %d", async (code) => {
    expect(await run(["exit", String(code)], options)).toMatchObject({ code, signal: null });
  });

  test("passes every argument and standard input on", async () => {
    const { stdout } = await run(["a b", "", "--", "*", "'\"$x"], { ...options, stdin: "and the input" });
    expect(stdout).toBe("<a b><><--><*><'\"$x>and the input");
  });

  test.each(["INT", "TERM", "HUP", "QUIT"] as const)(
    "passes SIG%s on, and waits for the program",
    async (name) => {
      const running = start(["wait"], options);
      await running.waitFor("ready");
      running.kill(`SIG${name}`);
      expect(await running.result).toMatchObject({ code: 7, signal: null, stdout: `ready\ngot ${name}\n` });
    },
  );

  test.each(["INT", "TERM", "KILL", "SEGV"])("ends with SIG%s when the program does", async (name) => {
    expect(await run(["die", name], options)).toMatchObject({ code: null, signal: `SIG${name}` });
  });

  test("on a terminal, the program gets one SIGINT for one Ctrl-C", async () => {
    const terminal = openTerminal(["count"], options);
    await terminal.waitFor("ready");
    terminal.press("ctrl-c");
    await terminal.waitFor("one more");
    // Signals arrive in order, so a second SIGINT would have been counted by now.
    terminal.kill("SIGTERM");
    expect(await terminal.exit).toMatchObject({ code: 1, signal: null });
  });

  test("says why the program cannot be started", async () => {
    const broken = copyProject("without a program");
    rmSync(binaryIn(broken));
    const { code, stderr } = await run([], { command: [command(broken)] });
    expect(code).toBe(1);
    expect(stderr).toContain(`error: ${binaryIn(broken)} cannot be run: spawn ${binaryIn(broken)} ENOENT\n`);
  });
});

test("npm packages: a platform package names its system, and the main package all of them at its own version", () => {
  expect(platformManifest(TARGETS.find(({ name }) => name === "linux-arm64-musl")!)).toMatchObject({
    name: "@bentocloud/cli-linux-arm64-musl",
    os: ["linux"],
    cpu: ["arm64"],
    libc: ["musl"],
    preferUnplugged: true,
  });
  expect(platformManifest(TARGETS.find(({ name }) => name === "windows-x64")!)).not.toHaveProperty("libc");
  const { optionalDependencies } = umbrellaManifest();
  expect(optionalDependencies).toEqual(
    Object.fromEntries(TARGETS.map(({ name }) => [`@bentocloud/cli-${name}`, manifest.version])),
  );
});

test("npm packages: hold these files and no others, and no script that an installation would run", () => {
  const shared = ["LICENSE", "README.md", "THIRD_PARTY_LICENSES", "package.json"];
  const expected = new Map<string, readonly string[]>([
    [`bentocloud-${manifest.version}.tgz`, ["bin/bentocloud.js", "dist/lib/index.d.ts", "dist/lib/index.js"]],
    ...TARGETS.map(
      ({ name, exe }) => [`bentocloud-cli-${name}-${manifest.version}.tgz`, [`bin/${exe}`]] as const,
    ),
  ]);
  for (const [file, own] of expected) {
    const path = join(installation.path, "dist/npm", file);
    const files = runTool(["tar", "-tzf", path]).trim().split("\n").toSorted();
    expect(files).toEqual([...shared, ...own].map((name) => `package/${name}`).toSorted());
    expect(runTool(["tar", "-xzOf", path, "package/package.json"])).not.toContain('"scripts"');
  }
});
