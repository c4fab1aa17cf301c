import { describe, expect, test } from "bun:test";
import { sweepCanaries } from "./sweep.ts";
import { openTerminal } from "./terminal.ts";

sweepCanaries();

const sh = { command: ["sh", "-c"] };
const hidden = { command: ["python3", "-c"] };

describe("openTerminal", () => {
  test("is a terminal on all three streams, of the size asked for", async () => {
    const terminal = openTerminal(["test -t 0 && test -t 1 && test -t 2 && stty size; echo $TERM; exit 3"], {
      ...sh,
      cols: 61,
      rows: 17,
    });
    expect(await terminal.exit).toEqual({ code: 3, signal: null });
    expect(terminal.screen).toBe("17 61\r\nxterm-256color\r\n");
  });

  test("types answers to prompts", async () => {
    const terminal = openTerminal(["printf '\\033[1mName\\033[0m? '; read name; echo hello $name"], sh);
    await terminal.waitFor("Name? ");
    terminal.write("ada");
    terminal.press("enter");
    await terminal.waitFor(/hello (ada|bob)/);
    expect(terminal.raw).toContain("\u001b[1mName");
    expect(terminal.screen).not.toContain("\u001b");
    expect(await terminal.exit).toEqual({ code: 0, signal: null });
  });

  test("shows no echo of what is typed hidden", async () => {
    const terminal = openTerminal(["import getpass; print(len(getpass.getpass('Token: ')))"], hidden);
    await terminal.waitFor("Token: ");
    terminal.write("hush-hush");
    terminal.press("enter");
    await terminal.waitFor(/^9\r$/m);
    expect(terminal.screen).not.toContain("hush");
  });

  test("sends keys, interrupts with ctrl-c, and notices the end", async () => {
    const terminal = openTerminal(
      ["stty raw -echo; head -c 3 | od -c; stty sane; echo ready; exec sleep 30"],
      sh,
    );
    await Bun.sleep(100);
    terminal.press("down");
    await terminal.waitFor("033   [   B");
    await terminal.waitFor("ready");
    terminal.press("ctrl-c");
    expect(await terminal.exit).toEqual({ code: null, signal: "SIGINT" });
    await expect(terminal.waitFor("never")).rejects.toThrow("the program has ended");
  });

  test("gives up waiting", async () => {
    const terminal = openTerminal(["echo here; exec sleep 30"], sh);
    await expect(terminal.waitFor("never", 50)).rejects.toThrow(
      /never did not appear: .*here.*waited 50 ms/s,
    );
    terminal.kill("SIGKILL");
    expect((await terminal.exit).signal).toBe("SIGKILL");
  });

  test("can have stdout in a pipe while the conversation stays on the terminal", async () => {
    const terminal = openTerminal(
      ["test -t 1 || test ! -p /dev/stdout || echo piped; printf 'Really? ' >&2; read answer; echo $answer"],
      { ...sh, stdout: "pipe" },
    );
    await terminal.waitFor("Really? ");
    terminal.write("yes\r");
    expect(await terminal.exit).toEqual({ code: 0, signal: null });
    expect(terminal.stdout).toBe("piped\nyes\n");
    expect(terminal.screen).toBe("Really? yes\r\n");
  });
});
