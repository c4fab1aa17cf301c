import { expect, test } from "bun:test";
import { sweepCanaries } from "../support/sweep.ts";
import { OLD_PYYAML, PYTHON, startPeer } from "./peer.ts";

sweepCanaries();

const MERGED = `
first: &first {email: first@b.test}
last: &last {email: last@b.test}
contexts:
- {<<: [*first, *last], name: a, endpoint: https://b.test, api_token: t}
`;

// PyYAML 6.0.4 needs Python 3.10.
const CHECK = "import sys; sys.exit(sys.version_info < (3, 10))";
const hasNewPyYaml = Bun.spawnSync([PYTHON, "-c", CHECK]).success;

async function emailSeen(env?: Record<string, string>) {
  const [answer] = await startPeer(env).read([MERGED]);
  return answer && "contexts" in answer && answer.contexts.map(([, , , email]) => email);
}

test("PyYAML 6.0.3 is installed: the first of merged mappings wins", async () => {
  expect(await emailSeen(OLD_PYYAML)).toEqual(["first@b.test"]);
});

test.skipIf(!hasNewPyYaml)(
  "PyYAML 6.0.4 can be asked: of mappings that are merged, the last wins",
  async () => {
    expect(await emailSeen()).toEqual(["last@b.test"]);
  },
);
