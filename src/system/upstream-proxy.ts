/** The way of a request to its server. */
export type Route =
  /** `variable` names a proxy, from which the variable `exemption` exempts the host. */
  | { kind: "direct"; variable?: string; exemption?: string | undefined }
  | { kind: "proxy"; variable: string; proxy: URL };

/** A failure of the proxy itself. `status` is its own answer, if it gave one. */
export class ProxyError extends Error {
  override readonly name = "ProxyError";
  readonly status: number | undefined;

  constructor(status: number | undefined, cause?: unknown) {
    super("the proxy failed", { cause });
    this.status = status;
  }
}

/** The headers that authenticate us to the proxy. */
export function credentialsFor({ username, password }: URL): Record<string, string> {
  if (username + password === "") return {};
  const text = [username, password].map(decode).join(":");
  return { "Proxy-Authorization": `Basic ${Buffer.from(text).toString("base64")}` };
}

/** A password with a `%` that escapes nothing is taken as it is written. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
