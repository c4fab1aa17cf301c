import { command, flag, option } from "../../cli/command.ts";
import { type Moved, moveTokens } from "../../auth/move-token.ts";
import { isCommand, parsePlace } from "../../auth/parse-place.ts";
import { reportLeft } from "../../auth/report-left.ts";
import { checkStore, describeView, showUnusual, toView, viewStore } from "../../auth/store-view.ts";
import type { Context } from "../../contexts/context.ts";
import { firstOfEachName, hasToken, requireNamed } from "../../contexts/context.ts";
import { usageError } from "../../errors.ts";
import { requireContext } from "../../resolve/require.ts";
import type { Place } from "../../secrets/secret-store.ts";
import { requireStored } from "../../store/manage-contexts.ts";
import { quoteWord } from "../../system/text.ts";
import { rotate } from "../../tokens/rotate.ts";
import { refuseOpenRotation } from "../../tokens/rotation-journal.ts";
import type { Cli } from "../../app.ts";
import { CONTEXT, REQUEST_ARGS, YES } from "../_args.ts";

export const store = command({
  name: "store",
  description: "Show where the API token of a context is kept, or move it",
  args: {
    name: { ...CONTEXT, required: false, description: "Context (default: the active one)" },
    to: option("store", "Move it: file, keyring, helper:NAME or command"),
    all: flag("Every context"),
    rotate: flag("After the move, replace the API token, so that copies of the old one are worthless"),
    yes: YES,
    ...REQUEST_ARGS,
  },
  rest: "command",
  isRestOptional: true,
  examples: [
    ["bentocloud context store prod", "where it is, and whether it can be used"],
    ["bentocloud context store prod --to keyring --rotate", "out of plain text"],
    ["bentocloud context store ci --to command -- op read op://team/bento/token", "asked each time"],
  ],
  async run(args, cli, given) {
    if (args.all && args.name !== undefined) throw usageError("--all takes no name");
    if (args.to === undefined && (args.rotate || given.rest.length > 0))
      throw usageError("where to? say it with --to", "bentocloud context store --help");
    const to = args.to === undefined ? undefined : parsePlace(args.to, given.rest);
    const contexts = await choose(cli, args.name, args.all);
    if (to === undefined) return show(cli, contexts, args.all);
    if (args.rotate && isCommand(to))
      throw usageError("--rotate cannot put a new API token where a command finds it");
    const movable = args.all ? withToken(cli, contexts) : contexts;
    await move(cli, movable, to, { isRotated: args.rotate });
    for (const { name } of args.rotate ? movable : []) {
      await rotate(cli, { name });
      cli.output.success(`Rotated the API token of "${name}": copies of the old one are worthless`);
    }
    if (cli.output.json) await show(cli, await choose(cli, args.name, args.all), args.all);
  },
});

async function choose(cli: Cli, name: string | undefined, isAll: boolean): Promise<Context[]> {
  const file = await cli.store.read();
  if (isAll) return [...firstOfEachName(file.contexts).values()];
  if (name !== undefined) return [await requireStored(cli.store, name)];
  const active = await cli.resolve();
  if (active.source.kind === "env_key")
    throw usageError("the API token of the environment is kept in no store", "name a stored context");
  requireContext(active);
  return [requireNamed(file.contexts, active.name)];
}

async function show(cli: Cli, contexts: readonly Context[], isAll: boolean): Promise<void> {
  const rows = await Promise.all(
    contexts.map(async (context) => ({ name: context.name, store: await checkStore(cli, context) })),
  );
  const { output } = cli;
  if (output.json) return output.data(isAll ? { contexts: rows } : rows[0]);
  const cells = rows.map(({ name, store }) => [name, store ? describeView(store) : "-", store?.state ?? "-"]);
  await output.table(["NAME", "STORE", "STATE"], cells);
}

function withToken({ output }: Cli, contexts: readonly Context[]): Context[] {
  const [found, empty] = [contexts.filter(hasToken), contexts.filter((context) => !hasToken(context))];
  for (const { name } of empty) output.warn(`skipped "${name}", which has no API token`);
  return found;
}

async function move(
  cli: Cli,
  contexts: readonly Context[],
  to: Place | "file",
  { isRotated }: { isRotated: boolean },
): Promise<void> {
  const { output, store } = cli;
  const after = describeView(toView(to, "ok"));
  const before = new Map<string, string>();
  for (const context of contexts)
    before.set(context.name, showUnusual(await viewStore(cli, context)) ?? "file");
  const isThere = ({ name }: Context) => before.get(name) === after && !isCommand(to);
  for (const { name } of contexts.filter(isThere))
    output.info(`The API token of "${name}" is kept there already: ${after}`);
  const others = contexts.filter((context) => !isThere(context));
  if (others.length === 0) return;
  const { moved, left } = await moveTokens(cli, others, to, (tokens) =>
    refuseOpenRotation(store.paths.own, tokens),
  );
  for (const { name, copies } of moved) {
    output.success(`Moved the API token of "${name}": ${before.get(name)} -> ${after}`);
    if (copies.length > 0)
      output.warn(`the contexts file still has this API token in plain text, for: ${copies.join(", ")}`);
  }
  if (to !== "file" && !isCommand(to) && !isRotated) output.hint(adviseToRotate(moved));
  reportLeft(left);
}

function adviseToRotate([first, ...others]: readonly Moved[]): string {
  const name = others.length > 0 ? "NAME" : quoteWord(first?.name ?? "");
  return `backups of the disk may have copies of it; \`bentocloud api-token rotate ${name}\` makes them worthless`;
}
