import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import type { Plan } from "../support/cloud/misbehave.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { exitCodeOf, type ErrorCode } from "../../src/errors.ts";

sweepCanaries();

/** The table of the contract: scripts branch on these, so they never change. */
const EXIT_CODES: Record<string, ErrorCode[]> = {
  1: ["FAILURE"],
  2: ["USAGE"],
  3: ["NOT_FOUND"],
  4: ["NOT_LOGGED_IN", "TOKEN_REJECTED", "TOKEN_EXPIRED", "FORBIDDEN", "PIN_MISMATCH", "HOST_MISMATCH"],
  5: ["UNREACHABLE", "TIMEOUT", "TLS", "NOT_BENTOCLOUD", "API_400", "API_418", "API_500", "API_503"],
  6: ["STORAGE", "LOCKED", "CORRUPT"],
  70: ["INTERNAL"],
  130: ["CANCELLED"],
};

const ROWS = Object.entries(EXIT_CODES).flatMap(([exit, codes]) =>
  codes.map((code) => [code, Number(exit)] as const),
);

describe("exit codes", () => {
  test.each(ROWS)("%s is %d", (code, exit) => {
    expect(exitCodeOf(code)).toBe(exit);
  });

  test("there is no code that the table does not name", async () => {
    const source = await Bun.file(new URL("../../src/errors.ts", import.meta.url)).text();
    const declared = [...source.matchAll(/^ {2}([A-Z_]+): (\d+),$/gm)].map(([, code, exit]) => [
      code,
      Number(exit),
    ]);
    expect(declared).toEqual(ROWS.filter(([code]) => !code.startsWith("API_")).map((row) => [...row]));
  });
});

type Prepared = Parameters<typeof run>[1] & { args: string[] };

function stored(text: string): Prepared {
  const here = home();
  here.write(text);
  return { home: here, args: ["token"] };
}

async function answering(plan: Plan, args = ["whoami", "--timeout", "1"]): Promise<Prepared> {
  const cloud = await startCloud();
  cloud.misbehave("GET /api/v1/auth/current", plan);
  return { args, env: { BENTO_CLOUD_API_KEY: cloud.issueToken(), BENTO_CLOUD_API_ENDPOINT: cloud.url } };
}

const REACHED: [code: ErrorCode, prepare: () => Prepared | Promise<Prepared>][] = [
  ["FAILURE", () => ({ args: ["current-context"] })],
  ["USAGE", () => ({ args: ["no-such-command"] })],
  ["NOT_FOUND", () => ({ args: ["use", "nobody"] })],
  ["NOT_LOGGED_IN", () => ({ args: ["token"] })],
  ["TOKEN_REJECTED", () => answering({ status: 401, body: { message: "Bad credentials" } })],
  ["TOKEN_EXPIRED", () => answering({ status: 403, body: { message: "the api token is expired" } })],
  ["FORBIDDEN", () => answering({ status: 403, body: { message: "the api_token need the scopes: api" } })],
  [
    "PIN_MISMATCH",
    () => {
      const here = home();
      writeContexts(here, [{ name: "mine" }]);
      writeBelow(here.path, ".bentorc", "endpoint=https://pinned.test\n");
      return { home: here, args: ["token"] };
    },
  ],
  ["HOST_MISMATCH", () => answering({ redirect: "https://elsewhere.test/" })],
  [
    "UNREACHABLE",
    () => ({
      args: ["whoami", "--timeout", "1"],
      env: { BENTO_CLOUD_API_KEY: canary(), BENTO_CLOUD_API_ENDPOINT: "http://127.0.0.1:1" },
    }),
  ],
  ["TIMEOUT", () => answering({ drip: true })],
  ["NOT_BENTOCLOUD", () => answering({ html: true })],
  ["API_500", () => answering({ status: 500, body: { error: "boom" } })],
  ["API_418", () => answering({ status: 418, body: { error: "short and stout" } })],
  [
    "STORAGE",
    () => {
      const here = home();
      mkdirSync(here.file, { recursive: true });
      return { home: here, args: ["token"] };
    },
  ],
  ["CORRUPT", () => stored("contexts: [broken")],
  ["CORRUPT", () => stored("")],
];

describe("--json", () => {
  test.each(REACHED)("%s: one object on stderr, nothing on stdout", async (name, prepare) => {
    const { args, ...options } = await prepare();
    const { code, stdout, stderr } = await run([...args, "--json"], options);
    expect({ code, stdout }).toEqual({ code: exitCodeOf(name), stdout: "" });
    const { error, ...rest } = JSON.parse(stderr);
    expect(rest).toEqual({});
    expect(Object.keys(error)).toEqual(["code", "message", "hint", "exit_code"]);
    expect(error).toMatchObject({ code: name, exit_code: code });
    expect(error.message).toMatch(/^[^A-Z\s].*[^.\s]$/);
    expect(stderr).toBe(`${JSON.stringify({ error })}\n`);
  });

  test.each(REACHED)("%s: the same as two lines of text without it", async (name, prepare) => {
    const { args, ...options } = await prepare();
    const { code, stdout, stderr } = await run(args, options);
    expect({ code, stdout }).toEqual({ code: exitCodeOf(name), stdout: "" });
    expect(stderr).toMatch(/^error: .+\n(hint: .+\n)?$/);
  });

  test("is chosen by the option and by nothing else, wherever it stands", async () => {
    for (const args of [
      ["--json", "token"],
      ["token", "--json"],
    ])
      expect(JSON.parse((await run(args)).stderr).error.code).toBe("NOT_LOGGED_IN");
    expect((await run(["use", "--", "--json"])).stderr).toStartWith("error: there is no context");
  });

  test("warnings travel in the error object, and after the answer without one", async () => {
    const here = home();
    writeContexts(here, [{ name: "mine" }]);
    const env = { BENTOML_CLOUD_CONTEXT: "" };
    const failed = await run(["token", "--json", "--context", "nobody"], { home: here, env });
    expect(JSON.parse(failed.stderr).error.warnings).toEqual([
      "BENTOML_CLOUD_CONTEXT is set but empty; ignored",
    ]);
    const worked = await run(["context", "current", "--json"], { home: here, env });
    expect(JSON.parse(worked.stdout).name).toBe("mine");
    expect(worked.stderr).toBe("warning: BENTOML_CLOUD_CONTEXT is set but empty; ignored\n");
  });

  test("STORAGE: a home that is a file", async () => {
    const here = home();
    writeFileSync(here.bentoml, "");
    chmodSync(here.bentoml, 0o600);
    const { code, stderr } = await run(["login", "--with-token", "--json"], { home: here, stdin: canary() });
    expect({ code, name: JSON.parse(stderr).error.code }).toEqual({ code: 6, name: "STORAGE" });
  });
});
