import { spawn } from "node:child_process";
import open from "open";
import { forbidCoreDumps, allowCoreDumps } from "./core-dump.ts";

/**
 * Opens a page in the browser. The caller builds the URL from an endpoint that the user gave, never from a server's
 * answer. Resolves to whether a browser was started; the URL is on the screen either way.
 */
export async function openBrowser(url: URL, preferred: string | undefined): Promise<boolean> {
  if (url.protocol !== "https:" && url.protocol !== "http:") return false;
  forgetOurVariables();
  await allowCoreDumps();
  try {
    return await startBrowser(url, preferred);
  } finally {
    await forbidCoreDumps();
  }
}

async function startBrowser(url: URL, preferred: string | undefined): Promise<boolean> {
  // BROWSER is a habit of Unix, and Windows would search the working directory first for the program it names.
  if (!preferred || process.platform === "win32")
    return open(url.href).then(
      () => true,
      () => false,
    );
  for (const command of preferred.split(":")) {
    if (await startProgram(command, url)) return true;
  }
  return false;
}

/** A browser runs for days, its environment can be read for as long, and nothing in it needs what is meant for us. */
function forgetOurVariables(): void {
  for (const name of Object.keys(process.env)) {
    if (/^(BENTO_?CLOUD|BENTOML|BUN_OPTIONS$|BUN_BE_BUN$)/i.test(name)) delete process.env[name];
  }
}

/** Runs one command of `BROWSER` without a shell: words, in which `%s` is the URL, which otherwise comes last. */
function startProgram(command: string, url: URL): Promise<boolean> {
  const [program, ...words] = command.split(/\s+/).filter(Boolean);
  if (program === undefined) return Promise.resolve(false);
  const args = words.some((word) => word.includes("%s"))
    ? words.map((word) => word.replaceAll("%s", () => url.href))
    : [...words, url.href];
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: "ignore", detached: true });
    // Deno reports one failure twice, and an error without a listener would end the process.
    child.on("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}
