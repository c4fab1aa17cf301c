import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run, type Home } from "../support/bin.ts";
import { cloudForAll } from "../support/clouds.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

/** Only files of the hostile directory name this server. */
const trap = await cloudForAll({ verify: false });
const cloud = await cloudForAll();

/** A directory as in a hostile repository; all code in it would create `marker`. */
function plant(directory: string): { marker: string } {
  const marker = join(directory, "marker");
  const url = trap.url;
  const code =
    `require("node:fs").writeFileSync(${JSON.stringify(marker)}, "executed"); ` +
    `fetch(${JSON.stringify(`${url}/executed`)}).catch(() => {});`;
  const values = { context: "evil", endpoint: url, extends: `${url}/layer`, choice: { name: "evil" } };
  const moduleText = `${code}\nmodule.exports = ${JSON.stringify(values)};\n`;
  const environment = [
    "BENTO_CLOUD_API_KEY=evilevilevilevilevil",
    `BENTO_CLOUD_API_ENDPOINT=${url}`,
    "BENTOML_CLOUD_CONTEXT=evil",
    `BENTOML_HOME=${directory}/evil`,
    "NODE_TLS_REJECT_UNAUTHORIZED=0",
    `HTTP_PROXY=${url}`,
    `HTTPS_PROXY=${url}`,
    "",
  ].join("\n");
  const planted: Record<string, string> = {
    ".env": environment,
    ".env.local": environment,
    ".env.production": environment,
    ".env.development": environment,
    "bunfig.toml": 'preload = ["./preload.js"]\n[run]\nbun = true\n',
    ".bunfig.toml": 'preload = ["./preload.js"]\n',
    "preload.js": code,
    "bento.config.ts": moduleText,
    "bentocloud.config.ts": moduleText,
    "bentocloud.config.js": moduleText,
    "bentocloud.config.mjs": code,
    "bentocloud.config.cjs": moduleText,
    "bentocloud.config.json": JSON.stringify(values),
    "bentocloud.config.yaml": `context: evil\nendpoint: ${url}\nextends: ${url}/layer\n`,
    "bentocloud.config.toml": `context = "evil"\nendpoint = "${url}"\n`,
    "config.ts": moduleText,
    ".config/bentocloud.ts": moduleText,
    ".config/bentocloud.json": JSON.stringify(values),
    ".config/.bentocloudrc": `context=evil\nextends=${url}/layer\n`,
    ".bentocloudrc": `context=evil\nextends=${url}/layer\nchoice.name=evil\n`,
    ".configrc": "context=evil\n",
    "package.json": JSON.stringify({
      name: "x",
      type: "commonjs",
      bentocloud: values,
      main: "preload.js",
    }),
    "tsconfig.json": JSON.stringify({
      compilerOptions: { paths: { c12: ["./preload.js"], citty: ["./preload.js"] } },
    }),
    "deno.json": JSON.stringify({ imports: { c12: "./preload.js", citty: "./preload.js" } }),
    ".npmrc": `registry=${url}/\n`,
    ...Object.fromEntries(
      ["c12", "jiti", "giget", "rc9", "citty", "consola", "yaml", "dotenv"].flatMap((name) => [
        [`node_modules/${name}/package.json`, JSON.stringify({ name, main: "index.js" })],
        [`node_modules/${name}/index.js`, code],
      ]),
    ),
  };
  for (const [name, text] of Object.entries(planted)) writeBelow(directory, name, text);
  return { marker };
}

/** A home with `mine` at the local server, and the hostile directory: below the home, or the home itself. */
function hostile(where: "project" | "home"): { here: Home; cwd: string; marker: string; token: string } {
  const here = home();
  const token = cloud.issueToken();
  writeContexts(here, [
    { name: "mine", endpoint: cloud.url, token },
    { name: "evil", endpoint: trap.url },
  ]);
  const cwd = where === "home" ? here.path : join(here.path, "project");
  mkdirSync(cwd, { recursive: true });
  return { here, cwd, token, ...plant(cwd) };
}

const COMMANDS: [args: string[], stdout: string | RegExp][] = [
  [["--version"], /^bentocloud \d/],
  [["--help"], /^Sign in/],
  [["context", "current"], "mine\n"],
  [["context", "list", "--json"], /"name": "mine"/],
  [["status"], /^verdict +valid$/m],
  [["status", "--offline"], /^verdict +unchecked$/m],
  [["whoami"], "me@example.test in acme (context mine)\n"],
  [["token"], /^[0-9a-v]{20}\n$/],
  [["use", "mine"], ""],
  [["use", "nobody"], ""],
  [["link"], ""],
  [["unlink"], ""],
  [["logout", "mine"], ""],
];

describe.each(["project", "home"] as const)("a hostile directory as %s", (where) => {
  test.each(COMMANDS)("%p: executes, fetches and believes no file in it", async (args, expected) => {
    const { here, cwd, marker, token } = hostile(where);
    // The files that a bare Bun program reads, in every mode.
    for (const env of [{}, { NODE_ENV: "production" }]) {
      const { stdout, stderr } = await run(args, { home: here, cwd, env, reveals: "stdout" });
      if (typeof expected === "string") expect(stdout).toBe(expected);
      else expect(stdout).toMatch(expected);
      expect(stdout + stderr).not.toContain("evilevil");
      if (args[0] === "token") expect(stdout).toBe(`${token}\n`);
      if (args[0] === "logout") break;
    }
    expect(existsSync(marker)).toBe(false);
    expect(existsSync(join(cwd, "evil"))).toBe(false);
    expect(trap.requests).toEqual([]);
  });

  test("login uses no endpoint and no token from it", async () => {
    const { here, cwd, marker } = hostile(where);
    const token = cloud.issueToken({ email: "new@example.test" });
    const args = ["login", "--with-token", "--endpoint", cloud.url, "--context", "new"];
    const { code, stderr } = await run(args, { home: here, cwd, stdin: token });
    expect({ code, start: stderr.split("\n")[0] }).toEqual({
      code: 0,
      start: `✓ Logged in to ${cloud.url} as new@example.test in acme`,
    });
    const without = await run(["login"], { home: here, cwd });
    expect(without).toMatchObject({ code: 2, stdout: "" });
    expect(without.stderr).toStartWith("error: there is no token, and nobody to ask for one\n");
    expect(existsSync(marker)).toBe(false);
    expect(trap.requests).toEqual([]);
  });
});

describe("a hostile .bentorc", () => {
  const RCS: [what: string, rc: () => string, line: number][] = [
    ["extends", () => `extends=${trap.url}/layer\nextends.0=github:evil/repo\n`, 1],
    ["a prototype", () => "__proto__.choice.name=evil\nconstructor.prototype.context=evil\n", 1],
    ["environments", () => "$production.context=evil\n$env.production.context=evil\n$meta.name=evil\n", 1],
    ["code", () => "choice=evil\nimport=./preload.js\nresolve=./bentocloud.config.ts\n", 1],
  ];

  test.each(RCS)("%s only causes a warning", async (_what, rc, line) => {
    const { here, cwd, marker } = hostile("project");
    const path = writeBelow(cwd, ".bentorc", rc());
    const { code, stdout, stderr } = await run(["whoami"], { home: here, cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "me@example.test in acme (context mine)\n" });
    expect(stderr).toContain(`warning: ${path}:${line}: unknown key ignored`);
    expect(existsSync(marker)).toBe(false);
    expect(trap.requests).toEqual([]);
  });

  test("an endpoint in it is a pin that fails, and no token is sent there", async () => {
    const { here, cwd } = hostile("project");
    writeBelow(cwd, ".bentorc", `context=mine\nendpoint=${trap.url}\n`);
    for (const args of [["status"], ["whoami"], ["token"]])
      expect(await run(args, { home: here, cwd })).toMatchObject({ code: 4, stdout: "" });
    const stdin = cloud.issueToken();
    const login = await run(["login", "--with-token", "--context", "mine"], { home: here, cwd, stdin });
    // login renews the named context at that context's own endpoint.
    expect(login.stderr).toStartWith(`✓ Logged in to ${cloud.url} as `);
    expect(trap.requests).toEqual([]);
  });
});

describe("the hostile directory of these tests", () => {
  test("is effective: a bare Bun program executes its files", async () => {
    const { here, cwd, marker } = hostile("project");
    const script = writeBelow(here.path, "bare.js", "console.log(process.env.BENTOML_CLOUD_CONTEXT);\n");
    const bun = [process.execPath, script];
    const { stdout } = await run([], { home: here, cwd, command: bun });
    expect({ stdout, executed: existsSync(marker) }).toEqual({ stdout: "evil\n", executed: true });
  });
});
