import { expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { journalOf, JOURNAL, namesOf } from "../commands/rotation.ts";
import { home, run } from "../support/bin.ts";
import { needs, type Tool } from "../support/needs.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { filesWith, insertPass, newAgeFile, newFolder, program, sharedPass } from "./peers.ts";

// What the command prints stands in a file of its own, outside of the home.
sweepCanaries(JOURNAL);

const newCloud = cloudsPerTest();

/** A context whose command prints what is in the file `vault`. */
async function vault() {
  const cloud = await newCloud();
  const here = home();
  const path = join(newFolder(), "vault");
  const old = cloud.issueToken({ name: "ci" });
  writeFileSync(path, old);
  const show = program("show", `echo . >> ${path}.runs; cat ${path}`);
  const words = ["login", "--context", "mine", "--endpoint", cloud.url, "--token-command", "--", show.path];
  expect(await run(words, { home: here })).toMatchObject({ code: 0 });
  const rotate = (script?: string) => {
    const rest = script === undefined ? [] : ["--deliver", "--", "sh", "-c", script];
    return run(["api-token", "rotate", "mine", ...rest], { home: here, env: { VAULT: path } });
  };
  const isValid = async () => (await run(["status"], { home: here })).code === 0;
  return { cloud, here, path, old, show, rotate, isValid };
}

const STORE = "cat > $VAULT";

test("without --deliver: the command to run, and nothing is asked", async () => {
  const { cloud, here, path, show, rotate } = await vault();
  const runs = readFileSync(`${path}.runs`, "utf8");
  expect(await rotate()).toMatchObject({
    code: 2,
    stdout: "",
    stderr:
      `error: the API token of "mine" comes from the command \`${show.path}\`, which cannot be given a new one\n` +
      "hint: `bentocloud api-token rotate mine --deliver -- COMMAND` gives the new one to a COMMAND that stores its " +
      `standard input where the command \`${show.path}\` finds it\n`,
  });
  expect(readFileSync(`${path}.runs`, "utf8")).toBe(runs);
  expect(namesOf(cloud)).toEqual(["ci"]);
  expect(journalOf(here)).toBeUndefined();
});

test.each<[what: string, script: string, isRotated: boolean, message: string]>([
  ["stores it", STORE, true, 'Rotated "mine": now using "ci-r2"'],
  ["stores it and fails", `${STORE}; exit 3`, true, 'Rotated "mine": now using "ci-r2"'],
  ["fails", "cat > /dev/null; exit 3", false, "taken back: sh failed with exit code 3"],
  ["stores nothing", "cat > /dev/null", false, 'command of "mine" still prints the old API token'],
])("a delivery that %s leaves the token that the command prints", async (_, script, isRotated, message) => {
  const { cloud, here, path, old, rotate, isValid } = await vault();
  const { code, stderr } = await rotate(script);
  expect(stderr).toContain(message);
  expect({ code, names: namesOf(cloud) }).toEqual({
    code: isRotated ? 0 : 1,
    names: [isRotated ? "ci-r2" : "ci"],
  });
  expect(readFileSync(path, "utf8") === old).toBe(!isRotated);
  expect(await isValid()).toBe(true);
  expect(journalOf(here)).toBeUndefined();
});

interface Peer {
  env: Record<string, string>;
  /** Puts the old token where `show` finds it. */
  show: (token: string) => string[];
  store: string[];
}

const PEERS: [tools: Tool[], peer: () => Peer][] = [
  [
    ["pass", "gpg"],
    () => {
      const env = sharedPass();
      const show = (token: string) => {
        insertPass(env, "bento/ci", token);
        return ["pass", "show", "bento/ci"];
      };
      return { env, show, store: ["pass", "insert", "--multiline", "--force", "bento/ci"] };
    },
  ],
  [
    ["age"],
    () => {
      const file = newAgeFile();
      const show = (token: string) => {
        file.encrypt(token);
        return ["age", "-d", "-i", file.key, file.path];
      };
      return { env: {}, show, store: ["age", "-r", file.recipient, "-o", file.path] };
    },
  ],
];

for (const [tools, peer] of PEERS)
  needs(...tools).test(`a token that ${tools[0]} prints: login, rotate, rename, use, logout`, async () => {
    const cloud = await newCloud();
    const { env, show, store } = peer();
    const options = { home: home(), env };
    const argv = show(cloud.issueToken({ name: "ci" }));
    const words = ["login", "--context", "mine", "--endpoint", cloud.url, "--token-command", "--", ...argv];
    expect(await run(words, options)).toMatchObject({ code: 0 });
    const rotate = ["api-token", "rotate", "mine", "--deliver", "--", ...store];
    expect(await run(rotate, options)).toMatchObject({ code: 0 });
    expect(namesOf(cloud)).toEqual(["ci-r2"]);
    const token = cloud.tokens[0]!.value;
    expect(await run(["status"], options)).toMatchObject({ code: 0 });
    expect(await run(["context", "rename", "mine", "prod"], options)).toMatchObject({ code: 0 });
    for (const use of [["token"], ["exec", "--", "printenv", "BENTO_CLOUD_API_KEY"]])
      expect(await run(use, { ...options, reveals: "stdout" })).toMatchObject({ stdout: `${token}\n` });
    expect(await run(["logout", "prod", "--revoke"], options)).toMatchObject({ code: 0 });
    expect(namesOf(cloud)).toEqual([]);
    expect(options.home.tree().join()).not.toContain("stores.json");
    expect(filesWith(token, options.home)).toEqual([]);
  });

test("while the command prints neither token, both stay; the next rotation ends it", async () => {
  const { cloud, here, path, rotate, isValid } = await vault();
  const broken = await rotate("cat > $VAULT.got; echo broken > $VAULT");
  expect(broken).toMatchObject({ code: 1, stdout: "" });
  expect(broken.stderr).toContain("prints neither the old API token nor the new one");
  expect(broken.stderr).toContain("the rotation is unfinished, and nothing is lost");
  expect(namesOf(cloud).toSorted()).toEqual(["ci", "ci-r2"]);
  // What was delivered reaches its place later.
  writeFileSync(path, readFileSync(`${path}.got`));
  expect(await rotate()).toMatchObject({ code: 0 });
  expect(namesOf(cloud)).toEqual(["ci-r2"]);
  expect(await isValid()).toBe(true);
  expect(existsSync(join(here.bentoml, ".bentocloud/rotations.json"))).toBe(false);
});
