import { command, flag, option } from "../../cli/command.ts";
import { Token } from "../../contexts/token.ts";
import type { Rotation } from "../../tokens/rotation-journal.ts";
import { usageError } from "../../errors.ts";
import type { DeliverCommand } from "../../tokens/deliver.ts";
import { parseExpiry } from "../../tokens/fields.ts";
import { warnIfInEnvironment } from "../../tokens/revoke.ts";
import type { RotateOptions } from "../../tokens/plan-rotation.ts";
import { previewRotation, rotate as rotateToken, type Rotated } from "../../tokens/rotate.ts";
import { refuseLostBytes } from "../../auth/credential-environment.ts";
import { showExpiry } from "../../auth/show-expiry.ts";
import type { Cli } from "../../app.ts";
import { CONTEXT, REQUEST_ARGS, YES } from "../_args.ts";
import { showDescription } from "./_format.ts";

export const rotate = command({
  name: "rotate",
  description: "Replace an API token in every context that has it, and delete the old one",
  args: {
    name: { ...CONTEXT, required: false, description: "Context (default: the active one)" },
    expires: option("when", "When the new one expires, as for `create` (default: as the old one)"),
    old: option("api-token", "UID or name of the old one, if that is not known"),
    deliver: flag("Give the new one to a command on its standard input before the old one is deleted"),
    "dry-run": flag("Print what would be done; change nothing"),
    yes: YES,
    ...REQUEST_ARGS,
  },
  rest: "command",
  isRestOptional: true,
  examples: [
    ["bentocloud api-token rotate prod", "run it again to finish or undo an interrupted rotation"],
    ["bentocloud api-token rotate --expires 90d", "the active one, with a new lifetime"],
    [
      "bentocloud api-token rotate prod --deliver -- gh secret set BENTO_CLOUD_API_KEY",
      "where a pipeline has it",
    ],
  ],
  async run(args, cli, given) {
    const options = {
      name: args.name,
      old: args.old,
      expiresAt: args.expires === undefined ? undefined : parseExpiry(args.expires, cli.now()),
      deliver: readCommand(args.deliver, given.rest),
    };
    if (args["dry-run"]) await printPlan(cli, options);
    else report(cli, await rotateToken(cli, options));
  },
});

function readCommand(
  isAsked: boolean,
  [program = "", ...words]: readonly string[],
): DeliverCommand | undefined {
  refuseLostBytes([program, ...words]);
  if (isAsked && program !== "") return [program, ...words];
  const example = "bentocloud api-token rotate --deliver -- gh secret set BENTO_CLOUD_API_KEY";
  if (isAsked)
    throw usageError("--deliver gives the new API token to which command? put it after `--`", example);
  if (program !== "") throw usageError("a command after `--` is for --deliver", example);
  return undefined;
}

async function printPlan(cli: Cli, options: RotateOptions): Promise<void> {
  const { contexts, rotation, unfinished } = await previewRotation(cli, options);
  const plan = { dry_run: true, ...toJson(rotation, contexts) };
  if (cli.output.json) return cli.output.data({ ...plan, unfinished: unfinished.map((one) => toJson(one)) });
  const { endpoint, old, wanted } = rotation;
  await cli.output.fields([
    ["contexts", contexts.join(", ")],
    ["endpoint", endpoint],
    ["delete", `${old.name} (${old.uid})`],
    ["create", wanted.name],
    ["scopes", wanted.scopes.join(", ")],
    ["description", showDescription(wanted)],
    ["expires", expiryOf(rotation, cli).text],
    ...(options.deliver ? [["deliver to", options.deliver.join(" ")] as const] : []),
  ]);
  for (const { old: other, started_at } of unfinished)
    cli.output.info(`The rotation of "${other.name}", started ${started_at}, would be finished first`);
  cli.output.info("Nothing was changed");
}

function report(cli: Cli, { contexts, rotation, oldStillWorks, isResumed }: Rotated): void {
  const { old, wanted, successor } = rotation;
  if (cli.output.json) cli.output.data({ ...toJson(rotation, contexts), resumed: isResumed });
  const names = contexts.map((name) => `"${name}"`).join(", ");
  cli.output.success(
    `Rotated ${names}: now using "${wanted.name}" (${successor?.uid}), ` +
      `expires ${expiryOf(rotation, cli).text}; the old token "${old.name}" is deleted`,
  );
  warnIfInEnvironment(cli, new Token(old.token));
  if (oldStillWorks)
    cli.output.warn(
      `the API token that was replaced still works: "${old.name}" (${old.uid}) was another one`,
    );
}

function expiryOf({ wanted }: Rotation, cli: Cli) {
  return showExpiry({ expiresAt: wanted.expires_at === null ? null : new Date(wanted.expires_at) }, cli);
}

function toJson({ endpoint, old, wanted, successor }: Rotation, contexts?: readonly string[]) {
  const { name, description, scopes, expires_at } = wanted;
  return {
    ...(contexts && { contexts }),
    endpoint,
    old: { uid: old.uid, name: old.name },
    new: { uid: successor?.uid ?? null, name, description, scopes, expires_at },
  };
}
