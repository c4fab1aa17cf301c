import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { homeOf } from "../store/fixture.ts";
import { home, run, type Home } from "../support/bin.ts";
import { needs } from "../support/needs.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { CONTEXTS, doctor as runDoctor, writeRotation } from "./doctor.ts";
import { JOURNAL } from "./rotation.ts";

sweepCanaries(JOURNAL);

/** Asks no server. */
async function doctor(here: Home, ...args: string[]) {
  const { of, ...rest } = await runDoctor(["--offline", ...args], { home: here });
  return { ...rest, of: (id: string) => of(id)! };
}

/** Looks, which must change nothing, then repairs, and looks once more. */
async function repair(here: Home, id: string) {
  const state = () => ({ tree: here.tree(), text: readFileSync(here.file).toString("latin1") });
  const before = state();
  const found = (await doctor(here)).of(id);
  expect(state()).toEqual(before);
  const repaired = (await doctor(here, "--fix")).of(id);
  return { found, repaired, after: (await doctor(here)).of(id) };
}

describe("doctor: the contexts file", () => {
  const broken = Buffer.from("contexts: [\xff\n", "latin1");

  test("that cannot be read is put aside for the last valid version", async () => {
    const here = homeOf("a", "b");
    await run(["use", "b"], { home: here });
    const valid = here.read();
    writeFileSync(here.file, broken);
    const { found, repaired } = await repair(here, "file");
    expect([found.status, repaired.status, repaired.fixed]).toEqual(["fail", "ok", true]);
    expect(here.read()).toBe(valid);
    const aside = readdirSync(here.bentoml).find((name) => name.includes(".broken-"));
    expect(readFileSync(join(here.bentoml, aside!))).toEqual(broken);
    expect((await doctor(here)).code).toBe(0);
  });

  test("that cannot be read is put aside also where no earlier version is known", async () => {
    const here = home();
    here.write("");
    writeFileSync(here.file, broken);
    const { repaired } = await repair(here, "file");
    expect(repaired).toMatchObject({
      status: "ok",
      fixed: true,
      message: expect.stringContaining("no earlier version is known, so there are no contexts now"),
    });
    expect((await run(["list-context"], { home: here })).stdout).toBe("[]\n");
  });

  test("that is emptied after its contexts were removed gets that version, and the loss stays", async () => {
    const here = homeOf("a");
    await run(["use", "a"], { home: here });
    for (const text of ["contexts: []\n", ""]) {
      here.write(text);
      await run(["context", "list"], { home: here });
    }
    const { repaired } = await repair(here, "file");
    expect(repaired.message).toEndWith("restored the last valid version, with no contexts");
    expect((await doctor(here)).of("lost")?.status).toBe("fail");
  });

  test.each([
    ["a directory", (here: Home) => mkdirSync(here.file, { recursive: true })],
    [
      "a loop of links",
      (here: Home) => {
        mkdirSync(here.bentoml);
        symlinkSync(".yatai.yaml", here.file);
      },
    ],
  ])("that is %s is reported and left alone", async (_what, make) => {
    const here = home();
    make(here);
    const { code, of } = await doctor(here, "--fix");
    expect({ code, file: of("file") }).toMatchObject({ code: 1, file: { status: "fail", fixed: false } });
  });

  test("whose values Python bentoml reads as something else is reported with the line", async () => {
    const here = home();
    here.write(
      `contexts:\n- api_token: ${canary()}\n  endpoint: https://x.test\n  name: yes\ncurrent_context_name: 'True'\n`,
    );
    expect((await doctor(here, "--fix")).of("values")).toMatchObject({
      status: "warn",
      message: expect.stringContaining("line 4: "),
      hint: `correct ${here.file}`,
      fixed: false,
    });
  });
});

describe("doctor: modes", () => {
  test("that let others read tokens are narrowed", async () => {
    const here = homeOf("a", "b");
    await run(["use", "b"], { home: here });
    const own = join(here.bentoml, ".bentocloud");
    const [version] = readdirSync(join(own, "versions"));
    for (const path of [here.file, join(own, "versions", version!), join(own, "state.json")])
      chmodSync(path, 0o664);
    chmodSync(own, 0o755);
    const { found, repaired, after } = await repair(here, "modes");
    expect([found.status, repaired.fixed, after.status]).toEqual(["warn", true, "ok"]);
    const wide = here.tree().filter((line) => line.includes(".bentocloud") && !/ 0[67]00$/.test(line));
    expect(wide).toEqual([]);
  });

  needs("chattr").test("that cannot be narrowed are a finding, and the other checks run", async () => {
    const here = homeOf("a");
    chmodSync(here.file, 0o644);
    const isImmutable = Bun.spawnSync(["chattr", "+i", here.file]).exitCode === 0;
    try {
      const { ids, of } = await doctor(here, "--fix");
      expect(ids.slice(-CONTEXTS.length - 1)).toEqual([...CONTEXTS, "active"]);
      if (isImmutable) expect(of("modes").message).toContain("not repaired: cannot change the mode of");
      const { stderr } = await run(["doctor", "--offline", "--fix"], { home: here });
      expect(stderr).not.toContain("--fix");
    } finally {
      if (isImmutable) Bun.spawnSync(["chattr", "-i", here.file]);
    }
  });

  test("of a home that others can write are reported and left as they are", async () => {
    const here = homeOf("a");
    chmodSync(here.bentoml, 0o777);
    const hint = `chmod go-w ${here.bentoml}`;
    expect((await doctor(here, "--fix")).of("home")).toMatchObject({ status: "warn", hint, fixed: false });
  });
});

describe("doctor: an unfinished token rotation", () => {
  test("is reported with the context that can finish it", async () => {
    const token = canary();
    const here = homeOf("other", { name: "it's mine", endpoint: "https://x.test", token });
    writeRotation(here, { name: "ci", token, endpoint: "https://x.test" });
    expect((await doctor(here)).of("rotations")).toMatchObject({
      status: "warn",
      message: 'a token rotation is unfinished: "ci" at https://x.test, started 3 hours ago',
      hint: "bentocloud api-token rotate 'it'\\''s mine'",
    });
  });

  test("of an endpoint without a context asks for a login first", async () => {
    const here = homeOf("other");
    writeRotation(here, { name: "ci", token: canary(), endpoint: "https://x.test" });
    expect((await doctor(here)).of("rotations").hint).toStartWith("sign in to that endpoint");
  });

  test("whose record is broken is a failure, and the record stays", async () => {
    const here = homeOf("a");
    mkdirSync(join(here.bentoml, ".bentocloud"), { mode: 0o700 });
    const journal = join(here.bentoml, ".bentocloud/rotations.json");
    writeFileSync(journal, "{}", { mode: 0o600 });
    expect((await doctor(here, "--fix")).of("rotations")).toMatchObject({ status: "fail", fixed: false });
    expect(readFileSync(journal, "utf8")).toBe("{}");
  });
});
