import type { Cli } from "../app.ts";
import { ENVIRONMENT_NAME } from "../contexts/name.ts";
import { requireExpected } from "../errors.ts";
import { rotate } from "../tokens/rotate.ts";
import { isLeak } from "./conclude.ts";
import type { Scan } from "./search-places.ts";

/** Replaces the token of each context that was found. A failure is said, and stops none of the others. */
export async function rotateFound(cli: Cli, scan: Scan): Promise<void> {
  const { output } = cli;
  const found = scan.findings.filter(isLeak);
  for (const value of new Set(found.flatMap((finding) => finding.value ?? []))) {
    const { login, token, state } = value;
    const { name } = login;
    const shown = `the API token ${token.masked} of "${name}"`;
    if (state === "superseded") {
      output.warn(
        `${shown} is in no context any more, so it was not replaced; --check asks whether it still works`,
      );
      continue;
    }
    if (name === ENVIRONMENT_NAME) {
      output.warn(
        "the API token in BENTO_CLOUD_API_KEY cannot be replaced from here: make a new one and delete it",
      );
      continue;
    }
    try {
      const { contexts, rotation } = await rotate(cli, { name });
      for (const finding of found) if (finding.value === value) finding.rotated = true;
      const names = contexts.map((one) => `"${one}"`).join(", ");
      output.success(`Rotated ${names}: now using "${rotation.wanted.name}"; the old token is deleted`);
    } catch (error) {
      const { message, hint } = requireExpected(error);
      output.warn(`${shown} was not replaced: ${message}${hint === undefined ? "" : `; ${hint}`}`);
    }
  }
}
