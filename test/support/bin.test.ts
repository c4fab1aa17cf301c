import { describe, expect, onTestFinished, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { home, run, start } from "./bin.ts";
import { bunCommand, denoCommand, programCommand, runtimeEnvironment } from "./program.ts";
import { sweepCanaries } from "./sweep.ts";

sweepCanaries();

const sh = { command: ["sh", "-c"] };

describe("run", () => {
  test("gives streams, code and signal apart", async () => {
    expect(await run(["echo out; echo err >&2; exit 3"], sh)).toEqual({
      code: 3,
      signal: null,
      stdout: "out\n",
      stderr: "err\n",
    });
    expect(await run(["kill -TERM $$"], sh)).toMatchObject({ code: null, signal: "SIGTERM" });
  });

  test("lets nothing of the outside in", async () => {
    process.env["BENTO_CLOUD_API_KEY"] = "from-outside";
    onTestFinished(() => void delete process.env["BENTO_CLOUD_API_KEY"]);
    const names = (await run([], { env: { EXTRA: "1" }, command: ["env"] })).stdout
      .split("\n")
      .map((line) => line.replace(/=.*/, ""));
    const expected = ["EXTRA", "HOME", "LANG", "PATH", ...Object.keys(runtimeEnvironment())];
    expect(names.filter((name) => name !== "").toSorted()).toEqual(expected.toSorted());
  });

  test("feeds standard input, which is otherwise empty and no terminal", async () => {
    expect((await run([], { stdin: "given\n", command: ["cat"] })).stdout).toBe("given\n");
    expect((await run(["cat; test -t 0 || echo no terminal"], sh)).stdout).toBe("no terminal\n");
  });

  test("kills a program that does not end", async () => {
    await expect(run(["echo started; exec sleep 30"], { ...sh, timeoutMs: 100 })).rejects.toThrow(
      /still running after 100 ms: .*\nstdout: started/s,
    );
  });

  test("starts one to wait for its words and to interrupt it", async () => {
    const running = start(["echo ready; exec sleep 30"], sh);
    await running.waitFor("ready");
    running.kill("SIGINT");
    expect(await running.result).toMatchObject({ signal: "SIGINT", stdout: "ready\n" });
    await expect(start(["echo bye"], sh).waitFor("never")).rejects.toThrow("the program has ended");
  });

  test("names the program by BENTOCLOUD_RUNTIME", () => {
    expect(programCommand("deno")).toContain("--no-config");
    expect(programCommand("bun").at(-1)).toEndWith("/src/main.ts");
    expect(() => programCommand("node")).toThrow("must be binary, deno or bun");
  });

  test.each([
    ["deno", denoCommand],
    ["bun", bunCommand],
  ])("%s finds our modules from a directory that offers others", async (runtime, commandFor) => {
    const here = home();
    // Inside the checkout, because modules are looked for upward from the source; git ignores the folder.
    const source = join(import.meta.dirname, `../../.cache/probe-${runtime}-${process.pid}.ts`);
    const hostile = {
      "deno.json": '{"imports":{"citty":"./evil.ts"}}',
      "bunfig.toml": 'preload = ["./evil.ts"]',
    };
    for (const [name, text] of Object.entries(hostile)) writeFileSync(join(here.path, name), text);
    writeFileSync(join(here.path, "evil.ts"), 'console.log("evil"); export const defineCommand = 1;');
    writeFileSync(join(here.path, ".env"), "FROM_DOTENV=1");
    const probe = `import { defineCommand } from "citty"; import process from "node:process";
      console.log(typeof defineCommand, process.env["FROM_DOTENV"], process.argv.slice(2).join(" "));`;
    await Bun.write(source, probe);
    onTestFinished(() => Bun.file(source).delete());
    const env = runtimeEnvironment(runtime);
    const before = here.tree();
    const result = await run(["a", "--", "--b"], { home: here, env, command: commandFor(source) });
    expect(result).toMatchObject({ code: 0, stdout: "function undefined a -- --b\n", stderr: "" });
    expect(here.tree()).toEqual(before);
  });
});

describe("home", () => {
  test("reads, writes and lists files with their modes", () => {
    const here = home();
    here.write("contexts: []\n");
    expect(here.read()).toBe("contexts: []\n");
    mkdirSync(join(here.bentoml, ".bentocloud"), { mode: 0o700 });
    symlinkSync("bentoml/.yatai.yaml", join(here.path, "link"));
    here.write("x", 0o644);
    expect(here.tree()).toEqual([
      "bentoml/ 0755",
      "bentoml/.bentocloud/ 0700",
      "bentoml/.yatai.yaml 0644",
      "link -> bentoml/.yatai.yaml",
    ]);
  });
});
