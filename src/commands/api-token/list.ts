import { command, option } from "../../cli/command.ts";
import { type Listed, listApiTokens } from "../../tokens/list.ts";
import type { Cli } from "../../app.ts";
import { showExpiry } from "../../auth/show-expiry.ts";
import type { Cell } from "../../system/table.ts";
import { showWhen } from "../../system/time.ts";
import { REQUEST_ARGS } from "../_args.ts";
import { showDescription, showScopes, toListedJson } from "./_format.ts";

export const list = command({
  name: "list",
  description: "List the API tokens; `*` marks the one in use here, if that is known",
  args: {
    search: option("text", "Only those with this text in name, description or UID"),
    ...REQUEST_ARGS,
  },
  examples: [["bentocloud api-token list --search ci", 'those whose name has "ci" in it']],
  async run(args, cli) {
    const tokens = await listApiTokens(cli, args.search);
    if (cli.output.json) return cli.output.data({ api_tokens: tokens.map(toListedJson) });
    if (tokens.length === 0) return cli.output.info("There is no such API token");
    await cli.output.table(
      HEADER,
      tokens.map((token) => toRow(token, cli)),
    );
  },
});

const HEADER = ["", "NAME", "UID", "SCOPES", "CREATED", "LAST USED", "EXPIRES", "DESCRIPTION"];

function toRow(token: Listed, cli: Cli): Cell[] {
  const { name, uid, isInUse, createdAt, lastUsedAt } = token;
  const when = (time: Date) => showWhen(time, cli.now(), cli.flags);
  return [
    isInUse ? "*" : " ",
    isInUse ? { text: name, tone: "bold" } : name,
    uid,
    showScopes(token),
    createdAt ? when(createdAt) : "-",
    lastUsedAt ? when(lastUsedAt) : "never",
    showExpiry(token, cli),
    showDescription(token) ?? "",
  ];
}
