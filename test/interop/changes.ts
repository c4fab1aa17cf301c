import { expect } from "bun:test";
import { applyToModel, type Change } from "../../src/yaml/change.ts";
import { editContexts } from "../../src/yaml/edit.ts";
import { CliError } from "../../src/errors.ts";
import { put } from "./ours.ts";
import type { Fields, Peer, Seen } from "./peer.ts";

/** One change of every kind for a file with these contexts. */
function changesOf({ contexts }: Seen): Change[] {
  const [first, last] = [contexts[0]?.[0] ?? "a", contexts.at(-1)?.[0] ?? "a"];
  return [
    { kind: "use", name: "another one" },
    put([first, "https://new.test", "0123", "é@new.test"]),
    put(["fresh", "None", "None", "None"]),
    { kind: "rename", from: last, to: "yes" },
    { kind: "remove", name: first },
  ];
}

interface Changed {
  change: Change;
  text: string;
}

/** The files after one change each. A change that cannot be made safely is left out unless it must be made. */
export async function changed(before: Seen, { required }: { required: boolean }): Promise<Changed[]> {
  const results: Changed[] = [];
  for (const change of changesOf(before)) {
    try {
      results.push({ change, text: await editContexts(before.text, [change]) });
    } catch (error) {
      if (required || !(error instanceof CliError) || error.code !== "CORRUPT") throw error;
    }
  }
  return results;
}

/** Python reads every changed file as what it read before, but for the change. */
export async function expectChanges(peer: Peer, before: Seen, changes: readonly Changed[]): Promise<void> {
  const after = await peer.read(changes.map(({ text }) => text));
  for (const [index, { change, text }] of changes.entries())
    expect({ change, text, ...after[index] }).toEqual({ change, text, ...expected(before, change) });
}

function expected({ contexts, current }: Seen, change: Change): { contexts: Fields[]; current: string } {
  const model = {
    contexts: contexts.map(([name, endpoint, token, email]) => ({ name, endpoint, token, email })),
    current,
  };
  const after = applyToModel(model, [change]);
  return {
    contexts: after.contexts.map(({ name, endpoint, token, email }) => [name, endpoint, token, email]),
    current: after.current,
  };
}
