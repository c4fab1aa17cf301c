import { afterSweep } from "./canaries.ts";

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
    stderr: "pipe",
  });
  afterSweep(() => child.kill("SIGKILL"));
  let printed = "";
  let origin: string | undefined;
  for await (const chunk of child.stderr) {
    printed += new TextDecoder().decode(chunk);
    [, origin] = /DevTools listening on ws:\/\/([\d.:]+)\//.exec(printed) ?? [];
    if (origin !== undefined) break;
  }
  const targets = (await (await fetch(`http://${origin}/json/list`)).json()) as Target[];
  const { webSocketDebuggerUrl } = targets.find(({ type }) => type === "page")!;
  const call = await connect(webSocketDebuggerUrl);
  const evaluate = async (expression: string) => {
    const { result } = await call("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    return (result as { value: unknown }).value;
  };
  const visit = async (address: string, expression = "true") => {
    await call("Page.navigate", { url: address });
    // While it navigates, the page that it leaves may answer, or none.
    const isThere = `location.href !== "about:blank" && document.readyState === "complete" && !!(${expression})`;
    while ((await evaluate(isThere).catch(() => false)) !== true) await Bun.sleep(20);
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
