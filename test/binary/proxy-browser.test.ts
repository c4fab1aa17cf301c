import { expect } from "bun:test";
import { start } from "../support/bin.ts";
import { openChromium } from "../support/chromium.ts";
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

function serveConsole(token: string, attack: () => string) {
  const seen: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      const { pathname } = new URL(request.url);
      const isOurs = request.headers.get("x-yatai-api-token") === token;
      seen.push(`${pathname} ${isOurs} ${request.headers.has("cookie")}`);
      if (pathname === "/attack") return html(attack());
      if (pathname === "/api/v1/auth/current")
        return Response.json({ email: isOurs ? "ada@example.test" : "", token });
      return html(PAGE);
    },
  });
  return { seen, origin: server.url.origin, stop: () => server.stop(true) };
}

needs("chromium").test(
  "proxy --open lets a real browser in, once, and no other page",
  async () => {
    const token = canary();
    let own = "";
    const upstream = serveConsole(token, () => ATTACK(own));
    const here = home();
    const env = { BENTO_CLOUD_API_KEY: token, BENTO_CLOUD_API_ENDPOINT: upstream.origin, BROWSER: "true" };
    const open = async (args: string[] = []) => {
      const running = start(["proxy", "--open", "--json", ...args], { home: here, env });
      await running.waitFor("}\n");
      return { running, ...(JSON.parse(running.stdout) as { page: string; endpoint: string }) };
    };
    const { running, page, endpoint } = await open();
    own = endpoint;
    const chromium = await openChromium(`${here.path}/profile`);
    const { visit, evaluate } = chromium.page;
    const isShown = 'document.querySelector("#user")?.textContent.includes("@")';
    const shown = await visit(page, isShown);
    expect(shown).toContain(`ada@example.test ${"*".repeat(token.length)}`);
    expect(shown).toContain("cookies:.");
    expect(await visit(page)).toContain("this address was used already");
    expect(await visit(endpoint, isShown)).toContain("ada@example.test");

    upstream.seen.length = 0;
    const isTried = 'document.querySelector("#result")?.textContent !== "nothing"';
    expect(await visit(`${upstream.origin}/attack`, isTried)).toContain("refused refused");
    expect(await evaluate("document.cookie")).toBe("");
    expect(upstream.seen.filter((line) => /^\/(?:api|$| )/.test(line))).toEqual([]);
    running.kill("SIGINT");
    expect(await running.result).toMatchObject({ code: 130 });

    const again = await open(["--port", new URL(endpoint).port]);
    expect(again.endpoint).toBe(endpoint);
    expect(await visit(endpoint)).toContain("the key is missing or wrong");
    expect(await visit(again.page, isShown)).toContain("ada@example.test");
    again.running.kill("SIGINT");
    await again.running.result;
    await chromium.close();
    await upstream.stop();
  },
  60_000,
);

function html(text: string): Response {
  return new Response(text, { headers: { "Content-Type": "text/html" } });
}
