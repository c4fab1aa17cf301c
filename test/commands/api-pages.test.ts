import { describe, expect, test } from "bun:test";
import { writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { echoPerTest } from "../support/echo.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();
const startCloud = cloudsPerTest();
const startEcho = echoPerTest();

const PATH = "/api/v2/deployments";
const ROUTE = `GET ${PATH}`;

async function signedIn(deployments: number) {
  const cloud = await startCloud();
  const here = home();
  const token = cloud.issueToken();
  cloud.deploy(token, deployments);
  writeContexts(here, [{ name: "mine", endpoint: cloud.url, token }]);
  const api = (args: string[]) => run(["api", ...args], { home: here });
  const windows = () => cloud.requests.map(({ query }) => `${query["start"]}+${query["count"]}`);
  return { cloud, api, windows };
}

/** Runs `--paginate` against a server that answers each request with the next text. */
async function listOf(texts: string[], args: string[] = []) {
  const echo = await startEcho((_request, response, seen) => void response.end(texts[seen.length - 1]));
  const here = home();
  writeContexts(here, [{ name: "mine", endpoint: echo.url }]);
  const result = await run(["api", "/list", "--paginate", ...args], { home: here });
  return { ...result, urls: echo.seen.map(({ url }) => url) };
}

interface Deployment {
  name: string;
}

describe("--paginate", () => {
  test.each([
    [250, "", ["0+100", "100+100", "200+100"]],
    [200, "", ["0+100", "100+100"]],
    [3, "", ["0+100"]],
    [0, "", ["0+100"]],
    [5, "?count=2", ["0+2", "2+2", "4+2"]],
    [5, "?count=2&start=2", ["2+2", "4+2"]],
    [5, "?start=9", ["9+100"]],
    [5, "?count=0", ["0+0"]],
    [5, "?count=&start=", ["0+100"]],
  ])(
    "reads %i items at %p with the requests %p, and prints them as one list",
    async (total, query, expected) => {
      const { api, windows } = await signedIn(total);
      const { code, stdout, stderr } = await api([PATH + query, "--paginate"]);
      expect({ code, stderr, windows: windows() }).toEqual({ code: 0, stderr: "", windows: expected });
      const names = (JSON.parse(stdout) as Deployment[]).map(({ name }) => name);
      const first = Number(/start=(\d+)/.exec(query)?.[1] ?? 0);
      const all = Array.from({ length: total }, (_, index) => `deployment-${total - index}`);
      expect(names).toEqual(all.slice(first));
    },
  );

  test("keeps the other parameters of the path and of the fields", async () => {
    const { cloud, api } = await signedIn(12);
    const args = ["-X", "GET", "-f", "search=deployment-1", "-F", "count=2", "-q", "length"];
    expect(await api([`${PATH}?all=true`, "--paginate", ...args])).toMatchObject({ code: 0, stdout: "4\n" });
    expect(cloud.requests.map(({ query }) => query)).toEqual([
      { all: "true", search: "deployment-1", count: "2", start: "0" },
      { all: "true", search: "deployment-1", count: "2", start: "2" },
    ]);
  });

  test("--slurp prints the pages", async () => {
    const { api } = await signedIn(3);
    const { stdout } = await api([`${PATH}?count=2`, "--paginate", "--slurp"]);
    const pages = JSON.parse(stdout) as { start: number; total: number; items: Deployment[] }[];
    expect(pages.map(({ start, total, items }) => [start, total, items.length])).toEqual([
      [0, 3, 2],
      [2, 3, 1],
    ]);
  });

  test("passes the whole list to --jq", async () => {
    const { api } = await signedIn(150);
    const args = [PATH, "--paginate", "-q", "length, .[149].name"];
    expect(await api(args)).toMatchObject({ code: 0, stdout: "150\ndeployment-1\n", stderr: "" });
  });

  test("repeats the request for a page after a server error", async () => {
    const { cloud, api, windows } = await signedIn(3);
    cloud.misbehave(ROUTE, { status: 503 }, { times: 1 });
    expect((await api([`${PATH}?count=2`, "--paginate", "-q", "length"])).stdout).toBe("3\n");
    expect(windows()).toEqual(["0+2", "0+2", "2+2"]);
  });

  test("accepts a bare list as the only page", async () => {
    expect(await listOf(['[{"id":12345678901234567890}]'])).toMatchObject({
      code: 0,
      stdout: '[{"id":12345678901234567890}]\n',
      urls: ["/list?count=100&start=0"],
    });
  });

  test("prints numbers as the server wrote them", async () => {
    const page = (start: number, item: string) => `{"start":${start},"count":1,"total":2,"items":[${item}]}`;
    const pages = [page(0, "12345678901234567890"), page(1, '{"a":1.0,"__proto__":1e400}')];
    expect(await listOf(pages)).toMatchObject({
      code: 0,
      stdout: '[12345678901234567890,{"a":1.0,"__proto__":1e400}]\n',
    });
  });

  test("ends at an empty page, even if the total is larger", async () => {
    const pages = ['{"start":0,"total":9,"items":[1,2]}', '{"start":2,"total":9,"items":[]}'];
    expect(await listOf(pages)).toMatchObject({ code: 0, stdout: "[1,2]\n" });
  });

  test.each([
    ["there are more items", ['{"total":1,"items":[1,2]}', '{"total":1,"items":[3]}'], "[1,2]\n"],
    [
      "the next page has another",
      ['{"total":2,"items":[1]}', '{"total":1000000000000,"items":[2]}'],
      "[1,2]\n",
    ],
  ])("ends at the total of the first page, even if %s", async (_name, pages, stdout) => {
    expect(await listOf(pages)).toMatchObject({ code: 0, stdout });
  });

  test("accepts null as an empty list", async () => {
    expect(await listOf(['{"start":0,"total":0,"items":null}'])).toMatchObject({ code: 0, stdout: "[]\n" });
  });

  test.each([
    ["no list", ['{"name":"x"}'], 1, "is not a list with pages"],
    ["no JSON", ["oops"], 5, "answers with no JSON"],
    ["a web page", ["<html>"], 5, "answers with a web page"],
    [
      "the same page again",
      ['{"start":0,"total":3,"items":[1]}', '{"start":0,"total":3,"items":[1]}'],
      1,
      "answers from 0 on when asked from 1 on",
    ],
    [
      "the same page again, which does not say where it begins",
      ['{"total":3,"items":[1]}', '{"total":3,"items":[1]}'],
      1,
      "the server repeats the same page when asked from 1 on",
    ],
    [
      "a list without end",
      ['{"total":1000000000000,"items":[1]}'],
      1,
      "a list of 1000000000000 items is too long",
    ],
    ["a page without end", [`{"total":1,"items":[${"0,".repeat(200_000)}0]}`], 1, "is too long"],
    [
      "a list of long pages",
      Array.from({ length: 9 }, (_, index) => `{"total":9,"items":["${String(index).repeat(9_000_000)}"]}`),
      1,
      "is too long",
    ],
    ["a page without a total", ['{"start":0,"items":[1]}'], 1, "is not a list with pages"],
    ["a page whose items are missing", ['{"start":0,"total":2}'], 1, "is not a list with pages"],
  ])("%s is an error, and no part of the list is printed", async (_name, texts, exit, says) => {
    const { code, stdout, stderr } = await listOf(texts);
    expect({ code, stdout }).toEqual({ code: exit, stdout: "" });
    expect(stderr).toContain(says);
  });

  test("prints only the answer for a page that the server refuses", async () => {
    const { cloud, api } = await signedIn(3);
    cloud.misbehave(ROUTE, { delayMs: 0 }, { times: 1 });
    cloud.misbehave(ROUTE, { status: 400, body: { error: "enough" } });
    const { code, stdout, stderr } = await api([`${PATH}?count=2`, "--paginate"]);
    expect({ code, stdout }).toEqual({ code: 5, stdout: '{"error":"enough"}' });
    expect(stderr).toContain("HTTP 400: enough\n");
  });

  test.each([
    [["--paginate", "-X", "POST"]],
    [["--paginate", "-f", "a=b"]],
    [["--paginate", "--include"]],
    [["--slurp"]],
    [["--paginate", "-X", "GET", "-f", "start=abc"]],
    [["--paginate", "-X", "GET", "-f", "start=-1"]],
    [["--paginate", "-X", "GET", "-f", "count=1.5"]],
  ])("%p is a usage error", async (args) => {
    const { cloud, api } = await signedIn(0);
    expect(await api([PATH, ...args])).toMatchObject({ code: 2, stdout: "" });
    expect(cloud.requests).toEqual([]);
  });
});
