import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { writeBelow, writeContexts } from "../store/fixture.ts";
import { home, type RunOptions } from "../support/bin.ts";
import type { Home } from "../support/home.ts";
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

function twoContexts(): Home {
  const here = home();
  writeContexts(here, [{ name: "a" }, { name: "b" }]);
  return here;
}

describe("environment", () => {
  const key = canary();
  const EXPLAIN = "`bentocloud explain` shows what each of them uses";

  test.each([
    ["nothing set", {}, "no variable chooses a login"],
    ["a name", { BENTOML_CLOUD_CONTEXT: "b" }, "BENTOML_CLOUD_CONTEXT chooses the context"],
    [
      "a key",
      { BENTO_CLOUD_API_KEY: key },
      "BENTO_CLOUD_API_KEY is the login, with the default endpoint; no stored context is used",
    ],
    [
      "key and endpoint",
      { BENTO_CLOUD_API_KEY: key, BENTO_CLOUD_API_ENDPOINT: "https://x.test" },
      "BENTO_CLOUD_API_KEY is the login, with BENTO_CLOUD_API_ENDPOINT; no stored context is used",
    ],
  ])("%s is in order", async (_what, env, message) => {
    expect(await look("environment", env, { home: twoContexts() })).toMatchObject({
      status: "ok",
      message,
      hint: null,
    });
  });

  test.each([
    [
      "a key that is set but empty",
      { BENTO_CLOUD_API_KEY: "" },
      [],
      "BENTO_CLOUD_API_KEY is set but empty, and ignored here; Python bentoml decides differently: " +
        "BENTO_CLOUD_API_KEY is set but empty, which it takes for a key",
    ],
    [
      "an endpoint without a key",
      { BENTO_CLOUD_API_ENDPOINT: "https://x.test" },
      [],
      "BENTO_CLOUD_API_ENDPOINT without BENTO_CLOUD_API_KEY only says where `login` signs in",
    ],
    [
      "a key and --context",
      { BENTO_CLOUD_API_KEY: key },
      ["--context", "a"],
      "--context wins over BENTO_CLOUD_API_KEY here; Python bentoml decides differently: BENTO_CLOUD_API_KEY " +
        "beats every --context there",
    ],
    [
      "a key and a name",
      { BENTO_CLOUD_API_KEY: key, BENTOML_CLOUD_CONTEXT: "b" },
      [],
      "BENTO_CLOUD_API_KEY wins over BENTOML_CLOUD_CONTEXT",
    ],
    [
      "several at once",
      { BENTO_CLOUD_API_KEY: key, BENTO_CLOUD_API_ENDPOINT: " ", BENTOML_CLOUD_CONTEXT: "b" },
      [],
      "BENTO_CLOUD_API_ENDPOINT is set but empty, and ignored here; BENTO_CLOUD_API_KEY wins over " +
        "BENTOML_CLOUD_CONTEXT; Python bentoml decides differently: it takes " +
        "endpoint and token exactly as they are written",
    ],
  ])("%s is a warning", async (_what, env, args, message) => {
    expect(await look("environment", env, { home: twoContexts(), args })).toMatchObject({
      code: 0,
      status: "warn",
      message,
      hint: EXPLAIN,
    });
  });

  test("a key in a project that chooses a context is a warning, and the project alone is not", async () => {
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

  test("an endpoint that is none is a failure", async () => {
    const env = { BENTO_CLOUD_API_KEY: key, BENTO_CLOUD_API_ENDPOINT: "ftp://x.test" };
    const { code, status, message } = await look("environment", env);
    expect({ code, status }).toEqual({ code: 1, status: "fail" });
    expect(message).toStartWith("BENTO_CLOUD_API_ENDPOINT: ");
  });
});

describe("runtime", () => {
  test("is named with its version", async () => {
    const { status, message } = await look("runtime", {});
    expect(status).toBe("ok");
    expect(message).toMatch(
      /^bentocloud \d+\.\d+\.\d+ on \w+ \w+, (Bun|Deno) [\d.]+, (compiled|from source)$/,
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

  test("mentions what has no effect here, without a warning", async () => {
    const { status, message } = await look("runtime", {
      BUN_BE_BUN: "0",
      BUN_CONFIG_VERBOSE_FETCH: "1",
      NODE_OPTIONS: "--inspect",
      NODE_TLS_REJECT_UNAUTHORIZED: "0",
    });
    expect(status).toBe("ok");
    for (const name of [
      "BUN_BE_BUN",
      "BUN_CONFIG_VERBOSE_FETCH",
      "NODE_OPTIONS",
      "NODE_TLS_REJECT_UNAUTHORIZED=0",
    ])
      expect(message).toContain(name);
  });

  test.each(["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"])(
    "warns of a file in %s that is of no use",
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
      expect(await says(ca)).toMatchObject({
        status: "ok",
        message: expect.stringContaining(`the authorities in ${ca} (${name}) are trusted`),
      });
    },
  );
});

describe("completion", () => {
  test.each([
    ["bash", ".bashrc", "source <(bentocloud completion bash)\n"],
    ["bash", ".local/share/bash-completion/completions/bentocloud", "complete\n"],
    ["zsh", ".zshrc", "autoload compinit\n  source <(bentocloud completion zsh)\n"],
    ["fish", ".config/fish/completions/bentocloud.fish", "complete\n"],
    ["fish", ".config/fish/config.fish", "bentocloud completion fish | source\n"],
    [
      "pwsh",
      ".config/powershell/Microsoft.PowerShell_profile.ps1",
      "bentocloud completion powershell | Out-String | Invoke-Expression\n",
    ],
  ])("of %s is found in %s", async (shell, name, text) => {
    const here = home();
    const env = { SHELL: `/usr/bin/${shell}` };
    const before = await look("completion", env, { home: here });
    expect(before).toMatchObject({
      status: "ok",
      message: `${shell} does not complete bentocloud's commands yet`,
    });
    expect(before.hint).toContain(`bentocloud completion ${shell === "pwsh" ? "powershell" : shell}`);
    const path = writeBelow(here.path, name, text);
    expect(await look("completion", env, { home: here })).toMatchObject({
      status: "ok",
      message: `${shell} completes bentocloud's commands, by ${path}`,
      hint: null,
    });
  });

  test("in a comment is none", async () => {
    const here = home();
    writeBelow(here.path, ".bashrc", "# source <(bentocloud completion bash)\n");
    expect((await look("completion", { SHELL: "/bin/bash" }, { home: here })).hint).not.toBeNull();
  });

  test("of zsh is found where ZDOTDIR and FPATH say", async () => {
    const here = home();
    const rc = writeBelow(here.path, "dots/.zshrc", "source <(bentocloud completion zsh)\n");
    const own = writeBelow(here.path, "functions/_bentocloud", "#compdef bentocloud\n");
    const found = async (env: Record<string, string>) =>
      (await look("completion", { SHELL: "/bin/zsh", ...env }, { home: here })).message;
    expect(await found({ ZDOTDIR: join(here.path, "dots") })).toEndWith(`by ${rc}`);
    expect(await found({ FPATH: `/nowhere:${join(here.path, "functions")}` })).toEndWith(`by ${own}`);
  });

  test.each(["/bin/dash", "", "/usr/bin/constructor"])("has no line in a shell like %p", async (shell) => {
    const { ids } = await doctor(["--offline"], { env: { SHELL: shell } });
    expect(ids).not.toContain("completion");
  });
});

describe.skipIf(!isCompiled)("copies", () => {
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

  test("of which this is the only one, by a link", async () => {
    const here = home();
    linkTo(here, "bin");
    expect(await look("copies", inPath(here, "bin", "bin"), { home: here })).toMatchObject({
      status: "ok",
      message: `\`bentocloud\` starts this program, ${own()}`,
    });
  });

  test("behind this one are named", async () => {
    const here = home();
    linkTo(here, "bin");
    const copy = other(here, "old");
    expect(await look("copies", inPath(here, "bin", "old"), { home: here })).toMatchObject({
      status: "ok",
      message: `\`bentocloud\` starts this program, ${own()}; behind it in PATH: ${copy}`,
    });
  });

  test("before this one are a warning, and are not run", async () => {
    const here = home();
    linkTo(here, "bin");
    const copy = other(here, "old");
    for (const env of [inPath(here, "old", "bin"), inPath(here, "old")])
      expect(await look("copies", env, { home: here })).toMatchObject({
        code: 0,
        status: "warn",
        message: `\`bentocloud\` starts ${copy}, and not this program, ${own()}`,
      });
    expect(existsSync(join(here.path, "was-run"))).toBe(false);
  });

  test("that cannot be started do not count, and neither does this one outside of PATH", async () => {
    const here = home();
    writeBelow(join(here.path, "text"), "bentocloud", "not a program\n");
    mkdirSync(join(here.path, "folder/bentocloud"), { recursive: true });
    const found = await look("copies", inPath(here, "text", "folder", "missing"), { home: here });
    expect(found).toMatchObject({
      status: "ok",
      message: `no program in PATH is called bentocloud; this one is ${own()}`,
    });
  });
});
