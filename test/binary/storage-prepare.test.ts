import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, renameSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { startCloud } from "../support/cloud.ts";
import type { Home } from "../support/home.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { home, run } from "../support/bin.ts";
import { asUser, canBeUser, give } from "./faults/user.ts";
import { homeWithTwo, login } from "./faults/writers.ts";

sweepCanaries();

const cloud = await startCloud();
afterAll(() => cloud.stop());

function readOnly(here: Home, path: string): Home {
  mkdirSync(path, { recursive: true });
  chmodSync(dirname(path), 0o700);
  chmodSync(path, 0o500);
  give(here);
  return here;
}

/** In a browser sign-in the token would be lost. */
describe.skipIf(!canBeUser)("login does not ask the server for a token that it could not save:", () => {
  test.each([
    [
      "with backups that cannot be written",
      () => {
        const here = homeWithTwo();
        return readOnly(here, join(here.bentoml, ".bentocloud/backups"));
      },
    ],
    [
      "with a link to a home whose directory of ours cannot be written",
      () => {
        const here = homeWithTwo();
        const other = join(here.path, "other");
        mkdirSync(other);
        renameSync(here.file, join(other, ".yatai.yaml"));
        symlinkSync("../other/.yatai.yaml", here.file);
        return readOnly(here, join(other, ".bentocloud"));
      },
    ],
    [
      "with a link into a directory that is not there",
      () => {
        const here = home();
        mkdirSync(here.bentoml);
        symlinkSync("../missing/yatai", here.file);
        give(here);
        return here;
      },
    ],
  ])("%s", async (_name, prepare) => {
    const here = prepare();
    const asked = cloud.requests.length;
    const { args, stdin } = login(cloud, "new");
    expect((await run(args, { home: here, command: asUser(), stdin })).code).toBe(6);
    expect(cloud.requests).toHaveLength(asked);
  });
});
