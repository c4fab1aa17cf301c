import type { Answer } from "../../cloud/answer.ts";
import type { Head } from "../../cloud/client.ts";
import { CliError } from "../../errors.ts";
import type { Cli } from "../../app.ts";
import type { Finding } from "../check.ts";
import type { Link } from "./chain.ts";
import type { Visit } from "./visit.ts";

const LOOKS_LIKE_VERSION = /^v?\d+(\.\d+)*(-[a-z0-9]{1,12})?$/;

/** What answers there: asked without a token, by the question that every BentoCloud and Yatai should answer. */
export const endpoint: Link = {
  id: "endpoint",
  async look(cli, visit) {
    const { fieldOf, serverText } = await import("../../cloud/answer.ts");
    const { refusal } = await import("../../cloud/refusal.ts");
    const answer = await askVersion(cli, visit);
    const version = serverText(fieldOf(answer.body, "version"), 60);
    if (answer.status === 200 && version !== undefined)
      return {
        status: "ok",
        message: `${visit.endpoint} is BentoCloud or Yatai, version ${version}`,
        hidden: { "server's words": LOOKS_LIKE_VERSION.test(version) ? [] : [version] },
      };
    const isOpen = answer.status < 500 && answer.notJson === undefined && answer.status !== 407;
    if (isOpen) return judgeByToken(visit);
    throw (
      refusal(answer, visit.endpoint) ?? new CliError("NOT_BENTOCLOUD", `${visit.endpoint} is not BentoCloud`)
    );
  },
};

async function askVersion(cli: Cli, visit: Visit): Promise<Answer> {
  const { toAnswer } = await import("../../cloud/answer.ts");
  const client = await cli.client({ endpoint: visit.endpoint, insecureHttp: visit.insecureHttp });
  const from = cli.now();
  const { text, ...head } = await client.read({ method: "GET", url: `${visit.endpoint}/api/v1/version` });
  const date = dateOf(head);
  if (date) visit.clock = { date, from, to: cli.now() };
  return toAnswer(new Response(null, { status: head.status, headers: head.headers }), text);
}

/** An answer that a cache kept was given so much earlier. */
function dateOf({ headers }: Head): Date | undefined {
  const ms = Date.parse(headers.get("date") ?? "");
  if (Number.isNaN(ms)) return undefined;
  const age = Number(headers.get("age") ?? 0);
  return new Date(ms + (Number.isSafeInteger(age) ? age : 0) * 1000);
}

/** A server need not know the question; what it says about the token tells what it is. */
async function judgeByToken(visit: Visit): Promise<Finding> {
  const identification = await visit.identify();
  const { endpoint } = visit;
  if (!identification)
    return { status: "warn", message: `${endpoint} answers, but does not say whether it is BentoCloud` };
  const { verdict, error } = identification;
  if (error && (verdict === "not_bentocloud" || verdict === "unreachable")) throw error;
  return { status: "ok", message: `${endpoint} is BentoCloud or Yatai, and does not say which version` };
}
