/** The bits of an IP address as a text of zeros and ones; undefined for a name. Takes the `hostname` of a URL. */
export function addressBits(hostname: string): string | undefined {
  if (/^\d+(\.\d+){3}$/.test(hostname)) return toBits(hostname.split("."), 10, 8);
  if (!hostname.startsWith("[")) return undefined;
  const [left = [], right = []] = hostname
    .slice(1, -1)
    .split("::")
    .map((half) => (half === "" ? [] : half.split(":")));
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => "0");
  return toBits([...left, ...zeros, ...right], 16, 16);
}

function toBits(numbers: readonly string[], radix: number, width: number): string {
  return numbers.map((number) => parseInt(number, radix).toString(2).padStart(width, "0")).join("");
}

/** The host in the form that sockets take: an IPv6 address without its brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

export function portOf({ port, protocol }: URL): number {
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}

/** The addresses or the name to connect to, in order. `localhost` is not looked up. */
export function addressesOf(url: URL): string[] {
  return url.hostname === "localhost" ? ["127.0.0.1", "::1"] : [hostOf(url)];
}
