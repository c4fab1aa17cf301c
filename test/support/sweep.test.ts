import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { home, run } from "./bin.ts";
import { startCloud } from "./cloud.ts";
import { canary, quotedCanary, registerCanary, sweep, type Allowed } from "./sweep.ts";
import { openTerminal } from "./terminal.ts";

afterEach(() => sweep());

/** The leaks that the sweep reports, one a line. */
function leaks(allowed?: Allowed): string[] {
  try {
    sweep(allowed);
    return [];
  } catch (error) {
    return (error as Error).message.split("\n").slice(1);
  }
}

const printf = { command: ["printf", "%s\n"] };

describe("outputs", () => {
  test.each([
    ["in clear", (token: string) => token],
    ["in clear", (token: string) => token.slice(2, 14)],
    ["in clear", (token: string) => `${token.slice(0, 9)}\u001b[1m\r\n${token.slice(9)}`],
    ["in base64", (token: string) => Buffer.from(`user:${token}`).toString("base64")],
    ["in base64", (token: string) => btoa(`me:${token}!`)],
    [
      "percent-encoded",
      (token: string) => token.replaceAll(/./g, (one) => `%${one.charCodeAt(0).toString(16)}`),
    ],
    ["in hexadecimal", (token: string) => Buffer.from(token).toString("hex")],
  ])("a token %s is found", async (form, spell) => {
    const token = canary();
    await run([spell(token)], printf);
    const found = leaks();
    expect(found).toHaveLength(1);
    expect(found[0]).toEndWith(`${form} on stdout`);
    expect(found.join().includes(token)).toBe(false);
  });

  test("a token with signs in it is found as it stands in a URL", async () => {
    const token = registerCanary(`s3cr+t/${crypto.randomUUID()}=`);
    await run([encodeURIComponent(token)], printf);
    expect(leaks().join()).toContain("percent-encoded on stdout");
  });

  test("a token with quotes is found in JSON and behind a shell's quotes", async () => {
    const token = quotedCanary();
    await run([JSON.stringify({ token })], printf);
    expect(leaks().join()).toContain("escaped in JSON on stdout");
    await run([`'${token.replaceAll("'", "'\\''")}'`], printf);
    expect(leaks().join()).toContain("quoted for a shell on stdout");
  });

  test("the beginning that tokens of one time share is found", async () => {
    const cloud = await startCloud();
    const [first] = [cloud.issueToken(), cloud.issueToken()];
    await cloud.stop();
    await run([`${first!.slice(0, 12)}...`], printf);
    expect(leaks()).toEqual([expect.stringMatching(/several canaries in clear on stdout$/)]);
  });

  test.each<[string, (secret: string) => { args?: string[]; env?: Record<string, string>; file?: string }]>([
    ["a token among the arguments", (secret) => ({ args: ["--api-token", secret] })],
    ["a token behind an equals sign", (secret) => ({ args: [`--api-token=${secret}`] })],
    ["a token in the environment", (secret) => ({ env: { BENTO_CLOUD_API_KEY: secret } })],
    ["the password of a proxy", (secret) => ({ env: { ALL_PROXY: `http://me:${secret}@proxy.test` } })],
    ["the password of --endpoint", (secret) => ({ args: ["--endpoint", `https://me:${secret}@a.test`] })],
    ["the password of a stored endpoint", (secret) => ({ file: `endpoint: "https://me:${secret}@a.test"` })],
  ])("%s is found, although the test declared no secret", async (_what, give) => {
    const secret = `s3cret-${crypto.randomUUID()}`;
    const { args = [], env = {}, file = "" } = give(secret);
    const here = home();
    here.write(file);
    await run(args, { home: here, env, command: ["sh", "-c", `echo ${secret} >&2`, "sh"] });
    expect(leaks()).toEqual([expect.stringMatching(/canary \d+ in clear on stderr$/)]);
  });

  test("a masked token is no leak", async () => {
    await run([`****${canary().slice(-4)}`], printf);
    expect(leaks()).toEqual([]);
  });

  test("a run may reveal tokens when it says so", async () => {
    const print = ["sh", "-c", 'echo "$1"; echo "$1" >&2', "sh"];
    await run([canary()], { command: print, reveals: true });
    expect(leaks()).toEqual([]);
    await run([canary()], { command: print, reveals: "stdout" });
    expect(leaks()).toEqual([expect.stringMatching(/in clear on stderr$/)]);
  });

  test("a terminal is searched, also for tokens of the local cloud", async () => {
    const cloud = await startCloud();
    await openTerminal([cloud.issueToken()], printf).exit;
    await cloud.stop();
    expect(leaks()).toEqual([expect.stringMatching(/on a terminal\): canary \d+ in clear on stdout$/)]);
  });
});

describe("files", () => {
  test("a token may stand in its own places only", () => {
    const here = home();
    const token = canary();
    here.write(`api_token: ${token}`);
    const files = [
      ".bentocloud/versions/1.version.yaml",
      ".bentocloud/meta.json",
      ".yatai.yaml.tmp",
      "typed.txt",
      token,
    ];
    for (const file of files) {
      mkdirSync(dirname(join(here.bentoml, file)), { recursive: true });
      writeFileSync(join(here.bentoml, file), file === token ? "" : token, { mode: 0o000 });
    }
    const found = leaks({ files: ["**/typed.txt"] }).map((leak) =>
      leak.trim().replace(/canary \d+/, "canary"),
    );
    expect(found.toSorted()).toEqual([
      "a file's name: canary in clear",
      "the file bentoml/.bentocloud/meta.json: canary in clear",
      "the file bentoml/.yatai.yaml.tmp: canary in clear",
    ]);
    expect(existsSync(here.path)).toBe(false);
  });

  test("a linked contexts file is such a place", () => {
    const here = home();
    here.write(canary());
    renameSync(here.file, join(here.path, "dotfile"));
    symlinkSync("../dotfile", here.file);
    expect(leaks()).toEqual([]);
  });
});
