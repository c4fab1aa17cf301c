import { describe, expect, test } from "bun:test";
import { homeOf, leftovers } from "../store/fixture.ts";
import { type Home, run, start } from "../support/bin.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { holdFile } from "./hold-file.ts";

sweepCanaries();

/** Resolves when a writer has its new version complete or nearly so, and only the rename is left. */
async function untilWriterWaits(here: Home): Promise<void> {
  while (!here.tree().some((line) => /\.yatai\.yaml\..*\.tmp /.test(line))) await Bun.sleep(5);
}

describe("a contexts file that another program has open", () => {
  test("is replaced as soon as it is closed", async () => {
    const here = homeOf("a", "b");
    const close = await holdFile(here.file);
    const running = start(["use", "b"], { home: here });
    await untilWriterWaits(here);
    await Bun.sleep(1000);
    expect(here.read()).toContain('current_context_name: "a"');
    close();
    expect(await running.result).toMatchObject({ code: 0 });
    expect(here.read()).toContain("current_context_name: b");
    expect(leftovers(here)).toEqual([]);
  });

  test("and that stays open is an error that leaves everything as it was", async () => {
    const here = homeOf("a", "b");
    const text = here.read();
    const close = await holdFile(here.file);
    const { code, stderr } = await run(["use", "b"], { home: here });
    close();
    expect({ code, text: here.read() }).toEqual({ code: 6, text });
    expect(stderr).toContain(`cannot write ${here.file}: `);
    expect(leftovers(here)).toEqual([]);
  });

  test("can be read", async () => {
    const here = homeOf("a");
    const close = await holdFile(here.file);
    expect(await run(["context", "current"], { home: here })).toMatchObject({ code: 0, stdout: "a\n" });
    close();
  });
});
