import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join, sep } from "node:path";
import { writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run, type Home, type RunOptions } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { tokenOf } from "../../src/contexts/context.ts";
import type { ErrorCode } from "../../src/errors.ts";
import { parseContexts } from "../../src/yaml/read-document.ts";

/**
 * A hint is the command for the case at hand. Every failure of the active context is brought about for every source of
 * it, and the hint is carried out: it repairs what failed, and leaves every other context and the current one alone.
 */
sweepCanaries({ files: ["key"] });

const startCloud = cloudsPerTest();

/** The failing login is the context `b` or the environment's; `a` is another one, which works. */
interface Login {
  endpoint: string;
  token: string;
}

interface Case {
  here: Home;
  options: RunOptions;
  /** Options before the command. */
  flags: string[];
  /** Replaces the login where it comes from, as a person who follows a hint about a variable does. */
  replace(login: Login): void;
}

type Prepare = (here: Home, login: Login) => Omit<Case, "here">;

/** For the sources whose login is in the contexts file: nothing there is replaced by hand. */
const inFile = (rest: { env?: Record<string, string>; flags?: string[] } = {}): Omit<Case, "here"> => ({
  options: { env: rest.env ?? {} },
  flags: rest.flags ?? [],
  replace() {
    throw new Error("this login is in no variable");
  },
});

const SOURCES: Record<string, Prepare> = {
  flag: () => inFile({ flags: ["--context", "b"] }),
  env_context: () => inFile({ env: { BENTOML_CLOUD_CONTEXT: "b" } }),
  project(here) {
    writeBelow(here.path, ".bentorc", "context=b\n");
    return inFile();
  },
  user: () => inFile(),
  "flag under a key": (_, { endpoint }) =>
    inFile({
      flags: ["--context", "b"],
      env: { BENTO_CLOUD_API_KEY: canary(), BENTO_CLOUD_API_ENDPOINT: `${endpoint}/other` },
    }),
  env_key(_, { endpoint, token }) {
    const env = { BENTO_CLOUD_API_KEY: token, BENTO_CLOUD_API_ENDPOINT: endpoint };
    const replace = (login: Login) => {
      env.BENTO_CLOUD_API_KEY = login.token;
      env.BENTO_CLOUD_API_ENDPOINT = login.endpoint;
    };
    return { options: { env }, flags: [], replace };
  },
  "env_key of a file"(here, { endpoint, token }) {
    const path = join(here.path, "key");
    const env = { BENTO_CLOUD_API_KEY_FILE: path, BENTO_CLOUD_API_ENDPOINT: endpoint };
    writeFileSync(path, token, { mode: 0o600 });
    const replace = (login: Login) => {
      writeFileSync(path, login.token);
      env.BENTO_CLOUD_API_ENDPOINT = login.endpoint;
    };
    return { options: { env }, flags: [], replace };
  },
};

const isVariable = (source: string) => source.startsWith("env_key");
const STORED = Object.keys(SOURCES).filter((source) => !isVariable(source));
const ALL = Object.keys(SOURCES);

async function prepare(
  source: string,
  login: Login,
  { isMissing = false } = {},
): Promise<Case & { works: Login }> {
  const other = await startCloud();
  const works = { endpoint: other.url, token: other.issueToken({ email: "a@example.test" }) };
  const here = home();
  const entries = [{ name: "a", ...works }, ...(isMissing ? [] : [{ name: "b", ...login }])];
  writeContexts(here, entries, source === "user" ? "b" : "a");
  return { here, works, ...SOURCES[source]!(here, login) };
}

const fail = ({ here, options, flags }: Case, command: readonly string[]) =>
  run([...flags, ...command], { home: here, ...options });

/** The commands in a hint, with what a person fills in, each run where the failing command ran. */
async function follow({ here, options }: Case, hint: string, login: Login): Promise<string[]> {
  const commands = [...hint.matchAll(/bentocloud login(?: --?[\w-]+(?:[= ](?!-)[^\s;,`]+)?)*/g)].map(
    ([text]) => text,
  );
  for (const command of commands) {
    const words = command
      .split(" ")
      .slice(1)
      .map((word) => (word === "URL" ? login.endpoint : word));
    const isPiped = words.includes("--with-token") || options.env?.["BENTO_CLOUD_API_KEY"] !== undefined;
    const args = isPiped ? words : [...words, "--with-token"];
    expect(await run(args, { home: here, ...options, stdin: login.token })).toMatchObject({ code: 0 });
  }
  return commands;
}

/** What no hint may change: the other context, and which one is current. */
function untouched({ here }: Case) {
  const { contexts, current } = parseContexts(here.read());
  const other = contexts.find(({ name }) => name === "a")!;
  return { endpoint: other.endpoint.reveal(), token: tokenOf(other)!.masked, current: current.name };
}

interface Failure {
  code: ErrorCode;
  /** Makes the login fail; the token that it is tried with. */
  cause(cloud: LocalCloud): string;
  /** What the hint says where the login is in a variable. */
  variable: (source: string) => string;
}

const revoked = (cloud: LocalCloud) => {
  const token = cloud.issueToken();
  cloud.revoke(token);
  return token;
};
const misbehaving = (plan: Parameters<LocalCloud["misbehave"]>[1]) => (cloud: LocalCloud) => {
  for (const route of ["GET /api/v1/auth/current", "GET /api/v1/current_org"]) cloud.misbehave(route, plan);
  return cloud.issueToken();
};
const keyOf = (source: string) =>
  source === "env_key"
    ? "BENTO_CLOUD_API_KEY holds this token"
    : `${sep}key, which BENTO_CLOUD_API_KEY_FILE names`;
const endpointOf = () => "BENTO_CLOUD_API_ENDPOINT";

const FAILURES: Failure[] = [
  { code: "TOKEN_REJECTED", cause: revoked, variable: keyOf },
  { code: "TOKEN_EXPIRED", cause: (cloud) => cloud.issueToken({ expiresAt: new Date(0) }), variable: keyOf },
  { code: "HOST_MISMATCH", cause: misbehaving({ redirect: "https://moved.test/" }), variable: endpointOf },
  { code: "NOT_BENTOCLOUD", cause: misbehaving({ html: true }), variable: endpointOf },
];

describe.each(FAILURES)("the hint of $code", ({ code, cause, variable }) => {
  test.each(ALL)("repairs the login of the source: %s", async (source) => {
    const [cloud, moved] = [await startCloud(), await startCloud()];
    const login = { endpoint: cloud.url, token: cause(cloud) };
    const one = await prepare(source, login);
    const before = untouched(one);
    const failed = await fail(one, ["whoami", "--json"]);
    const { error } = JSON.parse(failed.stderr);
    expect(error).toMatchObject({ code });
    const isElsewhere = code === "HOST_MISMATCH" || code === "NOT_BENTOCLOUD";
    const repaired = isElsewhere ? moved : cloud;
    const next = { endpoint: repaired.url, token: repaired.issueToken() };
    if (isVariable(source)) {
      expect(error.hint).toContain(variable(source));
      expect(error.hint).not.toContain("bentocloud login");
      one.replace(next);
    } else expect(await follow(one, error.hint, next)).toHaveLength(1);
    expect(await fail(one, ["whoami"])).toMatchObject({ code: 0 });
    expect(untouched(one)).toEqual(before);
  });
});

describe("the hint about a token that is rejected", () => {
  test.each([
    "status",
    "status --all",
    "api /api/v1/current_org",
    "api-token list",
    "api-token rotate",
    "exec --check -- true",
    "doctor",
  ])("of `%s` names the context", async (command) => {
    const cloud = await startCloud();
    const one = await prepare("flag", { endpoint: cloud.url, token: revoked(cloud) });
    const isAll = command.includes("--all");
    const { stdout, stderr } = await fail(isAll ? { ...one, flags: [] } : one, command.split(" "));
    const said = stdout + stderr;
    expect(said).not.toMatch(/bentocloud login(?! --context b\b)/);
    if (!isAll) expect(said).toContain("bentocloud login --context b --no-use");
  });
});

describe("the hint about a context without a token", () => {
  test.each(STORED)("signs in to that context, chosen by: %s", async (source) => {
    const cloud = await startCloud();
    const one = await prepare(source, { endpoint: cloud.url, token: "" });
    const before = untouched(one);
    const { code, stderr } = await fail(one, ["whoami", "--json"]);
    expect(code).toBe(4);
    const next = { endpoint: cloud.url, token: cloud.issueToken() };
    expect(await follow(one, JSON.parse(stderr).error.hint, next)).toHaveLength(1);
    expect(await fail(one, ["whoami"])).toMatchObject({ code: 0 });
    expect(untouched(one)).toEqual(before);
  });
});

describe("the hint about a token of somebody else under a known name", () => {
  test.each(STORED)("signs in to that context, chosen by: %s", async (source) => {
    const cloud = await startCloud();
    const theirs = { email: "b@example.test", organization: "globex" };
    const one = await prepare(source, { endpoint: cloud.url, token: cloud.issueToken() });
    expect(await run(["whoami", "--context", "b"], { home: one.here })).toMatchObject({ code: 0 });
    const mine = { endpoint: cloud.url, token: cloud.issueToken() };
    const flags = ["--context", "b", "--no-use", "--with-token", "--endpoint", cloud.url];
    expect(await run(["login", ...flags], { home: one.here, stdin: mine.token })).toMatchObject({ code: 0 });
    one.here.write(one.here.read().replace(mine.token, cloud.issueToken(theirs)));
    const before = untouched(one);
    const { error } = JSON.parse((await fail(one, ["whoami", "--json"])).stderr);
    expect(error).toMatchObject({ code: "PIN_MISMATCH" });
    const next = { endpoint: cloud.url, token: cloud.issueToken(theirs) };
    expect(await follow(one, error.hint, next)).toHaveLength(1);
    expect(await fail(one, ["whoami"])).toMatchObject({ code: 0 });
    expect(untouched(one)).toEqual(before);
  });
});

describe("the hint about an entry that cannot be read", () => {
  test.each(STORED)("says which line to correct, chosen by: %s", async (source) => {
    const cloud = await startCloud();
    const one = await prepare(source, { endpoint: cloud.url, token: "1.10" });
    const { error } = JSON.parse((await fail(one, ["whoami", "--json"])).stderr);
    expect(error).toMatchObject({ code: "CORRUPT", message: expect.stringContaining(".yatai.yaml:") });
    expect(error.hint).toContain("correct that line");
  });
});

describe("the hint about a stored endpoint that cannot be used", () => {
  test.each(STORED)("signs in to that context, chosen by: %s", async (source) => {
    const cloud = await startCloud();
    const one = await prepare(source, { endpoint: "ftp://bento.test", token: canary() });
    const before = untouched(one);
    const { error } = JSON.parse((await fail(one, ["whoami", "--json"])).stderr);
    expect(error).toMatchObject({ code: "USAGE" });
    expect(await follow(one, error.hint, { endpoint: cloud.url, token: cloud.issueToken() })).toHaveLength(1);
    expect(await fail(one, ["whoami"])).toMatchObject({ code: 0 });
    expect(untouched(one)).toEqual(before);
  });
});

describe("the hint about a context that does not exist", () => {
  const missing: [source: string, code: ErrorCode, hint: RegExp][] = [
    ["flag", "NOT_FOUND", /`bentocloud context list`/],
    ["env_context", "NOT_FOUND", /unset BENTOML_CLOUD_CONTEXT, or set it to one/],
    ["project", "NOT_LOGGED_IN", /^bentocloud login --context b --no-use$/],
    ["user", "NOT_LOGGED_IN", /bentocloud use NAME/],
  ];
  test.each(missing)("%s: %s", async (source, code, hint) => {
    const cloud = await startCloud();
    const one = await prepare(source, { endpoint: cloud.url, token: "" }, { isMissing: true });
    const { stderr } = await fail(one, ["whoami", "--json"]);
    const { error } = JSON.parse(stderr);
    expect(error).toMatchObject({ code });
    expect(error.hint).toMatch(hint);
  });
});

describe("the hint about a pin that does not match", () => {
  const pins: [source: string, hint: RegExp][] = [
    ["flag", /choose another context with --context/],
    ["env_context", /set BENTOML_CLOUD_CONTEXT to another context/],
    ["project", /choose another context with --context/],
    ["user", /--context or `bentocloud use`/],
    ["env_key", /unset BENTO_CLOUD_API_KEY, choose a context with --context/],
    ["env_key of a file", /unset BENTO_CLOUD_API_KEY_FILE, choose a context with --context/],
  ];
  test.each(pins)("chosen by %s names what chose the context", async (source, hint) => {
    const cloud = await startCloud();
    const one = await prepare(source, { endpoint: cloud.url, token: cloud.issueToken() });
    const choice = source === "project" ? "context=b\n" : "";
    writeBelow(one.here.path, ".bentorc", `${choice}endpoint=${one.works.endpoint}\n`);
    const { stderr } = await fail(one, ["token", "--json"]);
    const { error } = JSON.parse(stderr);
    expect(error).toMatchObject({ code: "PIN_MISMATCH" });
    expect(error.hint).toMatch(hint);
    expect(error.hint).not.toContain("bentocloud login");
    const options = { home: one.here, ...one.options, reveals: true };
    expect(await run(["--context", "a", "token"], options)).toMatchObject({ code: 0 });
  });
});

const TROUBLES: [ErrorCode, Parameters<LocalCloud["misbehave"]>[1]][] = [
  ["UNREACHABLE", { reset: true }],
  ["TIMEOUT", { silent: true }],
  ["API_500", { status: 500, body: { error: "boom" } }],
  ["FORBIDDEN", { status: 403, body: { error: "the api_token need the scopes: api" } }],
];

describe("the hint about a server in trouble", () => {
  test.each(TROUBLES.flatMap((row) => ALL.map((source) => [source, ...row] as const)))(
    "%s: %s explains, and sends nobody to another login",
    async (source, code, plan) => {
      const cloud = await startCloud();
      cloud.misbehave("GET /api/v1/auth/current", plan);
      const one = await prepare(source, { endpoint: cloud.url, token: cloud.issueToken() });
      const { stderr } = await fail(one, ["whoami", "--json", "--timeout", "0.4"]);
      const { error } = JSON.parse(stderr);
      expect(error).toMatchObject({ code });
      expect(error.hint).toEqual(expect.any(String));
      expect(error.hint).not.toContain("bentocloud login");
    },
  );
});

test.each(["whoami", "login"])("%s: the default server is said to be the default", async (command) => {
  // Nothing listens on this port, so no request leaves the machine.
  const env = { BENTO_CLOUD_API_KEY: canary(), https_proxy: "http://127.0.0.1:9" };
  const { code, stderr } = await run([command, "--timeout", "0.4"], { env });
  expect(code).toBe(5);
  expect(stderr).toContain(
    "hint: BENTO_CLOUD_API_ENDPOINT is not set, so this asked https://cloud.bentoml.com; ",
  );
});

test("every error code is brought about here, or has nothing to do with the active context", async () => {
  const source = await Bun.file(new URL("../../src/errors.ts", import.meta.url)).text();
  const codes = [...source.matchAll(/^ {2}([A-Z_]+): \d+,$/gm)].map(([, code]) => code!);
  expect(codes).toContain("CORRUPT");
  const here = [...FAILURES.map(({ code }) => code), ...TROUBLES.map(([code]) => code)];
  const rows = ["NOT_LOGGED_IN", "NOT_FOUND", "PIN_MISMATCH", "CORRUPT", "USAGE"];
  const elsewhere = ["FAILURE", "TLS", "STORAGE", "LOCKED", "INTERNAL", "CANCELLED", "LEAK_FOUND"];
  const expected = new Set<string>([...here, ...rows, ...elsewhere]);
  expect(codes.filter((code) => !expected.has(code) && !code.startsWith("SECRET_"))).toEqual([]);
});
