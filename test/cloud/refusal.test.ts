import { describe, expect, test } from "bun:test";
import { isProofOfRejection, refusal } from "../../src/cloud/refusal.ts";
import { writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { echoPerTest } from "../support/echo.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();
const startEcho = echoPerTest();

const CLUSTER = "get api token: failed to get cluster b in organization default: ";
const SCOPES =
  "the api_token need the scopes: read_organization or write_organization or operate_organization";

/** Sentences of Yatai, with 403 unless another status follows, and the verdict of `status`. */
const SENTENCES: [sentence: string, verdict: string, status?: number][] = [
  ["get api token: record not found", "rejected"],
  ["get api token: record not found", "rejected", 401],
  [`${CLUSTER}record not found`, "rejected"],
  ["username in cookie is empty", "rejected"],
  ["the api token is expired", "expired"],
  [SCOPES, "forbidden"],
  [SCOPES, "forbidden", 400],
  ["get user organization: cannot found organization: record not found", "forbidden"],
  ["user eve cannot view this organization: acme", "forbidden"],
  ["not today", "rejected"],
  ["", "rejected"],
  ["RBAC: access denied", "rejected"],
  ["the api token is expired, or so", "expired"],
];

const TROUBLE: [sentence: string, status?: number][] = [
  ["get api token: unexpected EOF"],
  ["get api token: EOF"],
  ["get api token: bad"],
  [
    "get api token: failed to connect to `host=db user=yatai`: dial error (timeout: context deadline exceeded)",
  ],
  ["get api token: FATAL: terminating connection due to administrator command (SQLSTATE 57P01)"],
  ["get api token: FATAL: the database system is starting up (SQLSTATE 57P03)"],
  ["get api token: FATAL: sorry, too many clients already (SQLSTATE 53300)"],
  ["get api token: ERROR: canceling statement due to statement timeout (SQLSTATE 57014)"],
  ["get api token: driver: bad connection"],
  ["get api token: sql: database is closed"],
  ["get api token: read tcp 10.0.0.1:4->10.0.0.2:5432: read: connection reset by peer"],
  ["get api token: write: broken pipe"],
  ["get api token: lookup db on 10.0.0.10:53: no such host"],
  ["get api token: conn closed"],
  [`${CLUSTER}unexpected EOF`],
  ['get api token: Get "https://10.0.0.1:443/api": x509: certificate has expired or is not yet valid'],
  ["get api token: unexpected EOF: record not found"],
  ["get user organization: unexpected EOF"],
  ["update api token: i/o timeout"],
  ["unexpected EOF"],
  ["dial tcp 10.0.0.1:5432: connect: connection refused"],
  ["context deadline exceeded"],
  ["runtime error: invalid memory address or nil pointer dereference"],
  ["get user: unexpected EOF", 400],
];

test("status: has a verdict for each sentence, and repeats a request only after a failure of the server", async () => {
  const rows = [...SENTENCES, ...TROUBLE.map(([said, status]) => [said, "unreachable", status] as const)];
  const asked = rows.map(() => 0);
  const echo = await startEcho((request, response) => {
    const at = Number(/^\/(\d+)\//.exec(request.url!)![1]);
    const [said, , status = 403] = rows[at]!;
    asked[at]! += 1;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(status === 400 ? { error: said } : { message: said }));
  });
  const here = home();
  writeContexts(
    here,
    rows.map((_, at) => ({ name: `row-${at}`, endpoint: `${echo.url}/${at}` })),
  );
  const { code, stdout } = await run(["status", "--all", "--json"], { home: here });
  const { contexts } = JSON.parse(stdout) as { contexts: { verdict: string }[] };
  const seen = rows.map(([said, , status], at) => ({ said, status, verdict: contexts[at]!.verdict }));
  expect(seen).toEqual(rows.map(([said, verdict, status]) => ({ said, status, verdict })));
  expect(asked.map((count) => count > 2)).toEqual(rows.map(([, verdict]) => verdict === "unreachable"));
  expect(code).toBe(5);
  for (const [at, exit] of [
    [0, 4],
    [4, 4],
    [9, 4],
    [SENTENCES.length, 5],
  ] as const)
    expect(await run(["status", "--context", `row-${at}`, "--timeout", "0.3"], { home: here })).toMatchObject(
      {
        code: exit,
      },
    );
});

describe("nothing but a whole known sentence proves that a token is rejected:", () => {
  const proves = (status: number, said: string) =>
    isProofOfRejection(
      refusal(
        { status, body: { message: said }, notJson: undefined, retryAfterMs: undefined },
        "https://x.test",
      ),
    );
  const proofs = SENTENCES.slice(0, 5).filter(([, , status = 403]) => status === 403);

  test("a known sentence does", () => {
    for (const [said] of proofs) expect([said, proves(403, said)]).toEqual([said, true]);
    for (const said of ["", "no", "Bad credentials"]) expect(proves(401, said)).toBe(true);
  });

  test("another sentence does not", () => {
    const others = [...SENTENCES.slice(5), ...TROUBLE].map(([said]) => said);
    const rejections = proofs.map(([said]) => said);
    const joined = TROUBLE.flatMap(([failure]) =>
      rejections.flatMap((said) => [
        `${failure}: ${said}`,
        `${failure} ${said}`,
        `${said} ${failure}`,
        `${said}: ${failure}`,
      ]),
    );
    for (const status of [400, 403, 404, 409, 500, 503])
      for (const said of [...others, ...joined]) expect([said, proves(status, said)]).toEqual([said, false]);
    for (const [said] of TROUBLE) expect([said, proves(401, said)]).toEqual([said, false]);
    for (const status of [400, 404, 409, 500, 503])
      for (const said of rejections) expect([said, proves(status, said)]).toEqual([said, false]);
  });

  test("a sentence with one character too many, too few or wrong does not", () => {
    for (const [said] of proofs)
      for (let at = 0; at < said.length; at += 1) {
        const [before, after] = [said.slice(0, at), said.slice(at + 1)];
        const isName = said === `${CLUSTER}record not found` && at >= 37 && at < CLUSTER.length - 2;
        if (isName) continue;
        for (const changed of [before + after, `${before}#${after}`, `${before}: ${said.slice(at)}`, before])
          expect([changed, proves(403, changed)]).toEqual([changed, false]);
      }
  });
});
