import { command } from "../../cli/command.ts";
import { type Listed, listApiTokens } from "../../tokens/list.ts";
import type { Cell } from "../../system/output.ts";
import { showWhen } from "../../system/time.ts";
import { REQUEST_ARGS } from "../_args.ts";
import { showDescription, showExpiry, showScopes, toListedJson } from "./_show.ts";

export const list = command({
  name: "list",
  description: "List the API tokens; the one in use here is marked, when that can be told",
  args: {
    search: {
      type: "string",
      valueHint: "text",
      description: "Only those with this in name, description or uid",
    },
    ...REQUEST_ARGS,
  },
  async run(args, cli) {
    const tokens = await listApiTokens(cli, {
      search: args.search,
      insecureHttp: args["insecure-http"] ?? false,
    });
    if (cli.output.json) {
      cli.output.data({ api_tokens: tokens.map(toListedJson) });
    } else if (tokens.length === 0) cli.output.info("There is no such API token");
    else await cli.output.table([header(), ...tokens.map((token) => toCells(token, cli.now()))]);
  },
});

function header(): Cell[] {
  return ["", "NAME", "UID", "SCOPES", "CREATED", "LAST USED", "EXPIRES", "DESCRIPTION"].map((text) => ({
    text,
    tone: "dim",
  }));
}

function toCells(token: Listed, now: Date): Cell[] {
  const showTime = (time: Date | null, never: string) => (time ? showWhen(time, now) : never);
  return [
    { text: token.isInUse ? "*" : " " },
    { text: token.name, ...(token.isInUse ? { tone: "good" } : {}) },
    { text: token.uid },
    { text: showScopes(token) },
    { text: showTime(token.createdAt, "-") },
    { text: showTime(token.lastUsedAt, "never") },
    showExpiry(token, now),
    { text: showDescription(token) ?? "" },
  ];
}
