import { spawn } from "node:child_process";
import open from "open";

/**
 * Opens a page. The caller passes a URL it built from an endpoint the user gave; nothing a server said ever comes
 * here. Resolves to whether a browser could be started; the URL is on the screen either way.
 */
export async function openBrowser(url: URL, preferred: string | undefined): Promise<boolean> {
  if (url.protocol !== "https:" && url.protocol !== "http:") return false;
  forgetSecrets();
  // Windows knows no BROWSER, and would look for its program in the working directory first.
  if (!preferred || process.platform === "win32") return openByDefault(url);
  for (const command of preferred.split(":")) {
    if (await startProgram(command, url)) return true;
  }
  return false;
}

/** A browser runs for days, and what it inherits can be read for as long. */
function forgetSecrets(): void {
  for (const name of Object.keys(process.env)) {
    if (/^(BENTO_CLOUD_|BUN_OPTIONS$|BUN_BE_BUN$)/.test(name)) delete process.env[name];
  }
}

async function openByDefault(url: URL): Promise<boolean> {
  try {
    await open(url.href);
    return true;
  } catch {
    return false;
  }
}

/** One command of `BROWSER` as Unix programs read it: words, with `%s` for the URL or the URL behind them. No shell. */
function startProgram(command: string, url: URL): Promise<boolean> {
  const [program, ...words] = command.split(/\s+/).filter(Boolean);
  if (program === undefined) return Promise.resolve(false);
  const args = words.some((word) => word.includes("%s"))
    ? words.map((word) => word.replaceAll("%s", () => url.href))
    : [...words, url.href];
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: "ignore", detached: true });
    // Deno reports one failure twice, so the listener has to stay.
    child.on("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}
