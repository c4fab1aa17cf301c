import { describe, expect, test } from "bun:test";
import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { doctor } from "../commands/doctor.ts";
import { writeContexts } from "../store/fixture.ts";
import { home } from "../support/bin.ts";
import { afterSweep } from "../support/canaries.ts";
import { needs } from "../support/needs.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { type Certificate, makeCertificates } from "../support/tls.ts";
import { CLIENTS } from "./clients.ts";
import { startOpenssl } from "./openssl.ts";

sweepCanaries();

const certificates = await makeCertificates();
const TRUSTED = { NODE_EXTRA_CA_CERTS: certificates.caFile() };
const { leaf } = certificates;
const intermediate = await certificates.authority("Test Intermediate");
const oldIntermediate = await certificates.authority("Old Intermediate", { fromDays: -20, toDays: -1 });
const earlyIntermediate = await certificates.authority("Early Intermediate", { fromDays: 2 });
const stranger = await certificates.authority("Another Authority", { isRoot: true });
const CLIENT_CERTIFICATE = ["-Verify", "1", "-verify_return_error", "-CAfile", TRUSTED.NODE_EXTRA_CA_CERTS];

const NOT_TLS = /^\$ does not speak TLS: something other than TLS answers on this port$/;

/** A name, the server, the message with `$` for the server, and a part of the hint. */
const SERVERS: readonly [
  name: string,
  start: () => Promise<number>,
  message: string | RegExp,
  hint: string,
][] = [
  [
    "is limited to TLS 1.1",
    () => startOpenssl({ certificate: leaf, options: ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"] }),
    /^\$ has no version of TLS in common with us: it has none of 1\.2 and 1\.3$/,
    "TLS 1.2 or newer",
  ],
  [
    "wants a client certificate, with TLS 1.3",
    () => startOpenssl({ certificate: leaf, options: ["-tls1_3", ...CLIENT_CERTIFICATE] }),
    /^\$ wants a client certificate, and bentocloud has none$/,
    "an address of the server that wants none",
  ],
  [
    "wants a client certificate, with TLS 1.2",
    () => startOpenssl({ certificate: leaf, options: ["-tls1_2", ...CLIENT_CERTIFICATE] }),
    /^\$ wants a client certificate, and bentocloud has none$/,
    "an address of the server that wants none",
  ],
  [
    "has no cipher in common with us",
    () => startOpenssl({ certificate: leaf, options: ["-tls1_2", "-cipher", "PSK-AES128-CBC-SHA"] }),
    /^\$ refuses the TLS handshake \(ERR_SSL_\S+\)$/,
    "ask whoever runs the server",
  ],
  [
    "has an expired certificate",
    () => startOpenssl({ certificate: certificates.expired }),
    /^the TLS certificate of \$ is not valid at this time: it expired on \d{4}-\d\d-\d\d$/,
    "the server needs a new certificate",
  ],
  [
    "has a certificate that is not valid yet",
    async () => startOpenssl({ certificate: await certificates.issue({ fromDays: 2 }) }),
    /^the TLS certificate of \$ is not valid at this time: it is only valid from \d{4}-\d\d-\d\d$/,
    "check the clock",
  ],
  [
    "has an expired intermediate certificate",
    () => startChain(oldIntermediate, [oldIntermediate]),
    /^the TLS certificate of \$ is not valid at this time: the certificate of its authority Old Intermediate expired on \d{4}-\d\d-\d\d$/,
    "the server needs to send a valid certificate of that authority",
  ],
  [
    "has an intermediate certificate that is not valid yet",
    () => startChain(earlyIntermediate, [earlyIntermediate]),
    /^the TLS certificate of \$ is not valid at this time: the certificate of its authority Early Intermediate is only valid from \d{4}-\d\d-\d\d$/,
    "check the clock",
  ],
  [
    "sends its own certificate without the intermediate one",
    () => startChain(intermediate, []),
    /^the TLS certificate of \$ cannot be trusted: it is issued by Test Intermediate, which nobody here trusts and whose own certificate the server does not send$/,
    "the server's chain is incomplete",
  ],
  [
    "has a certificate of another host",
    () => startOpenssl({ certificate: certificates.otherHost }),
    /^the TLS certificate of \$ is for another host, issued by Test Authority$/,
    "check the host name",
  ],
  [
    "has a certificate of an unknown authority",
    () => startChain(stranger, [stranger]),
    /^the TLS certificate of \$ cannot be trusted: it is issued by Another Authority, which nobody here trusts$/,
    "if this is your organization's own authority, add it to the system's certificates, or name its file in NODE_EXTRA_CA_CERTS",
  ],
  [
    "has signed its certificate itself",
    () => startOpenssl({ certificate: certificates.selfSigned }),
    /^the TLS certificate of \$ cannot be trusted: it is signed by nobody but itself$/,
    "NODE_EXTRA_CA_CERTS",
  ],
  [
    "has a certificate for clients",
    async () => startOpenssl({ certificate: await certificates.issue({ purpose: "clientAuth" }) }),
    /^the TLS certificate of \$ cannot be trusted/,
    "",
  ],
  [
    "speaks http",
    () => startRaw((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
    NOT_TLS,
    "port",
  ],
  [
    "speaks something else",
    () => startRaw((socket) => socket.end("SSH-2.0-OpenSSH_9.9\r\n")),
    NOT_TLS,
    "port",
  ],
  [
    "does not know the host name",
    () => startRaw((socket) => socket.end(Buffer.from([21, 3, 3, 0, 2, 2, 112]))),
    /^\$ refuses the TLS handshake \(ERR_SSL_\S+\)$/,
    "check the host name in the endpoint",
  ],
];

async function startChain(by: Certificate, chain: Certificate[]): Promise<number> {
  return startOpenssl({ certificate: await certificates.issue({ by }), chain });
}

/** Starts a server that sends its own answer to the first bytes of every connection. */
async function startRaw(answer: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => socket.on("error", () => {}).once("data", () => answer(socket)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterSweep(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const { describe: describeWithOpenssl } = needs("openssl");

describeWithOpenssl.each(SERVERS)("a server that %s", (_name, start, message, hint) => {
  const started = start();

  /** The sentence with `$` for the server. */
  const generic = (text: string, server: string) => text.replaceAll(server, "$");

  for (const { name, isMissing, ask } of CLIENTS)
    test.skipIf(isMissing)(`is an error with the code TLS: ${name}`, async () => {
      const endpoint = `https://127.0.0.1:${await started}`;
      const [outcome] = await ask({ endpoint, token: canary(), env: TRUSTED }, { path: "/x" });
      expect(outcome!.code).toBe("TLS");
      expect(generic(outcome!.message, endpoint)).toMatch(message);
      expect(outcome!.hint).toContain(hint);
      expect(outcome!.hint).not.toContain("http://");
    });

  test("has the same message in doctor", async () => {
    const here = home();
    writeContexts(here, [{ name: "a", endpoint: `https://127.0.0.1:${await started}` }]);
    const { code, of, ids } = await doctor(["--timeout", "5"], { home: here, env: TRUSTED });
    expect({ code, last: ids.at(-1), status: of("tls")?.status }).toEqual({
      code: 1,
      last: "tls",
      status: "fail",
    });
    expect(generic(of("tls")!.message, "127.0.0.1")).toMatch(message);
    expect(of("tls")!.hint).toContain(hint);
  });
});

describe("a server with an intermediate certificate that it sends", () => {
  for (const { name, isMissing, ask } of CLIENTS)
    test.skipIf(isMissing)(`is trusted: ${name}`, async () => {
      const port = await startChain(intermediate, [intermediate]);
      const options = { endpoint: `https://127.0.0.1:${port}`, token: canary(), env: TRUSTED };
      expect((await ask(options, { path: "/x" }))[0]?.code).not.toBe("TLS");
    });
});
