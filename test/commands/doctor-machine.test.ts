import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { homeOf, writeBelow } from "../store/fixture.ts";
import { home, type RunOptions, type Home } from "../support/bin.ts";
import { programCommand } from "../support/program.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { makeCertificates } from "../support/tls.ts";
import { doctor } from "./doctor.ts";

sweepCanaries();

const isCompiled = (process.env["BENTOCLOUD_RUNTIME"] || "binary") === "binary";

async function look(id: string, env: Record<string, string>, options: RunOptions & { args?: string[] } = {}) {
  const { args = [], ...rest } = options;
  const { code, of } = await doctor(["--offline", ...args], { ...rest, env });
  return { code, ...of(id)! };
}

const twoContexts = () => homeOf("a", "b");

// Deno itself does not start in such a directory.
describe.skipIf(!isCompiled)("doctor: directory", () => {
  test.each([
    ["a deleted one", "mkdir gone; cd gone; rmdir ../gone", 0, "warn", /^the working directory no longer/],
    [
      "one whose name is not UTF-8",
      `d="$(printf 'caf\\351')"; mkdir "$d"; cd "$d"`,
      1,
      "fail",
      /^the path of the working directory is not valid UTF-8/,
    ],
  ])("reports %s", async (_what, script, code, status, message) => {
    const here = twoContexts();
    const command = ["sh", "-c", `${script}; exec "$@"`, "sh", ...programCommand()];
    const found = await look("directory", {}, { home: here, command });
    expect(found).toMatchObject({ code, status, message: expect.stringMatching(message) });
    // The runtime of this test cannot name that directory either.
    Bun.spawnSync(["sh", "-c", "rm -rf caf*"], { cwd: here.path });
  });
});

describe("doctor: environment", () => {
  const key = canary();
  const [KEY, ENDPOINT] = ["BENTO_CLOUD_API_KEY", "BENTO_CLOUD_API_ENDPOINT"];
  const CONTEXT = "BENTOML_CLOUD_CONTEXT";
  const STORED = "; no stored context is used";

  test.each<[what: string, env: Record<string, string>, args: string[], status: string, message: string]>([
    ["nothing set", {}, [], "ok", "no variable chooses a login"],
    ["a name", { [CONTEXT]: "b" }, [], "ok", `${CONTEXT} chooses the context`],
    ["a key", { [KEY]: key }, [], "ok", `${KEY} is the login, with the default endpoint${STORED}`],
    [
      "a key and an endpoint",
      { [KEY]: key, [ENDPOINT]: "https://x.test" },
      [],
      "ok",
      `${KEY} is the login, with ${ENDPOINT}${STORED}`,
    ],
    ["a key that is set but empty", { [KEY]: "" }, [], "warn", `${KEY} is set but empty, and ignored here`],
    [
      "an endpoint without a key",
      { [ENDPOINT]: "https://x.test" },
      [],
      "warn",
      `${ENDPOINT} without ${KEY} only says where \`login\` signs in`,
    ],
    ["a key and --context", { [KEY]: key }, ["--context", "a"], "warn", `--context wins over ${KEY} here`],
    ["a key and a name", { [KEY]: key, [CONTEXT]: "b" }, [], "warn", `${KEY} wins over ${CONTEXT}`],
    [
      "several at once",
      { [KEY]: key, [ENDPOINT]: " ", [CONTEXT]: "b" },
      [],
      "warn",
      `${ENDPOINT} is set but empty, and ignored here; ${KEY} wins over ${CONTEXT}`,
    ],
  ])("with %s is judged", async (_what, env, args, status, message) => {
    const hint =
      status === "ok" ? null : "`bentocloud explain` shows what this program and Python bentoml use";
    const found = await look("environment", env, { home: twoContexts(), args });
    expect(found).toMatchObject({ code: 0, status, message, hint });
  });

  test("warns of a key in a project that chooses a context, and not of the project alone", async () => {
    const here = twoContexts();
    const project = join(here.path, "project");
    const rc = writeBelow(project, ".bentorc", "context=b\n");
    const options = { home: here, cwd: project };
    expect(await look("environment", { BENTO_CLOUD_API_KEY: key }, options)).toMatchObject({
      status: "warn",
      message: `BENTO_CLOUD_API_KEY wins over the context that ${rc} names`,
    });
    expect(await look("environment", {}, options)).toMatchObject({ status: "ok" });
  });

  test("fails for an endpoint that cannot be used", async () => {
    const env = { BENTO_CLOUD_API_KEY: key, BENTO_CLOUD_API_ENDPOINT: "ftp://x.test" };
    const { code, status, message } = await look("environment", env);
    expect({ code, status }).toEqual({ code: 1, status: "fail" });
    expect(message).toStartWith("BENTO_CLOUD_API_ENDPOINT: ");
  });
});

describe("doctor: runtime", () => {
  test("names this program and its runtime", async () => {
    const { status, message } = await look("runtime", {});
    expect(status).toBe("ok");
    expect(message).toMatch(
      /^bentocloud \d+\.\d+\.\d+ on \w+ \w+, (Bun|Deno) [\d.]+, (compiled|from source)/,
    );
  });

  test.skipIf(!isCompiled)("warns of BUN_OPTIONS, which Bun obeys", async () => {
    expect(await look("runtime", { BUN_OPTIONS: "--smol" })).toMatchObject({
      code: 0,
      status: "warn",
      message: expect.stringContaining("Bun obeys BUN_OPTIONS before this program begins"),
      hint: "correct or unset BUN_OPTIONS",
    });
  });

  test.each(["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"])(
    "warns of a certificate file in %s that cannot be used",
    async (name) => {
      const here = home();
      const notes = writeBelow(here.path, "notes.txt", "nothing\n");
      const ca = (await makeCertificates()).caFile();
      const missing = join(here.path, "missing.pem");
      const says = async (path: string) => look("runtime", { [name]: path }, { home: here });
      expect(await says(missing)).toMatchObject({
        status: "warn",
        message: `${name} names ${missing}, which does not exist, so that nothing of it is trusted`,
        hint: `correct or unset ${name}`,
      });
      expect((await says(notes)).message).toContain("which holds no certificate");
      expect((await says(here.path)).message).toContain("which cannot be read");
      expect(await says(ca)).toMatchObject({ status: "ok" });
    },
  );
});

describe.skipIf(!isCompiled)("doctor: copies", () => {
  const own = () => realpathSync(programCommand("binary")[0]!);

  /** Another program of that name, which would leave a trace if it were run. */
  function other(here: Home, folder: string): string {
    const path = writeBelow(join(here.path, folder), "bentocloud", `#!/bin/sh\ntouch ${here.path}/was-run\n`);
    chmodSync(path, 0o755);
    return path;
  }

  function linkTo(here: Home, folder: string): void {
    mkdirSync(join(here.path, folder));
    symlinkSync(own(), join(here.path, folder, "bentocloud"));
  }

  const inPath = (here: Home, ...folders: string[]) => ({
    PATH: [...folders.map((folder) => join(here.path, folder)), "/usr/bin", "/bin"].join(":"),
  });

  test("names the programs that come later in PATH", async () => {
    const here = home();
    linkTo(here, "bin");
    const copy = other(here, "old");
    const message = async (...folders: string[]) =>
      (await look("copies", inPath(here, ...folders), { home: here })).message;
    expect(await message("bin", "bin")).toBe(`\`bentocloud\` starts this program, ${own()}`);
    expect(await message("bin", "old")).toBe(
      `\`bentocloud\` starts this program, ${own()}; later in PATH: ${copy}`,
    );
  });

  test("warns of another program that comes first in PATH, and does not run it", async () => {
    const here = home();
    linkTo(here, "bin");
    const copy = other(here, "old");
    for (const env of [inPath(here, "old", "bin"), inPath(here, "old")])
      expect(await look("copies", env, { home: here })).toMatchObject({
        code: 0,
        status: "warn",
        message: `\`bentocloud\` starts ${copy} instead of this program, ${own()}`,
      });
    expect(existsSync(join(here.path, "was-run"))).toBe(false);
  });

  test("ignores files in PATH that are not executable", async () => {
    const here = home();
    writeBelow(join(here.path, "text"), "bentocloud", "not a program\n");
    mkdirSync(join(here.path, "folder/bentocloud"), { recursive: true });
    const found = await look("copies", inPath(here, "text", "folder", "missing"), { home: here });
    expect(found).toMatchObject({
      status: "ok",
      message: `no program in PATH is called bentocloud; this program is ${own()}`,
    });
  });
});
