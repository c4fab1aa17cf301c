import { tokenOf } from "../../src/contexts/context.ts";
import type { ContextsFile } from "../../src/yaml/read.ts";

/** A contexts file as plain values, tokens included, so that two can be compared. */
export function snapshot({ contexts, current, problems }: ContextsFile) {
  return {
    contexts: contexts.map((context) => {
      const { name, endpoint, email, line } = context;
      return { name, endpoint: endpoint.reveal(), email, line, token: tokenOf(context)?.reveal() ?? "" };
    }),
    current,
    problems,
  };
}

/** The text of an entry as Python writes it. */
export function entry(
  name: string,
  fields: Partial<Record<"api_token" | "email" | "endpoint", string>> = {},
): string {
  const { api_token = `token-${name}`, email = "null", endpoint = `https://${name}.test` } = fields;
  return `- api_token: ${api_token}\n  email: ${email}\n  endpoint: ${endpoint}\n  name: ${name}\n`;
}
