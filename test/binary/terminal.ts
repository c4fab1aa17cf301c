import { expect } from "bun:test";
import { home } from "../support/bin.ts";
import type { Home } from "../support/home.ts";
import { canary } from "../support/sweep.ts";
import type { Terminal } from "../support/terminal.ts";

export const WAY = "How do you want to sign in to";

/** A home with one context at another endpoint, so that signing in as `default` would replace it. */
export function homeElsewhere(): Home {
  const place = home();
  place.write(
    `contexts:\n- api_token: ${canary()}\n  endpoint: https://bento.test\n  name: default\ncurrent_context_name: default\n`,
  );
  return place;
}

export function snapshot(place: Home): unknown {
  const tree = place.tree();
  return [tree, tree.some((line) => line.includes(".yatai.yaml")) ? place.read() : null];
}

/** The cursor is shown again after the last time it was hidden. */
export function showsCursor({ raw }: Terminal): boolean {
  return raw.lastIndexOf("\u001b[?25h") >= raw.lastIndexOf("\u001b[?25l");
}

/** A shell script that says when it is ready and when Ctrl-C reaches it, and ends after the next line of input. */
export const CATCHES_INTERRUPTS =
  "trap 'echo caught' INT; echo ready; until read line; do :; done; echo \"end $line\"";

/** Presses Ctrl-C, which reaches that script once, and lets it end. */
export async function expectOneInterrupt(terminal: Terminal): Promise<void> {
  await terminal.waitFor("ready");
  terminal.press("ctrl-c");
  await terminal.waitFor("caught");
  terminal.write("x\n");
  await terminal.waitFor("end x");
  expect(await terminal.exit).toEqual({ code: 0, signal: null });
  expect(terminal.screen.match(/caught/g)).toHaveLength(1);
}
