import { expect, test } from "bun:test";
import { redactCanaries } from "./canaries.ts";
import { startCloud } from "./cloud.ts";
import { sweepCanaries } from "./sweep.ts";

sweepCanaries();

test("the local cloud lists all that was wrong, without a token", async () => {
  const cloud = await startCloud();
  const token = cloud.issueToken();
  const ask = (path: string, agent = "bentocloud/0.0.0") =>
    fetch(`${cloud.url}${path}`, { headers: { "X-YATAI-API-TOKEN": token, "User-Agent": agent } });
  await ask("/api/v1/nonsense");
  await ask(`/api/v1/version?t=${token}`);
  await ask(`/api/v1/${token}`);
  await ask("/api/v1/auth/current", "curl/8");
  cloud.misbehave("GET /api/v1/info", { status: 500 });
  cloud.misbehave("GET /api/v1/deployments", { json: [] }, { times: 2 });
  await ask("/api/v1/deployments");
  cloud.expect("GET /api/v1/current_org", 1);
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
  await cloud.stop();
});
