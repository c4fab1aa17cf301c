import { describe, expect, test } from "bun:test";
import { home } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { programCommand } from "../support/program.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { openTerminal, type Terminal } from "../support/terminal.ts";
import { showsCursor, WAY } from "./terminal.ts";

sweepCanaries();

const started = cloudsPerTest();

/** Runs the program from a shell that prints its exit code, and whether the terminal's settings are restored. */
const fromShell = {
  command: [
    "sh",
    "-c",
    'trap : INT; before=$(stty -g); "$@"; code=$?; [ "$(stty -g)" = "$before" ] && echo "code $code, restored" || echo "code $code, CHANGED"',
    "sh",
    ...programCommand(),
  ],
};

describe("login on a terminal: Ctrl-C", () => {
  interface Stop {
    argv: (cloud: LocalCloud) => string[];
    until: (terminal: Terminal, cloud: LocalCloud) => Promise<void>;
  }
  const stops: [string, Stop][] = [
    ["at the choice of the way", { argv: () => [], until: (terminal) => terminal.waitFor(WAY) }],
    [
      "at the hidden token",
      { argv: () => ["--with-token"], until: (terminal) => terminal.waitFor("API token for") },
    ],
    [
      "at a half-typed token",
      {
        argv: () => ["--with-token"],
        until: async (terminal) => {
          await terminal.waitFor("API token for");
          terminal.write(canary().slice(0, 15));
          await terminal.waitFor(/(\S)\1{14}/);
        },
      },
    ],
    [
      "while it waits for the approval",
      { argv: () => ["--no-browser"], until: (terminal) => terminal.waitFor("Waiting for approval") },
    ],
    [
      "while it waits for the server",
      {
        argv: (cloud) => {
          cloud.misbehave("GET /api/v1/auth/current", { drip: true });
          return ["--api-token", cloud.issueToken()];
        },
        until: (_, cloud) => cloud.seen("GET /api/v1/auth/current"),
      },
    ],
  ];

  test.each(stops)(
    "%s: exits 130, changes nothing, and restores the terminal",
    async (_, { argv, until }) => {
      const cloud = await started();
      const place = home();
      const terminal = openTerminal(["login", "--endpoint", cloud.url, ...argv(cloud)], {
        home: place,
        ...fromShell,
      });
      await until(terminal, cloud);
      terminal.press("ctrl-c");
      await terminal.waitFor(/code \d+, \w+/);
      await terminal.exit;
      expect(terminal.screen).toContain("code 130, restored");
      expect(terminal.screen).toContain("error: cancelled; nothing was changed");
      expect(showsCursor(terminal)).toBe(true);
      expect(place.tree()).toEqual([]);
    },
  );

  test.each(["escape", "ctrl-d"] as const)("%s cancels a question too", async (key) => {
    const place = home();
    const terminal = openTerminal(["login", "--with-token"], { home: place, ...fromShell });
    await terminal.waitFor("API token for");
    terminal.press(key);
    await terminal.waitFor(/code \d+, \w+/);
    expect(terminal.screen).toContain("code 130, restored");
    expect(place.tree()).toEqual([]);
  });
});
