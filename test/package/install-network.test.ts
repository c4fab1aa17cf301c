import { afterAll, afterEach, expect } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { home } from "../support/home.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { makeCertificates } from "../support/tls.ts";
import { describe, test } from "./equipped.ts";
import { ARCHIVE, expectNothing, install, installed, lastLine, linux, type Shell } from "./installer.ts";
import { serveRelease } from "./release.ts";

sweepCanaries();

const TAG = `v${manifest.version}`;
const certificates = await makeCertificates();
const plain = await serveRelease(join(home().path, "dist"));
const secure = await serveRelease(join(home().path, "dist"), certificates.leaf);

/** Redirects over https to the same path of `target`. */
const redirecting = { target: "" };
const redirector = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  tls: certificates.leaf,
  fetch: ({ url }) => Response.redirect(redirecting.target.replace("/releases", new URL(url).pathname)),
});
const REDIRECTED = { BENTOCLOUD_RELEASES: `https://127.0.0.1:${redirector.port}/releases` };

afterEach(() => {
  plain.restore();
  secure.restore();
});
afterAll(() => {
  plain.stop();
  secure.stop();
  redirector.stop(true);
});

/** The shell of the table whose machine has this program. */
const DOWNLOADERS: Record<string, Shell> = { curl: "dash", wget: "bash" };

/** A machine where the program trusts our authority. curl wants its first option to stay the first. */
function trusting(name: string) {
  const on = linux(DOWNLOADERS[name]);
  const option = name === "curl" ? "--cacert" : "--ca-certificate";
  on.fake(name, `first=$1; shift; exec ${Bun.which(name)} "$first" ${option} ${certificates.caFile()} "$@"`);
  return on;
}

/** Only line ends and characters that can be seen. */
const HARMLESS = /^[\n -~]*$/;

describe.each(Object.keys(DOWNLOADERS))("install.sh with %s", (name) => {
  test("downloads over https, and follows a redirect there", async () => {
    for (const env of [{ BENTOCLOUD_RELEASES: secure.url }, REDIRECTED]) {
      const on = trusting(name);
      redirecting.target = secure.url;
      expect((await install({ on, env })).code).toBe(0);
      expect(installed(on)).toContain("# linux-x64\n");
    }
  });

  test("sends no request to http where a redirect leads there", async () => {
    const on = trusting(name);
    const before = plain.requests.length;
    redirecting.target = plain.url;
    const { code, stderr } = await install({ on, env: REDIRECTED });
    expect(code).toBe(1);
    expect(lastLine(stderr)).toStartWith("error: cannot download https://127.0.0.1:");
    expect(plain.requests.length).toBe(before);
    expectNothing(on);
  });

  test("rejects an unknown certificate, even if a start-up file allows it", async () => {
    const on = linux(DOWNLOADERS[name]);
    writeFileSync(join(on.home.path, ".curlrc"), "insecure\n");
    writeFileSync(join(on.home.path, ".wgetrc"), "check_certificate = off\n");
    const env = { BENTOCLOUD_RELEASES: secure.url, WGETRC: join(on.home.path, ".wgetrc") };
    expect((await install({ on, env })).code).toBe(1);
    for (const file of [".curlrc", ".wgetrc"]) rmSync(join(on.home.path, file));
    expectNothing(on);
  });

  test("uses no address and no file that a start-up file names", async () => {
    const on = linux(DOWNLOADERS[name]);
    writeFileSync(join(on.home.path, ".curlrc"), 'proxy = "http://127.0.0.1:9"\nrange = "0-1"\n');
    writeFileSync(join(on.home.path, ".wgetrc"), "use_proxy = on\nhttp_proxy = http://127.0.0.1:9\n");
    expect((await install({ on, env: { BENTOCLOUD_RELEASES: plain.url } })).code).toBe(0);
  });

  test("prints no unchecked text of an answer", async () => {
    const evil = "\u001b]0;pwned\u0007\u001b[31m\u202e";
    const servers = [
      () => `${evil}\n`,
      (path: string) => (path.endsWith("version.txt") ? `${TAG}\n` : `${evil.padEnd(64, "0")}  ${ARCHIVE}\n`),
      () => new Response(evil, { status: 404, statusText: evil.replaceAll("\u202e", "") }),
      () => new Response("", { status: 302, headers: { location: `http://\u001b[31mpwned.test/` } }),
      () => new Response("", { status: 302, headers: { location: "--output-document=pwned" } }),
    ];
    for (const answer of servers) {
      const server = Bun.serve({
        hostname: "127.0.0.1",
        port: 0,
        fetch: ({ url }) => {
          const given = answer(new URL(url).pathname);
          return typeof given === "string" ? new Response(given) : given;
        },
      });
      const on = linux(DOWNLOADERS[name]);
      const env = { BENTOCLOUD_RELEASES: `http://127.0.0.1:${server.port}/releases` };
      const { code, stderr } = await install({ on, env });
      expect(code).toBe(1);
      expect(stderr).toMatch(HARMLESS);
      expectNothing(on);
      server.stop(true);
    }
  });
});

describe("install.sh", () => {
  test.each([
    "http://example.test/releases",
    "ftp://127.0.0.1/",
    "http://localhost:1@example.test/",
    "file:///tmp",
    "--output=/tmp/x",
  ])("downloads nothing from %s", async (address) => {
    const on = linux();
    const { code, stderr } = await install({ on, env: { BENTOCLOUD_RELEASES: address } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: BENTOCLOUD_RELEASES must /);
    expectNothing(on);
  });

  test("refuses a wget that may leave https or skip the check of certificates", async () => {
    const on = linux("busybox ash");
    const before = secure.requests.length;
    const env = { BENTOCLOUD_RELEASES: secure.url };
    const { code, stderr } = await install({ on, shell: "busybox ash", env });
    expect(stderr).toBe("error: this wget is not safe with https; install curl\n");
    expect(code).toBe(1);
    expect(secure.requests.length).toBe(before);
    expectNothing(on);
  });

  test("tells GNU Wget2 to follow no redirect to http", async () => {
    const on = linux("bash");
    on.fake(
      "wget",
      `case $1 in --version) echo 'GNU Wget2 2.1.0' ;; *) echo "$@" >'${on.home.path}/said'; exit 1 ;; esac`,
    );
    await install({ on, shell: "bash", env: { BENTOCLOUD_RELEASES: secure.url } });
    expect(installed(on, "said")).toContain("--https-only=on");
    await install({ on, shell: "bash", env: { BENTOCLOUD_RELEASES: plain.url } });
    expect(installed(on, "said")).toContain("--https-only=off");
  });
});
