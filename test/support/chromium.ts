import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterSweep } from "./canaries.ts";
import { until } from "./until.ts";

/** A page of a real browser, which keeps its cookies until the browser is closed. */
interface Page {
  /** Opens the address and gives the body's text, once the expression is true in the page. */
  visit(address: string, expression?: string): Promise<string>;
  evaluate(expression: string): Promise<unknown>;
}

export interface Browser {
  page: Page;
  close(): Promise<void>;
}

/** Chromium without a window, driven over its own protocol. */
export async function openChromium(profile: string): Promise<Browser> {
  const argv = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"];
  const child = Bun.spawn(["chromium", ...argv, `--user-data-dir=${profile}`, "about:blank"], {
    stdout: "ignore",
    stderr: "ignore",
  });
  afterSweep(() => child.kill("SIGKILL"));
  const port = await portOf(profile);
  let target: Target | undefined;
  await until("Chromium has a page", async () => {
    const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as Target[];
    target = targets.find(({ type }) => type === "page");
    return target !== undefined;
  });
  const call = await connect(target!.webSocketDebuggerUrl);
  const evaluate = async (expression: string) => {
    const { result } = await call("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    return (result as { value: unknown }).value;
  };
  const visit = async (address: string, expression = "true") => {
    await evaluate("window.isLeft = true");
    await call("Page.navigate", { url: address });
    // While it navigates, the page that it leaves may answer, or none.
    const isThere = `!window.isLeft && document.readyState === "complete" && !!(${expression})`;
    await until(
      `${expression} in ${address}`,
      async () => (await evaluate(isThere).catch(() => false)) === true,
    );
    return String(await evaluate("document.body.innerText"));
  };
  return {
    page: { visit, evaluate },
    async close() {
      child.kill();
      await child.exited;
    },
  };
}

/** Chromium writes the port that it has chosen into its profile, and a path in the next line. */
async function portOf(profile: string): Promise<string> {
  const file = join(profile, "DevToolsActivePort");
  let port: string | undefined;
  await until("Chromium has a port", () => {
    if (existsSync(file)) [, port] = /^(\d+)\n./.exec(readFileSync(file, "utf8")) ?? [];
    return port !== undefined;
  });
  return port!;
}

interface Target {
  type: string;
  webSocketDebuggerUrl: string;
}

type Call = (method: string, params: object) => Promise<Record<string, unknown>>;

async function connect(address: string): Promise<Call> {
  const socket = new WebSocket(address);
  const waiting = new Map<number, PromiseWithResolvers<Record<string, unknown>>>();
  socket.addEventListener("message", ({ data }) => {
    const { id, result, error } = JSON.parse(String(data));
    if (error) waiting.get(id)?.reject(new Error(error.message));
    else waiting.get(id)?.resolve(result);
  });
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  let last = 0;
  return (method, params) => {
    const id = (last += 1);
    const answer = Promise.withResolvers<Record<string, unknown>>();
    waiting.set(id, answer);
    socket.send(JSON.stringify({ id, method, params }));
    return answer.promise;
  };
}
