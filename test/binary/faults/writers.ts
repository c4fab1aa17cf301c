import { expect } from "bun:test";
import { tokensIn, writeContexts } from "../../store/fixture.ts";
import { home, run, type RunOptions } from "../../support/bin.ts";
import type { LocalCloud } from "../../support/cloud.ts";
import type { Home } from "../../support/home.ts";

export interface Command {
  args: string[];
  stdin: string | null;
}

/** A command of every kind that writes the contexts file of {@link homeWithTwo}. */
export function writers(cloud: LocalCloud): Command[] {
  return [
    login(cloud, "new"),
    { args: ["use", "b"], stdin: null },
    { args: ["context", "rename", "a", "c"], stdin: null },
    { args: ["context", "remove", "b"], stdin: null },
    { args: ["logout", "a"], stdin: null },
  ];
}

export function login(cloud: LocalCloud, name: string): Command {
  const args = ["login", "--with-token", "--endpoint", cloud.url, "--context", name];
  return { args, stdin: cloud.issueToken() };
}

/** The contexts `a`, which is current, and `b`. */
export function homeWithTwo(): Home {
  const here = home();
  writeContexts(here, [{ name: "a" }, { name: "b" }]);
  return here;
}

/** With this fault, the command fails with exactly this error and does not change the contexts file. */
export async function expectRefusal(
  { args, stdin }: Command,
  { message, ...options }: RunOptions & { home: Home; message: string },
): Promise<void> {
  const text = options.home.read();
  const result = await run([...args, "--json"], { ...options, stdin });
  expect({ ...result, stderr: JSON.parse(result.stderr).error }).toMatchObject({
    code: 6,
    stdout: "",
    stderr: { code: "STORAGE", message, exit_code: 6 },
  });
  expect(options.home.read()).toBe(text);
}

/** Commands that only read the contexts succeed. */
export async function expectReadable(options: RunOptions & { home: Home }): Promise<void> {
  const [token] = tokensIn(options.home);
  const tokens = await run(["token"], { ...options, reveals: "stdout" });
  expect(tokens).toMatchObject({ code: 0, stdout: `${token}\n`, stderr: "" });
  const list = await run(["list-context"], options);
  expect(list).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(list.stdout)).toEqual(["a", "b"]);
}
