import { expect } from "bun:test";
import { CST, Lexer } from "yaml";
import { type Change, editContexts } from "../../src/yaml/edit.ts";
import { put, type Ours } from "./ours.ts";
import type { Answer, Fields, Peer, Seen } from "./peer.ts";

/** One change of every kind for a file with these contexts. */
function changesOf({ contexts }: Ours): Change[] {
  const [first, last] = [contexts[0]?.[0] ?? "a", contexts.at(-1)?.[0] ?? "a"];
  return [
    { kind: "use", name: "another one" },
    put([first, "https://new.test", "0123", "é@new.test"]),
    put(["fresh", "None", "None", "None"]),
    { kind: "rename", from: last, to: "Yes" },
    { kind: "remove", name: first },
  ];
}

/**
 * Makes one change of each kind, the last of which removes an entry. Every Python must read each result as before, apart
 * from the change.
 */
export async function expectChanges(
  peers: Peer[],
  answers: Answer[],
  text: string,
  ours: Ours,
): Promise<string[]> {
  const changes = changesOf(ours);
  const results = await Promise.all(changes.map(async (change) => (await editContexts(text, [change])).text));
  for (const [which, peer] of peers.entries()) {
    const before = answers[which];
    if (!before || "refused" in before) throw new Error(`Python refuses it: ${before?.refused}`);
    const after = await peer.read(results);
    for (const [index, change] of changes.entries())
      expect({ text: results[index], change, ...after[index] }).toEqual({
        change,
        ...afterChange(before, change),
        text: results[index] ?? "",
      });
  }
  return results;
}

function afterChange({ contexts, current }: Seen, change: Change): Omit<Seen, "text"> {
  switch (change.kind) {
    case "use":
      return { contexts, current: change.name ?? "default" };
    case "remove":
      return { contexts: contexts.filter(([name]) => name !== change.name), current };
    case "rename":
      return {
        contexts: contexts.map(([name, ...rest]) => [name === change.from ? change.to : name, ...rest]),
        current,
      };
    case "put": {
      const fields: Fields = [change.name, change.endpoint, change.token.reveal(), change.email];
      const index = contexts.findIndex(([name]) => name === change.name);
      return { contexts: index === -1 ? [...contexts, fields] : contexts.with(index, fields), current };
    }
  }
}

/** The comments of a text, in the order of the alphabet. */
export function commentsIn(text: string): string[] {
  const pieces = [...new Lexer().lex(text.replaceAll(/\r\n?/g, "\n"))];
  const comments = pieces.filter((piece, index) => piece.startsWith("#") && pieces[index - 1] !== CST.SCALAR);
  return comments.map((comment) => comment.trimEnd()).toSorted();
}
