import { command } from "../cli/command.ts";
import { checkRequestedOrganization } from "../resolve/pins.ts";
import { usageError } from "../errors.ts";
import { SAFE } from "../cloud/send.ts";
import { toMessage } from "../api/request.ts";
import { printPages, printResponse } from "../api/response.ts";
import { confirmProtected } from "../auth/confirm-protected.ts";
import { warnOfExpiry } from "../auth/expiry.ts";
import { openSession, openUnpinnedSession } from "../auth/session.ts";
import { GUARD_ARGS, REQUEST_ARGS } from "./_args.ts";

export const api = command({
  name: "api",
  description: "Send a request to the API and print its answer",
  args: {
    path: {
      type: "positional",
      required: true,
      description: "Path below the endpoint, for example /api/v2/deployments",
    },
    method: {
      type: "string",
      alias: "X",
      valueHint: "method",
      description: "GET unless told otherwise; POST with fields or --input",
    },
    "raw-field": {
      type: "string",
      alias: "f",
      valueHint: "key=value",
      description: "A text for the JSON body, or for the query of a GET; a[b]= and a[]= nest",
    },
    field: {
      type: "string",
      alias: "F",
      valueHint: "key=value",
      description: "The same with a type: true, false, null, a number, or @FILE (@- is standard input)",
    },
    input: {
      type: "string",
      valueHint: "file",
      description: "The body itself (- is standard input); fields go to the query",
    },
    header: { type: "string", alias: "H", valueHint: "name:value", description: "A header, more than once" },
    include: { type: "boolean", alias: "i", description: "Print the status line and the headers too" },
    paginate: { type: "boolean", description: "Ask for all pages, and print their items as one list" },
    slurp: { type: "boolean", description: "With --paginate, print a list of the pages instead" },
    jq: {
      type: "string",
      alias: "q",
      valueHint: "expression",
      description: "Print what this jq expression makes of the answer",
    },
    ...GUARD_ARGS,
    ...REQUEST_ARGS,
  },
  examples: [
    ["bentocloud api /api/v2/deployments", "the deployments, as JSON"],
    ["bentocloud api /api/v2/deployments --paginate -q '.[].name'", "the names of all of them"],
    ["bentocloud api /api/v1/api_tokens -f name=ci -f 'scopes[]=api'", "a POST; prints the new token"],
    ["bentocloud api -X DELETE /api/v2/deployments/NAME", "another method"],
  ],
  async run(args, cli, given) {
    const { include = false, paginate = false, slurp = false } = args;
    if (slurp && !paginate) throw usageError("--slurp is about the pages of --paginate");
    if (include && paginate) throw usageError("--include shows one answer, and --paginate asks for several");
    const filter = args.jq === undefined ? undefined : await cli.compileFilter(args.jq);
    const { active, context, token } = await openUnpinnedSession(cli);
    const options = { insecureHttp: args["insecure-http"] ?? false };
    const client = await cli.client({ endpoint: context.endpoint, token, ...options });
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
    for (const name of requestedOrganizations(message)) checkRequestedOrganization(active, name);
    if (!SAFE.has(message.method))
      await confirmProtected(cli, active, { yes: args.yes, intent: `send a ${message.method}` });
    // Everything is known to be right now; only this may ask the server something.
    await openSession(cli, options);
    await warnOfExpiry(cli, context);
    if (paginate) await printPages(cli, client, message, { slurp, filter });
    else await printResponse(cli, client, message, { include, filter });
  },
});

/** The server takes another organization than the token's own from either place. */
function requestedOrganizations({ url, headers }: { url: URL | string; headers?: Headers }): string[] {
  const named = new URL(url).searchParams.getAll("organization_name");
  const header = headers?.get("x-yatai-organization");
  return [...named, ...(header ? [header] : [])].filter((name) => name !== "");
}
