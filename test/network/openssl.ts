import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterSweep } from "../support/canaries.ts";
import { removeFolder } from "../support/posix.ts";
import type { Certificate } from "../support/tls.ts";

interface Server {
  certificate: Certificate;
  /** Sent with it, from its issuer upward. */
  chain?: Certificate[];
  /** More options of `openssl s_server`. */
  options?: string[];
}

/** An OpenSSL server on 127.0.0.1 that answers requests with a page. Resolves to its port. */
export async function startOpenssl({ certificate, chain = [], options = [] }: Server): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "bentocloud-openssl-"));
  const file = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const args = [
    "s_server",
    "-www",
    "-accept",
    "127.0.0.1:0",
    "-cert",
    file("cert.pem", certificate.cert),
    "-key",
    file("key.pem", certificate.key),
    ...(chain.length > 0 ? ["-cert_chain", file("chain.pem", chain.map(({ cert }) => cert).join("\n"))] : []),
  ];
  const server = Bun.spawn(["openssl", ...args, ...options], {
    stdout: "pipe",
    stderr: "ignore",
  });
  afterSweep(() => {
    server.kill("SIGKILL");
    removeFolder(directory);
  });
  let printed = "";
  for await (const chunk of server.stdout) {
    printed += new TextDecoder().decode(chunk);
    const port = /^ACCEPT 127\.0\.0\.1:(\d+)$/m.exec(printed)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error(`openssl s_server ended: ${printed}`);
}
