import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterSweep } from "../support/canaries.ts";
import { removeFolder } from "../support/posix.ts";
import { until } from "../support/until.ts";

/** A proxy program that resolves `cloud.test` and `dead.test` to this machine. Nothing else resolves these names. */
export interface ProxyProgram {
  port: number;
  /** The requests it received, one a line. */
  log(): string[];
}

export const CREDENTIALS = "me:w%6Frd";

/** Starts Squid; with `isClosed` it demands the {@link CREDENTIALS}. */
export async function startSquid({ isClosed }: { isClosed: boolean }): Promise<ProxyProgram> {
  const { port, file, path } = await prepare();
  const hash = Bun.spawnSync(["openssl", "passwd", "-apr1", "word"]).stdout.toString();
  const passwords = file("passwords", `me:${hash}`);
  const access = isClosed
    ? [
        `auth_param basic program /usr/lib/squid/basic_ncsa_auth ${passwords}`,
        "acl known proxy_auth REQUIRED",
        "http_access allow known",
      ]
    : ["http_access allow all"];
  const config = [
    `http_port 127.0.0.1:${port}`,
    `hosts_file ${file("hosts", "127.0.0.1 cloud.test dead.test\n")}`,
    `pid_filename ${path}/squid.pid`,
    `access_log stdio:${path}/log`,
    `cache_log ${path}/cache.log`,
    `coredump_dir ${path}`,
    "cache deny all",
    "pinger_enable off",
    "shutdown_lifetime 0 seconds",
    ...access,
    "http_access deny all",
  ];
  await start(["squid", "-N", "-f", file("squid.conf", `${config.join("\n")}\n`)], port);
  return { port, log: () => linesOf(`${path}/log`, /\b(?:GET|CONNECT) \S+/) };
}

/** Starts Tinyproxy, with a hosts file that only it sees. */
export async function startTinyproxy({ isClosed }: { isClosed: boolean }): Promise<ProxyProgram> {
  const { port, file, path } = await prepare();
  const config = [
    `Port ${port}`,
    "Listen 127.0.0.1",
    `LogFile "${path}/log"`,
    "LogLevel Connect",
    ...(isClosed ? ["BasicAuth me word"] : []),
  ];
  const hosts = file("hosts", "127.0.0.1 localhost cloud.test dead.test\n");
  const script = `mount --bind ${hosts} /etc/hosts && exec tinyproxy -d -c ${file("conf", `${config.join("\n")}\n`)}`;
  await start(["unshare", "-m", "sh", "-c", script], port);
  return { port, log: () => linesOf(`${path}/log`, /\b(?:GET|CONNECT) \S+/) };
}

async function prepare() {
  const path = mkdtempSync(join(tmpdir(), "bentocloud-proxy-"));
  // Both programs drop the rights of root when they have started.
  Bun.spawnSync(["chmod", "777", path]);
  afterSweep(() => removeFolder(path));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const file = (name: string, text: string) => {
    writeFileSync(join(path, name), text);
    return join(path, name);
  };
  return { port, path, file };
}

async function start(command: string[], port: number): Promise<void> {
  const child = Bun.spawn(command, { stdout: "ignore", stderr: "ignore" });
  afterSweep(() => child.kill("SIGKILL"));
  await until(`${command[0]} listens`, () => {
    if (child.exitCode !== null) throw new Error(`${command[0]} ended with ${child.exitCode}`);
    return listens(port);
  });
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}

function linesOf(path: string, pattern: RegExp): string[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.flatMap((line) => pattern.exec(line)?.[0] ?? []);
}
