import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { tokenOf } from "../../src/contexts/context.ts";
import { createStore, type Store } from "../../src/store/store.ts";
import { listVersions, type VersionKind } from "../../src/store/versions.ts";
import { parseContexts } from "../../src/yaml/read-document.ts";
import { quotedCanary } from "../support/sweep.ts";
import { home, type Home } from "../support/home.ts";

export interface Entry {
  name: string;
  /** `https://NAME.test` when not given. */
  endpoint?: string;
  /** A new canary when not given, which needs every kind of quotes. */
  token?: string;
  email?: string | null;
}

/** Writes the contexts file as Python bentoml would; the first entry is current unless another is named. */
export function writeContexts(home: Home, entries: readonly Entry[], current = entries[0]?.name): void {
  const items = entries.map(({ name, endpoint, token, email = null }) => {
    const fields = [
      `- api_token: ${token ?? quote(quotedCanary())}`,
      `  email: ${email}`,
      `  endpoint: ${quote(endpoint ?? `https://${name}.test`)}`,
      `  name: ${quote(name)}`,
    ];
    return fields.join("\n");
  });
  const list = items.length === 0 ? " []" : `\n${items.join("\n")}`;
  home.write(`contexts:${list}\ncurrent_context_name: ${quote(current ?? "default")}\n`);
}

/** A new home with these contexts; the first is current. */
export function homeOf(...entries: readonly (Entry | string)[]): Home {
  const here = home();
  writeContexts(
    here,
    entries.map((entry) => (typeof entry === "string" ? { name: entry } : entry)),
  );
  return here;
}

/** The tokens of the contexts file, in its order. */
export function tokensIn(home: Home): string[] {
  return parseContexts(home.read()).contexts.map((context) => tokenOf(context)?.reveal() ?? "");
}

/** In double quotes and ASCII, which is what Python writes for anything unusual. */
function quote(text: string): string {
  const escaped = Array.from(JSON.stringify(text), (character) => {
    const code = character.codePointAt(0)!;
    return code < 0x7f ? character : `\\U${code.toString(16).padStart(8, "0")}`;
  });
  return escaped.join("");
}

/** Writes a file below a directory, with its parents, and gives its path. */
export function writeBelow(directory: string, name: string, text: string | Uint8Array): string {
  const path = join(directory, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

export const ownOf = (here: Home) => join(here.bentoml, ".bentocloud");

/** What a command of ours has: a store of this home, and what it is told of other programs. */
export function openStore(here: Home): { store: Store; alerts: string[] } {
  const alerts: string[] = [];
  const store = createStore({
    paths: { file: here.file, own: ownOf(here) },
    signal: () => new AbortController().signal,
    alert: (message) => alerts.push(message),
  });
  return { store, alerts };
}

/** The versions or losses that are kept, oldest first. */
export function keptIn(here: Home, kind: VersionKind = "version"): { id: string; text: string }[] {
  const kept = listVersions(ownOf(here)).filter((version) => version.kind === kind);
  return kept.map(({ id, path }) => ({ id, text: readFileSync(path, "utf8") }));
}

/** What a writer has for itself while it writes, and what a killed one leaves. */
export function leftovers(here: Home): string[] {
  return here.tree().filter((line) => /\.tmp |\/lock[. ]|bentocloud-lock|\.pending\./.test(line));
}
