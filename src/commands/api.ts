import { command, flag, option } from "../cli/command.ts";
import { checkRequestedOrganization } from "../resolve/pins.ts";
import { usageError } from "../errors.ts";
import { SAFE } from "../cloud/send.ts";
import { toMessage } from "../api/request.ts";
import { printPages, printResponse } from "../api/response.ts";
import { confirmActive } from "../auth/confirm-protected.ts";
import { warnOfExpiry } from "../auth/expiry.ts";
import { openSession, openUnpinnedSession } from "../auth/session.ts";
import type { Filter } from "../system/jq.ts";
import { REQUEST_ARGS, YES } from "./_args.ts";

export const api = command({
  name: "api",
  description: "Send a request to the API and print the answer",
  section: "Server",
  args: {
    path: { type: "positional", required: true, description: "Path, such as /api/v2/deployments" },
    method: option("method", "HTTP method (default: GET, or POST with fields or --input)", "X"),
    "raw-field": option("key=value", "Text for the JSON body or a GET's query; a[b]= and a[]= nest", "f"),
    field: option("key=value", "Like -f with types: true, false, null, numbers, @FILE (@- is stdin)", "F"),
    input: option("file", "Send this file as the body (- is stdin); fields go to the query"),
    header: option("name:value", "Add a header; repeatable", "H"),
    include: flag("Print the status line and the headers first", "i"),
    paginate: flag("Request all pages and print their items as one list"),
    slurp: flag("With --paginate, print a list of the pages instead"),
    jq: option("expression", "Filter the answer with this jq expression", "q"),
    yes: YES,
    ...REQUEST_ARGS,
  },
  examples: [
    ["bentocloud api /api/v2/deployments", "the deployments, as JSON"],
    ["bentocloud api /api/v2/deployments --paginate -q '.[].name'", "the names of all of them"],
    ["bentocloud api /api/v1/api_tokens -f name=ci -f 'scopes[]=api'", "POST, prints the new token"],
    ["bentocloud api -X DELETE /api/v2/deployments/NAME", "DELETE"],
  ],
  async run(args, cli, given) {
    const { include, paginate, slurp } = args;
    if (slurp && !paginate) throw usageError("--slurp goes with --paginate");
    if (include && paginate) throw usageError("--include and --paginate exclude each other");
    const filter = args.jq === undefined ? undefined : await compile(args.jq);
    const { active, context, token } = await openUnpinnedSession(cli);
    const client = await cli.client({ endpoint: context.endpoint, token });
    const message = await toMessage(cli, client.endpoint, {
      path: args.path,
      method: args.method,
      rawFields: given.all("raw-field"),
      fields: given.all("field"),
      input: args.input,
      headers: given.all("header"),
    });
    if (paginate && message.method !== "GET")
      throw usageError(`--paginate is for GET, not ${message.method}`);
    checkRequestedOrganization(active, message);
    if (!SAFE.has(message.method)) await confirmActive(cli, active, `send a ${message.method} with it`);
    // Last, because this may send a request, and nothing is sent for a command that is wrong.
    await openSession(cli);
    await warnOfExpiry(cli, context);
    if (paginate) await printPages(cli, client, message, { slurp, filter });
    else await printResponse(cli, client, message, { include, filter });
  },
});

async function compile(expression: string): Promise<Filter> {
  const { compileFilter } = await import("../system/jq.ts");
  return compileFilter(expression);
}
