import { command } from "../../cli/command.ts";
import { variable } from "../../resolve/environment.ts";
import type { Rotation } from "../../tokens/rotation-journal.ts";
import { parseExpiry } from "../../tokens/fields.ts";
import type { RotateOptions } from "../../tokens/plan-rotation.ts";
import { previewRotation, rotate as rotateToken, type Rotated } from "../../tokens/rotate.ts";
import type { Cli } from "../../app.ts";
import { REQUEST_ARGS } from "../_args.ts";
import { FIELD_ARGS, showDescription, showExpiry } from "./_show.ts";

export const rotate = command({
  name: "rotate",
  description:
    "Replace a context's API token by a new one like it, wherever it stands, and delete the old one",
  args: {
    name: { type: "positional", required: false, description: "Context (default: the active one)" },
    expires: {
      ...FIELD_ARGS.expires,
      description: "End of the new one, as for `create` (default: that of the old one)",
    },
    old: {
      type: "string",
      valueHint: "token",
      description: "Uid or name of the old one, where it cannot be told",
    },
    "dry-run": { type: "boolean", description: "Say what would be done; change nothing" },
    ...REQUEST_ARGS,
  },
  examples: [
    ["bentocloud api-token rotate prod", "an interrupted one goes on, or is taken back, when run again"],
    ["bentocloud api-token rotate --expires 90d", "the active context's, with a new lifetime"],
  ],
  async run(args, cli) {
    const options = {
      name: args.name,
      old: args.old,
      expiresAt: args.expires === undefined ? undefined : parseExpiry(args.expires, cli.now()),
      insecureHttp: args["insecure-http"] ?? false,
    };
    if (args["dry-run"]) await printPlan(cli, options);
    else report(cli, await rotateToken(cli, options));
  },
});

async function printPlan(cli: Cli, options: RotateOptions): Promise<void> {
  const { contexts, rotation, unfinished } = await previewRotation(cli, options);
  if (cli.output.json) {
    cli.output.data({
      dry_run: true,
      ...toJson(rotation, contexts),
      unfinished: unfinished.map((one) => toJson(one)),
    });
    return;
  }
  const { endpoint, old, wanted } = rotation;
  cli.output.fields([
    ["contexts", contexts.join(", ")],
    ["endpoint", endpoint],
    ["delete", `${old.name} (${old.uid})`],
    ["create", wanted.name],
    ["scopes", wanted.scopes.join(", ")],
    ["description", showDescription(wanted)],
    ["expires", expiryOf(rotation, cli.now()).text],
  ]);
  for (const { old: other, started_at } of unfinished)
    cli.output.info(`The rotation of "${other.name}", begun ${started_at}, would be ended first`);
  cli.output.info("Nothing was changed");
}

function report(cli: Cli, { contexts, rotation, oldStillWorks, isResumed }: Rotated): void {
  const { old, wanted, successor } = rotation;
  if (cli.output.json) cli.output.data({ ...toJson(rotation, contexts), resumed: isResumed });
  const names = contexts.map((name) => `"${name}"`).join(", ");
  cli.output.success(
    `Rotated the API token of ${names}: "${wanted.name}" (${successor?.uid}) is in the place of "${old.name}", ` +
      `which is deleted; expires ${expiryOf(rotation, cli.now()).text}`,
  );
  if (variable(cli.env, "BENTO_CLOUD_API_KEY")?.trim() === old.token)
    cli.output.warn("BENTO_CLOUD_API_KEY holds the old API token, which no longer works");
  if (oldStillWorks)
    cli.output.warn(
      `the API token that was replaced still works: "${old.name}" (${old.uid}) was another one`,
    );
}

function expiryOf({ wanted }: Rotation, now: Date) {
  return showExpiry({ expiresAt: wanted.expires_at === null ? null : new Date(wanted.expires_at) }, now);
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
