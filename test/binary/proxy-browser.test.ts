import { expect } from "bun:test";
import { start } from "../support/bin.ts";
import { home } from "../support/home.ts";
import { needs } from "../support/needs.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

/** What the page of a console does: it asks the API, without a token of its own. */
const PAGE = `<!doctype html><title>console</title><p id="user">nobody</p><p id="cookies"></p><script>
document.querySelector("#cookies").textContent = "cookies:" + document.cookie + ".";
fetch("/api/v1/auth/current").then((response) => response.json()).then(({ email, token }) => {
  document.querySelector("#user").textContent = email + " " + token;
});
</script>`;

/** A page of another site on this machine, which tries to use the cookie. */
const ATTACK = (own: string) => `<!doctype html><p id="result">nothing</p><script>
const found = [];
const tries = ["include", "same-origin"].map((credentials) =>
  fetch("${own}/api/v1/auth/current", { credentials }).then(
    (response) => response.text().then((text) => found.push(text)),
    () => found.push("refused"),
  ),
);
Promise.all(tries).then(() => { document.querySelector("#result").textContent = found.join(" "); });
</script><iframe src="${own}/"></iframe>`;

needs("chromium").test(
  "proxy --open lets a real browser in, once, and no other page",
  async () => {
    const token = canary();
    const seen: string[] = [];
    let own = "";
    const upstream = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch(request) {
        const { pathname } = new URL(request.url);
        const isOurs = request.headers.get("x-yatai-api-token") === token;
        seen.push(
          `${pathname} ${isOurs} ${request.headers.has("cookie")} ${request.headers.get("sec-fetch-site")}`,
        );
        if (pathname === "/attack") return html(ATTACK(own));
        if (pathname === "/api/v1/auth/current")
          return Response.json({ email: isOurs ? "ada@example.test" : "", token });
        return html(PAGE);
      },
    });
    const here = home();
    const env = {
      BENTO_CLOUD_API_KEY: token,
      BENTO_CLOUD_API_ENDPOINT: upstream.url.origin,
      BROWSER: "true",
    };
    const running = start(["proxy", "--open", "--json"], { home: here, env });
    await running.waitFor("}\n");
    const { page, endpoint } = JSON.parse(running.stdout);
    own = endpoint;
    const profile = `${here.path}/profile`;
    const shown = await browse(page, profile);
    expect(shown).toContain(`ada@example.test ${"*".repeat(token.length)}`);
    expect(shown).toContain("cookies:.");
    expect(await browse(page, `${here.path}/other`)).toContain("this address was used already");
    seen.length = 0;
    expect(await browse(`${upstream.url.origin}/attack`, profile)).toContain("refused refused");
    expect(seen.filter((line) => /^\/(?:api|$| )/.test(line))).toEqual([]);
    running.kill("SIGINT");
    expect(await running.result).toMatchObject({ code: 130 });
    await upstream.stop(true);
  },
  60_000,
);

function html(text: string): Response {
  return new Response(text, { headers: { "Content-Type": "text/html" } });
}

/** The page as it stands after its scripts have run. */
async function browse(address: string, profile: string): Promise<string> {
  const argv = ["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--virtual-time-budget=4000"];
  const child = Bun.spawn(["chromium", ...argv, `--user-data-dir=${profile}`, address], { stderr: "ignore" });
  return new Response(child.stdout).text();
}
