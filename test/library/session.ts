/**
 * A program that uses everything in the library, run in each runtime. It prints the results as one JSON object. OTHER is
 * the URL of a server that must not get any request.
 */
import { inspect } from "node:util";
import { CliError, createClient, resolveContext } from "bentocloud";

const warnings: string[] = [];
const context = await resolveContext({ warn: (message) => warnings.push(message) });
const client = createClient(context, { timeoutMs: 5000 });
const endpoint = context.endpoint;
const other = process.env["OTHER"]!;

async function outcome(act: () => unknown): Promise<unknown> {
  try {
    return (await act()) ?? null;
  } catch (error) {
    if (error instanceof CliError) return `${error.code} ${error.exitCode}`;
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

const results = {
  name: context.name,
  email: context.email,
  source: context.source.kind,
  printed: [String(context.token), JSON.stringify(context), inspect(context), `${context.token}`].some(
    (text) => text.includes(context.token.reveal()),
  ),
  warnings,
  unknown: await outcome(() => resolveContext({ context: "nobody", warn: () => {} })),
  key: await outcome(async () => {
    const env = { BENTO_CLOUD_API_KEY: "0123456789abcdefghij", HOME: "/nonexistent" };
    const { name, endpoint: at, source } = await resolveContext({ env, cwd: "/" });
    return [name, at, source.kind];
  }),
  page: await outcome(async () => {
    const query = { start: 1, count: 1, search: "", cluster: undefined };
    const { total, items } = await client<{ total: number; items: { name: string }[] }>(
      "/api/v2/deployments",
      {
        query,
      },
    );
    return [total, items.map(({ name }) => name)];
  }),
  withoutSlash: await outcome(async () => ((await client("api/v1/auth/current")) as { name: string }).name),
  address: await outcome(async () => (await client(`${endpoint}/api/v1/auth/current`)).name),
  created: await outcome(async () => {
    const made = await client("/api/v1/api_tokens", {
      method: "POST",
      body: { name: "made", scopes: ["api"] },
    });
    return [made.name, made.scopes];
  }),
  text: await outcome(async () => typeof (await client("/api/v1/version", { responseType: "text" }))),
  bytes: await outcome(async () => {
    const blob = await client("/api/v1/version", { responseType: "blob" });
    return JSON.parse(await blob.text()).version;
  }),
  raw: await outcome(async () => {
    const { status, headers, _data } = await client.raw("/api/v1/version");
    return [status, headers.get("content-type"), _data.version];
  }),
  elsewhere: await outcome(() => client(`${other}/api/v1/version`)),
  above: await outcome(() => client("/../api/v1/version")),
  redirected: await outcome(() => client("/redirected")),
  missing: await outcome(() => client("/missing")),
  forgiven: await outcome(async () => {
    const { status, _data } = await client.raw("/missing", { ignoreResponseError: true });
    return [status, _data];
  }),
  refused: await outcome(() => createClient({ endpoint, token: context.token })("/refused")),
  refusedBytes: await outcome(() => client("/refused", { responseType: "blob" })),
  page200: await outcome(() => client("/page")),
  broken: await outcome(() => client("/broken")),
  empty: await outcome(() => client("/empty")),
  again: await outcome(() => client("/again")),
  notAgain: await outcome(() => client("/not-again", { method: "POST", body: {} })),
  late: await outcome(() => client("/slow", { timeout: 100 })),
  lateForAll: await outcome(() => createClient(context, { timeoutMs: 100 })("/slow")),
  cancelled: await outcome(() => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    return client("/slow", { signal: controller.signal });
  }),
  plain: await outcome(() => createClient({ endpoint: "http://bento.test", token: context.token })),
};
console.log(JSON.stringify(results));
