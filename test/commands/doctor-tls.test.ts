import { describe, expect, test } from "bun:test";
import { writeContexts } from "../store/fixture.ts";
import { home } from "../support/bin.ts";
import type { CloudOptions } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { programCommand } from "../support/program.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { makeCertificates } from "../support/tls.ts";
import { doctor } from "./doctor.ts";

sweepCanaries();
const startCloud = cloudsPerTest();
const certificates = await makeCertificates();
const TRUSTED = { NODE_EXTRA_CA_CERTS: certificates.caFile() };

type Tls = NonNullable<CloudOptions["tls"]>;

async function look(tls: Tls, { env = {}, host = "127.0.0.1", command }: Options = {}) {
  const [cloud, here] = [await startCloud({ tls }), home()];
  const endpoint = cloud.url.replace("127.0.0.1", host);
  writeContexts(here, [{ name: "a", endpoint, token: cloud.issueToken() }]);
  const options = { home: here, env, ...(command && { command }) };
  const { code, of, ids } = await doctor(["--timeout", "5"], options);
  return { code, tls: of("tls"), last: ids.at(-1), cloud };
}

interface Options {
  env?: Record<string, string>;
  host?: string;
  command?: string[];
}

describe("doctor: tls: a certificate", () => {
  test("is checked also with NODE_TLS_REJECT_UNAUTHORIZED=0, and nothing else is printed", async () => {
    const [cloud, here] = [await startCloud({ tls: certificates.leaf }), home()];
    writeContexts(here, [{ name: "a", endpoint: cloud.url, token: cloud.issueToken() }]);
    const { code, stderr } = await doctor([], { home: here, env: { NODE_TLS_REJECT_UNAUTHORIZED: "0" } });
    expect({ code, stderr, requests: cloud.requests }).toEqual({ code: 1, stderr: "", requests: [] });
  });

  test.each(["127.0.0.1", "localhost"])(
    "of an authority that this machine trusts by configuration is ok: %s",
    async (host) => {
      const { code, tls } = await look(certificates.leaf, { env: TRUSTED, host });
      expect(code).toBe(0);
      expect(tls?.status).toBe("ok");
      expect(tls?.message).toMatch(
        /^valid until \d{4}-\d\d-\d\d \((29|30)d\), issued by Test Authority, an authority that this machine trusts by configuration$/,
      );
    },
  );

  test("that ends soon is a warning", async () => {
    const { code, tls } = await look(await certificates.issue({ toDays: 5 }), { env: TRUSTED });
    expect({ code, tls }).toMatchObject({
      code: 0,
      tls: { status: "warn", hint: "the server needs a new certificate soon" },
    });
  });

  const canMount = Bun.which("unshare") !== null && Bun.spawnSync(["unshare", "-m", "true"]).success;

  test.skipIf(!canMount)(
    "of BentoCloud that no public authority issued is a warning: somebody can read the requests",
    async () => {
      const host = "cloud.bentoml.com";
      const hosts = `${home().path}/hosts`;
      await Bun.write(hosts, `127.0.0.1 ${host} localhost\n`);
      const script = 'mount --bind "$1" /etc/hosts && shift && exec "$@"';
      const command = ["unshare", "-m", "sh", "-c", script, "sh", hosts, ...programCommand()];
      const { code, tls } = await look(await certificates.issue({ hosts: [host] }), {
        env: TRUSTED,
        host,
        command,
      });
      expect({ code, tls }).toMatchObject({
        code: 0,
        tls: {
          status: "warn",
          message: expect.stringContaining("somebody in between can read the requests"),
        },
      });
    },
  );
});
