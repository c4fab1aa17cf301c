import { readFileSync, statSync } from "node:fs";
import { registerCanary, SHORTEST } from "./canaries.ts";
import type { Home } from "./home.ts";

interface Given {
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  home: Home;
}

/** The password of an address. */
const PASSWORD = /:\/\/[^\s/@"'`\\:]*:([^\s/@"'`\\]+)@/g;

/**
 * Declares as canaries the secrets that a run is given, also those that its test did not make with `canary()`: the API
 * token among its arguments or in its environment, and the password of every address in its arguments, its environment
 * and its contexts file.
 */
export function registerGiven({ args, env, home }: Given): void {
  const tokens = args.map((word, at) =>
    args[at - 1] === "--api-token" ? word : /^--api-token=(.*)$/s.exec(word)?.[1],
  );
  const texts = [...args, ...Object.values(env), contextsIn(home)];
  const passwords = texts.flatMap((text) => [...text.matchAll(PASSWORD)].map(([, password]) => password));
  for (const secret of [...tokens, env["BENTO_CLOUD_API_KEY"], ...passwords]) {
    const text = secret?.trim() ?? "";
    // Tests give words with a blank between them as what no token can be.
    if (text.length >= SHORTEST && !/\s/.test(text)) registerCanary(text);
  }
}

/** Some tests put something else in the place of the file, or take away the permission to read it. */
function contextsIn({ file }: Home): string {
  try {
    return statSync(file).isFile() ? readFileSync(file, "utf8") : "";
  } catch {
    return "";
  }
}
