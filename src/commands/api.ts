import { command } from "../cli/command.ts";
import { checkRequestedOrganization } from "../resolve/pins.ts";
import { usageError } from "../errors.ts";
import { guardChange } from "../api/change.ts";
import { toMessage } from "../api/message.ts";
import { showAnswer, showPages } from "../api/show.ts";
import { warnOfExpiry } from "../auth/expiry.ts";
import { openSession, openUnpinnedSession } from "../auth/session.ts";
import { GUARD_ARGS, REQUEST_ARGS } from "./_args.ts";

export const api = command({
  name: "api",
  description: "Send a request to the API and print the answer",
  args: {
    path: {
      type: "positional",
      required: true,
      description: "Path on the endpoint, for example /api/v2/deployments",
    },
    method: {
      type: "string",
      alias: "X",
      valueHint: "method",
      description: "HTTP method (default: GET, or POST with fields or --input)",
    },
    "raw-field": {
      type: "string",
      alias: "f",
      valueHint: "key=value",
      description: "Add a text to the JSON body, or to the query of a GET; a[b]= and a[]= nest",
    },
    field: {
      type: "string",
      alias: "F",
      valueHint: "key=value",
      description: "Like -f, but true, false, null and numbers are JSON, and @FILE is read (@- is stdin)",
    },
    input: {
      type: "string",
      valueHint: "file",
      description: "Send this file as the body (- is stdin); fields go to the query",
    },
    header: { type: "string", alias: "H", valueHint: "name:value", description: "Add a header; repeatable" },
    include: { type: "boolean", alias: "i", description: "Print the status line and the headers first" },
    paginate: { type: "boolean", description: "Request all pages and print their items as one list" },
    slurp: { type: "boolean", description: "With --paginate, print a list of the pages instead" },
    jq: {
      type: "string",
      alias: "q",
      valueHint: "expression",
      description: "Filter the answer with this jq expression",
    },
    ...GUARD_ARGS,
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
    if (include && paginate) throw usageError("--include goes without --paginate");
    const filter = args.jq === undefined ? undefined : await cli.compileFilter(args.jq);
    const { active, context, token } = await openUnpinnedSession(cli);
    const options = { insecureHttp: args["insecure-http"] };
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
    await guardChange(cli, active, { method: message.method, yes: args.yes });
    // Last, because this may send a request, and nothing is sent for a command that is wrong.
    await openSession(cli, options);
    await warnOfExpiry(cli, context);
    if (paginate) await showPages(cli, client, message, { slurp, filter });
    else await showAnswer(cli, client, message, { include, filter });
  },
});

/** A request can name an organization other than the token's own in its query or in a header. */
function requestedOrganizations({ url, headers }: { url: URL | string; headers?: Headers }): string[] {
  const named = new URL(url).searchParams.getAll("organization_name");
  const header = headers?.get("x-yatai-organization");
  return [...named, ...(header ? [header] : [])].filter((name) => name !== "");
}
