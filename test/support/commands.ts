import type { Command } from "../../src/cli/command.ts";
import { root } from "../../src/commands/index.ts";

/** Every command of the tree with its path, the program itself first. */
export async function listCommands(
  parent: Command = root,
  path: string[] = [],
): Promise<[path: string[], command: Command][]> {
  const below = await Promise.all(
    Object.entries(parent.subCommands ?? {}).map(async ([name, load]) =>
      listCommands(await load(), [...path, name]),
    ),
  );
  return [[path, parent], ...below.flat()];
}
