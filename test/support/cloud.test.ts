import { afterEach, describe, expect, test } from "bun:test";
import { redactCanaries } from "./canaries.ts";
import { startCloud, type CloudOptions, type LocalCloud } from "./cloud.ts";
import { sweepCanaries } from "./sweep.ts";
import { makeCertificates } from "./tls.ts";

sweepCanaries();

const clouds: LocalCloud[] = [];

afterEach(async () => {
  await Promise.all(clouds.splice(0).map((cloud) => cloud.stop()));
});

async function started(options?: CloudOptions): Promise<LocalCloud> {
  const cloud = await startCloud(options);
  clouds.push(cloud);
  return cloud;
}

const ME = "/api/v1/auth/current";
const ORGANIZATION = "/api/v1/current_org";
const TOKENS = "/api/v1/api_tokens";

function ask(cloud: LocalCloud, path: string, token?: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${cloud.url}${path}`, {
    redirect: "manual",
    ...init,
    headers: {
      "User-Agent": "bentocloud/0.0.0",
      ...(token === undefined ? {} : { "X-YATAI-API-TOKEN": token }),
    },
  });
}

/** The fields that these tests look at, of whatever kind of answer. */
interface Json {
  [key: string]: unknown;
  name?: string;
  email?: string;
  uid?: string;
  description?: string;
  error?: string;
  message?: string;
  code?: string;
  token?: string;
  scopes?: string[];
  expired_at?: string;
  start?: number;
  count?: number;
  total?: number;
  items?: object[];
}

async function answer(response: Promise<Response>): Promise<[number, Json]> {
  const got = await response;
  return [got.status, (await got.json()) as Json];
}

function send(method: string, body: object): RequestInit {
  return { method, body: JSON.stringify(body) };
}

describe("both dialects", () => {
  test.each(["bentocloud", "yatai"] as const)(
    "%s: answers a valid token with every field Python needs",
    async (dialect) => {
      const cloud = await started({ dialect, prefix: "/team/a" });
      cloud.addUser({ email: "ada@example.test", name: "ada", organization: "engines" });
      const token = cloud.issueToken({ email: "ada@example.test" });
      expect(token).toMatch(/^[0-9a-v]{20}$/);
      const [, user] = await answer(ask(cloud, ME, token));
      expect(Object.keys(user)).toEqual(expect.arrayContaining(["name", "email", "first_name", "last_name"]));
      expect(user.email).toBe("ada@example.test");
      const [, organization] = await answer(ask(cloud, ORGANIZATION, token));
      expect(Object.keys(organization)).toEqual(
        expect.arrayContaining([
          "uid",
          "created_at",
          "updated_at",
          "deleted_at",
          "resource_type",
          "labels",
          "description",
        ]),
      );
      expect(organization.name).toBe("engines");
      cloud.verify();
    },
  );

  test.each(["bentocloud", "yatai"] as const)("%s: lives an API token's whole life", async (dialect) => {
    const cloud = await started({ dialect });
    const mine = cloud.issueToken();
    const wanted = { name: "ci", description: null, scopes: ["api"], expired_at: "2030-01-02T03:04:05Z" };
    const [created, made] = await answer(ask(cloud, TOKENS, mine, send("POST", wanted)));
    expect([created, made.name, made.scopes, typeof made.token]).toEqual([200, "ci", ["api"], "string"]);
    expect(new Date(made.expired_at!).toISOString()).toStartWith("2030-01-02T03:04:05");
    const [duplicate, refused] = await answer(ask(cloud, TOKENS, mine, send("POST", wanted)));
    expect([duplicate, refused.error]).toEqual([400, expect.stringContaining("uk_apiToken")]);
    expect((await answer(ask(cloud, TOKENS, mine, send("POST", { name: "Not A Label" }))))[0]).toBe(400);
    expect((await answer(ask(cloud, TOKENS, mine, send("POST", { name: 7 }))))[1].error).toStartWith(
      "binding error: ",
    );

    for (let index = 0; index < 3; index++) cloud.issueToken();
    cloud.issueToken({ email: "other@example.test" });
    const [, list] = await answer(ask(cloud, `${TOKENS}?start=1&count=2`, mine));
    expect([list.start, list.count, list.total, list.items?.length]).toEqual([1, 2, 5, 2]);
    expect(list.items?.[0]).not.toHaveProperty("token");
    expect((await answer(ask(cloud, `${TOKENS}?count=x`, mine)))[0]).toBe(400);

    const one = `${TOKENS}/${made.uid}`;
    const [, updated] = await answer(
      ask(cloud, one, mine, send("PATCH", { description: "for ci", scopes: null })),
    );
    expect([updated.description, updated.scopes]).toEqual(["for ci", ["api"]]);
    expect((await answer(ask(cloud, one, mine, { method: "DELETE" })))[1].uid).toBe(made.uid);
    expect(await answer(ask(cloud, one, mine))).toEqual([
      404,
      { error: expect.stringContaining("record not found") },
    ]);
    cloud.verify();
  });
});

describe("yatai", () => {
  test("answers every authentication failure with 403 and its message", async () => {
    const cloud = await started({ dialect: "yatai" });
    cloud.addUser({ email: "new@example.test", organization: null });
    const revoked = cloud.issueToken();
    cloud.revoke(revoked);
    const expired = cloud.issueToken({ expiresAt: new Date(0) });
    const homeless = cloud.issueToken({ email: "new@example.test" });
    const says = async (token?: string) => {
      const [status, body] = await answer(ask(cloud, ME, token));
      return `${status} ${body.message}`;
    };
    expect(await says()).toBe("403 username in cookie is empty");
    expect(await says(revoked)).toBe("403 get api token: record not found");
    expect(await says(expired)).toBe("403 the api token is expired");
    expect(await says(homeless)).toBe(
      "403 get user organization: cannot found organization: record not found",
    );
    expect(await says("a:b:c")).toStartWith("403 get api token: failed to get cluster b in");
  });

  test("refuses the organization for want of a scope, and dies of null scopes", async () => {
    const cloud = await started({ dialect: "yatai" });
    const narrow = cloud.issueToken({ scopes: ["read_cluster"] });
    expect(await answer(ask(cloud, ORGANIZATION, narrow))).toEqual([
      400,
      {
        error:
          "the api_token need the scopes: read_organization or write_organization or operate_organization",
      },
    ]);
    expect((await answer(ask(cloud, ME, narrow)))[0]).toBe(200);
    await expect(ask(cloud, ORGANIZATION, cloud.issueToken({ scopes: null }))).rejects.toThrow();
  });

  test("has no browser login, and takes no time without a zone", async () => {
    const cloud = await started({ dialect: "yatai" });
    const unknown = { message: "not found this router with method GET" };
    expect(await answer(ask(cloud, "/api/v1/auth/code"))).toEqual([404, unknown]);
    expect(await answer(ask(cloud, "/api/v1/auth/token?code=x"))).toEqual([404, unknown]);
    const naive = send("POST", { name: "ci", expired_at: "2030-01-02 03:04:05.000000" });
    expect((await answer(ask(cloud, TOKENS, cloud.issueToken(), naive)))[1].error).toContain("parsing time");
    cloud.verify();
  });
});

test("yatai has no deployments of this kind", async () => {
  const cloud = await started({ dialect: "yatai" });
  const [status, { message }] = await answer(ask(cloud, "/api/v2/deployments", cloud.issueToken()));
  expect({ status, message }).toEqual({ status: 404, message: "not found this router with method GET" });
});

describe("bentocloud", () => {
  test("answers a bad token with 401 and a missing scope with 403", async () => {
    const cloud = await started();
    expect((await answer(ask(cloud, ME, "nobodys-token")))[0]).toBe(401);
    expect((await answer(ask(cloud, ORGANIZATION, cloud.issueToken({ scopes: ["read_cluster"] }))))[0]).toBe(
      403,
    );
    expect((await answer(ask(cloud, ORGANIZATION, cloud.issueToken({ scopes: null }))))[0]).toBe(200);
  });

  test("gives a token for a code once a person approved it on the page", async () => {
    const cloud = await started({ prefix: "/team/a" });
    const [, { code }] = await answer(ask(cloud, "/api/v1/auth/code"));
    const token = () => answer(ask(cloud, `/api/v1/auth/token?code=${code}`));
    expect((await token())[0]).toBe(404);
    const page = await ask(cloud, `/api_tokens?code=${code}`).then((got) => got.text());
    const action = /action="([^"]+)"/.exec(page)![1]!;
    await fetch(new URL(action, cloud.url), { method: "POST", body: new URLSearchParams({ code: code! }) });
    const [status, granted] = await token();
    expect(status).toBe(200);
    expect((await answer(ask(cloud, ME, granted.token)))[1].email).toBe("me@example.test");
    expect((await token())[0]).toBe(404);
    expect(cloud.codes).toEqual([]);
    cloud.verify();
  });

  test("approves the newest code for a test", async () => {
    const cloud = await started();
    const [, { code }] = await answer(ask(cloud, "/api/v1/auth/code"));
    const token = cloud.approve();
    expect(await answer(ask(cloud, `/api/v1/auth/token?code=${code}`))).toEqual([200, { token }]);
  });

  test("lists, makes and deletes the deployments of an organization, in pages", async () => {
    const cloud = await started();
    const token = cloud.issueToken();
    cloud.deploy(token, 3);
    cloud.deploy(cloud.issueToken({ email: "other@example.test", organization: "other" }), ["theirs"]);
    const path = "/api/v2/deployments";
    const body = { name: "mine", bento: "b:1" };
    expect((await answer(ask(cloud, path, token, send("POST", body))))[1].name).toBe("mine");
    const [, page] = await answer(ask(cloud, `${path}?start=1&count=2`, token));
    expect(page).toMatchObject({
      start: 1,
      count: 2,
      total: 4,
      items: [{ name: "deployment-3" }, { name: "deployment-2" }],
    });
    expect((await answer(ask(cloud, `${path}/mine`, token, { method: "DELETE" })))[0]).toBe(200);
    expect((await answer(ask(cloud, `${path}/mine`, token)))[0]).toBe(404);
    expect((await answer(ask(cloud, `${path}/theirs`, token)))[0]).toBe(404);
    cloud.verify();
  });

  test("speaks https with a certificate", async () => {
    const { leaf, ca } = await makeCertificates();
    const cloud = await started({ tls: leaf });
    const response = await fetch(`${cloud.url}/api/v1/version`, { tls: { ca } });
    expect(await response.json()).toHaveProperty("git_commit");
    cloud.misbehave("GET /api/v1/version", { reset: true });
    await expect(fetch(`${cloud.url}/api/v1/version`, { tls: { ca } })).rejects.toThrow();
  });
});

describe("misbehaviour", () => {
  const route = `GET ${ME}`;

  test("comes as often as asked, in the order asked, then the answer is proper again", async () => {
    const cloud = await started();
    const token = cloud.issueToken();
    cloud.misbehave(route, { status: 503, headers: { "retry-after": "1" } }, { times: 2 });
    cloud.misbehave(route, { redirect: "https://elsewhere.test/" }, { times: 1 });
    cloud.misbehave(route, { status: 418, body: { error: "teapot" } }, { times: 1 });
    const first = await ask(cloud, ME, token);
    expect([first.status, first.headers.get("retry-after")]).toEqual([503, "1"]);
    expect((await ask(cloud, ME, token)).status).toBe(503);
    const redirect = await ask(cloud, ME, token);
    expect([redirect.status, redirect.headers.get("location")]).toEqual([302, "https://elsewhere.test/"]);
    expect(await answer(ask(cloud, ME, token))).toEqual([418, { error: "teapot" }]);
    expect((await ask(cloud, ME, token)).status).toBe(200);
    cloud.verify();
  });

  test("can be a page, half an object or strange names", async () => {
    const cloud = await started();
    cloud.misbehave(route, { html: true }, { times: 1 });
    cloud.misbehave(route, { brokenJson: true }, { times: 1 });
    cloud.misbehave(route, { json: { name: "\u001b[31mred" } }, { times: 1 });
    const page = await ask(cloud, ME);
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    await expect(ask(cloud, ME).then((got) => got.json())).rejects.toThrow();
    expect(await answer(ask(cloud, ME))).toEqual([200, { name: "\u001b[31mred" }]);
  });

  test("can be late", async () => {
    const cloud = await started();
    cloud.misbehave(route, { delayMs: 150 });
    await expect(ask(cloud, ME, undefined, { signal: AbortSignal.timeout(50) })).rejects.toThrow("timed out");
    expect((await ask(cloud, ME, cloud.issueToken())).status).toBe(200);
  });

  test("can drip for ever", async () => {
    const cloud = await started();
    cloud.misbehave(route, { drip: true });
    const signal = AbortSignal.timeout(250);
    const body = (await ask(cloud, ME, undefined, { signal })).body!;
    let bytes = 0;
    const drained = (async () => {
      for await (const chunk of body) bytes += chunk.length;
    })();
    await expect(drained).rejects.toThrow();
    expect(bytes).toBeGreaterThan(1);
  });

  test("can be huge", async () => {
    const cloud = await started();
    cloud.misbehave(route, { hugeBytes: 3_000_000 });
    const text = await ask(cloud, ME).then((got) => got.text());
    expect([text.length, typeof JSON.parse(text).name]).toEqual([3_000_000, "string"]);
  });

  test("can come after the server acted, and end", async () => {
    const cloud = await started();
    const token = cloud.issueToken();
    cloud.misbehave("POST /api/v1/api_tokens", { afterwards: { status: 502 } });
    const create = (name: string) =>
      ask(cloud, "/api/v1/api_tokens", token, { method: "POST", body: JSON.stringify({ name }) });
    expect((await create("a")).status).toBe(502);
    expect(cloud.tokens.map(({ name }) => name)).toEqual(["token-1", "a"]);
    cloud.behave();
    expect((await create("b")).status).toBe(200);
    cloud.verify();
  });

  test("can be silence", async () => {
    const cloud = await started();
    cloud.misbehave(route, { silent: true });
    await expect(ask(cloud, ME, undefined, { signal: AbortSignal.timeout(50) })).rejects.toThrow("timed out");
    await cloud.seen(route);
  });

  test("can be a reset connection", async () => {
    const cloud = await started();
    cloud.misbehave(route, { reset: true });
    await expect(ask(cloud, ME)).rejects.toThrow(expect.objectContaining({ code: "ECONNRESET" }));
  });
});

describe("verify", () => {
  test("lists all that was wrong, without a token", async () => {
    const cloud = await started();
    const token = cloud.issueToken();
    await ask(cloud, "/api/v1/nonsense", token);
    await ask(cloud, `/api/v1/version?t=${token}`);
    await ask(cloud, `/api/v1/${token}`);
    await fetch(`${cloud.url}${ME}`, { headers: { "X-YATAI-API-TOKEN": token, "User-Agent": "curl/8" } });
    cloud.misbehave("GET /api/v1/info", { status: 500 });
    cloud.misbehave("GET /api/v1/deployments", { json: [] }, { times: 2 });
    await ask(cloud, "/api/v1/deployments", token);
    cloud.expect(`GET ${ORGANIZATION}`, 1);
    expect(() => cloud.verify()).toThrow();
    let message = "";
    try {
      cloud.verify();
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message.includes(token)).toBe(false);
    expect(message.split("\n").slice(1)).toEqual([
      "  unknown route: GET /api/v1/nonsense",
      `  unknown route: GET /api/v1/${redactCanaries(token)}`,
      "  misbehaviour never used up: GET /api/v1/info (0 of at least 1)",
      "  misbehaviour never used up: GET /api/v1/deployments (1 of 2)",
      "  expected 1 × GET /api/v1/current_org, saw 0",
      "  a token without a proper User-Agent: GET /api/v1/auth/current",
      "  a token in the URL: GET /api/v1/version",
      `  a token in the URL: GET /api/v1/${redactCanaries(token)}`,
    ]);
  });

  test("waits for a request that comes later", async () => {
    const cloud = await started({ delayMs: 10 });
    const later = cloud.seen("GET /api/v1/version");
    await ask(cloud, "/api/v1/version");
    await later;
    await expect(cloud.seen("GET /api/v1/info", 1, 20)).rejects.toThrow("0 of 1 requests");
  });
});
