import { failure, ok, type Handler } from "./answer.ts";
import { addToken, newCode, type ApiToken, type Records } from "./records.ts";

/** The browser login: a code for the terminal, a page for the person, a token for the code once approved. */

export const authCode: Handler = ({ records }) => ok({ code: newCode(records) });

/** Hands the token out once, then forgets the code. */
export const authToken: Handler = ({ request, records }) => {
  const code = request.query["code"] ?? "";
  const token = records.codes.get(code)?.token;
  if (token == null) return failure(404, "the code has not been approved");
  records.codes.delete(code);
  return ok({ token: token.value });
};

export const approvePage: Handler = ({ request, records, prefix }) => {
  const code = request.query["code"] ?? "";
  if (!records.codes.has(code))
    return { status: 404, html: page("<p>This code is unknown or has been used.</p>") };
  return {
    status: 200,
    html: page(
      `<p>A terminal asks for an API token with the code <code>${code}</code>.</p>` +
        `<form method="post" action="${prefix}/api_tokens/approve">` +
        `<input type="hidden" name="code" value="${code}"><button>Approve</button></form>`,
    ),
  };
};

export const approveForm: Handler = ({ request, records }) => {
  const form = new URLSearchParams(request.body);
  const code = form.get("code") ?? "";
  if (!records.codes.has(code))
    return { status: 404, html: page("<p>This code is unknown or has been used.</p>") };
  approveCode(records, code, form.get("email") ?? undefined);
  return { status: 200, html: page("<p>Approved. You can close this page.</p>") };
};

/** Mints the token that the waiting terminal will be given. */
export function approveCode(records: Records, code: string, email?: string): ApiToken {
  const waiting = records.codes.get(code);
  if (waiting === undefined) throw new Error("there is no such login code");
  waiting.token ??= addToken(records, {
    name: `browser-${records.tokens.length + 1}`,
    ...(email === undefined ? {} : { email }),
  });
  return waiting.token;
}

function page(content: string): string {
  return `<!doctype html><meta charset="utf-8"><title>BentoCloud</title>${content}\n`;
}
