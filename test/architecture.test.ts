import { expect, test } from "bun:test";
import { Glob } from "bun";
import { posix } from "node:path";

/**
 * The rooms below `src`, lowest first, and what each may import besides itself. Types and `import()` count as imports.
 */
const ROOMS: Record<string, string[]> = {
  "errors.ts": ["system/redact.ts"],
  "version.ts": [],
  "system/": ["errors.ts"],
  "contexts/": ["system/", "errors.ts"],
  "yaml/": ["contexts/", "errors.ts"],
  "cloud/": ["contexts/", "system/", "errors.ts", "version.ts"],
  "secrets/": ["contexts/", "system/", "errors.ts"],
  "store/": ["yaml/", "contexts/", "system/", "errors.ts"],
  "resolve/": ["store/", "yaml/", "contexts/", "system/", "errors.ts"],
  "app.ts": ["resolve/", "store/", "secrets/", "cloud/", "contexts/", "system/", "errors.ts"],
  "auth/": [
    "app.ts",
    "resolve/",
    "store/",
    "secrets/",
    "yaml/",
    "cloud/",
    "contexts/",
    "system/",
    "errors.ts",
  ],
  "tokens/": [
    "auth/",
    "app.ts",
    "resolve/",
    "store/",
    "secrets/",
    "yaml/",
    "cloud/",
    "contexts/",
    "system/",
    "errors.ts",
  ],
  "proxy/": ["tokens/", "auth/", "app.ts", "yaml/", "cloud/", "contexts/", "system/", "errors.ts"],
  "api/": ["auth/", "app.ts", "resolve/", "cloud/", "contexts/", "system/", "errors.ts"],
  "scan/": [
    "tokens/",
    "auth/",
    "app.ts",
    "resolve/",
    "store/",
    "cloud/",
    "contexts/",
    "system/",
    "errors.ts",
  ],
  "doctor/": [
    "scan/",
    "tokens/",
    "auth/",
    "app.ts",
    "resolve/",
    "store/",
    "secrets/",
    "yaml/",
    "cloud/",
    "contexts/",
    "system/",
    "errors.ts",
    "version.ts",
  ],
  "library/": [
    "auth/",
    "app.ts",
    "resolve/",
    "store/",
    "secrets/",
    "cloud/",
    "contexts/",
    "system/",
    "errors.ts",
  ],
  "index.ts": ["library/", "resolve/", "contexts/", "errors.ts"],
  "cli/": ["app.ts", "system/", "errors.ts", "version.ts"],
  "commands/": [
    "cli/",
    "doctor/",
    "scan/",
    "api/",
    "proxy/",
    "tokens/",
    "auth/",
    "app.ts",
    "resolve/",
    "secrets/",
    "store/",
    "cloud/",
    "contexts/",
    "system/",
    "errors.ts",
  ],
  "main.ts": ["commands/", "cli/", "app.ts", "resolve/", "system/", "version.ts"],
};

/** The one home of each capability that comes from outside. */
const OUTSIDE: Record<string, string[]> = {
  "@clack/core": ["system/picker.ts"],
  "@clack/prompts": ["system/prompt.ts", "system/picker.ts"],
  c12: ["resolve/layers.ts"],
  citty: ["cli/"],
  confbox: ["system/own-json.ts", "store/protection.ts"],
  consola: ["system/messages.ts"],
  "fast-string-width": ["system/wrap.ts"],
  "fast-wrap-ansi": ["system/wrap.ts"],
  "jq-wasm": ["system/jq.ts"],
  ofetch: ["cloud/send.ts", "cloud/fetch.ts", "library/create-client.ts"],
  open: ["system/browser.ts"],
  yaml: ["yaml/"],
  "node:fs": [
    "system/child.ts",
    "system/core-dump.ts",
    "system/create-file.ts",
    "system/files.ts",
    "system/input.ts",
    "system/lock-owner.ts",
    "system/lock.ts",
    "system/pieces.ts",
    "system/program.ts",
    "system/read-file.ts",
    "system/replace.ts",
    "system/stream.ts",
    "system/wait-for-removal.ts",
  ],
  "node:child_process": ["system/"],
  "node:net": ["system/dbus.ts", "system/http.ts", "system/network.ts"],
  "node:tls": ["system/certificate.ts", "system/network.ts"],
  "node:process": ["system/", "app.ts", "main.ts"],
  "bun:ffi": ["system/ffi.ts"],
};

/** Words that may stand in these places only. */
const WORDS: Record<string, { pattern: RegExp; places: string[] }> = {
  "process.exit": { pattern: /\bprocess\s*\.\s*exit\s*\(/, places: [] },
  "process.exitCode": { pattern: /\bprocess\s*\.\s*exitCode\b/, places: ["main.ts"] },
  "the process and its runtime": {
    pattern: /\b(?:process|Deno|Bun)\s*[.[?]|=\s*process\b/,
    places: ["system/", "app.ts", "main.ts"],
  },
  console: { pattern: /\bconsole\s*[.[]/, places: [] },
};

interface Import {
  file: string;
  specifier: string;
  /** `type` for what leaves no trace at run time, `lazy` for `import()`. */
  kind: "type" | "static" | "lazy";
}

const root = `${import.meta.dir}/../src`;
const files = [...new Glob("**/*.ts").scanSync(root)].map((file) => file.replaceAll("\\", "/")).sort();
const sources = new Map(await Promise.all(files.map(async (file) => [file, await codeOf(file)] as const)));
const imports = [...sources].flatMap(([file, code]) => importsOf(file, code));

/** A file without its comments, which may name anything. */
async function codeOf(file: string): Promise<string> {
  const text = await Bun.file(`${root}/${file}`).text();
  return text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|\s\/\/ .*$/gm, "");
}

function importsOf(file: string, code: string): Import[] {
  const statements = code.matchAll(
    /^\s*(?:import|export)\b(\s+type\b)?(?:[^"';()=]*\bfrom)?\s*["']([^"'\n]+)["']/gm,
  );
  const calls = code.matchAll(/\bimport\(\s*["'`]([^"'`\n]+)["'`]/g);
  return [
    ...statements.map(([, type, specifier]): Import => ({
      file,
      specifier: specifier!,
      kind: type ? "type" : "static",
    })),
    ...calls.map(([, specifier]): Import => ({ file, specifier: specifier!, kind: "lazy" })),
  ];
}

/** The imported file's path below `src`, or undefined for a package and for the manifest above it. */
function targetOf({ file, specifier }: Import): string | undefined {
  const path = specifier.startsWith(".") ? posix.join(posix.dirname(file), specifier) : "..";
  return path.startsWith("..") ? undefined : path;
}

/** Whether a path is one of these files or stands in one of these folders. */
function isIn(path: string, places: string[]): boolean {
  return places.some((place) => path === place || (place.endsWith("/") && path.startsWith(place)));
}

function roomOf(file: string): string | undefined {
  return Object.keys(ROOMS).find((room) => isIn(file, [room]));
}

function describe({ file, kind, specifier }: Import): string {
  return `src/${file}: ${kind} import of ${specifier}`;
}

test("architecture: there are sources to check", () => {
  expect(files).toContain("errors.ts");
  expect(imports.length).toBeGreaterThan(files.length);
});

test.each(Object.entries(ROOMS))("architecture: %s imports lower rooms only", (room, allowed) => {
  const offenders = imports.filter((entry) => {
    const target = targetOf(entry);
    return roomOf(entry.file) === room && target !== undefined && !isIn(target, [room, ...allowed]);
  });
  expect(offenders.map(describe)).toEqual([]);
});

test("architecture: no command imports another command", () => {
  const offenders = imports.filter((entry) => {
    const target = targetOf(entry);
    const isTree = entry.file.endsWith("index.ts") || /(^|\/)_[^/]*$/.test(target ?? "");
    return isIn(entry.file, ["commands/"]) && isIn(target ?? "", ["commands/"]) && !isTree;
  });
  expect(offenders.map(describe)).toEqual([]);
});

test("architecture: every file is in a room", () => {
  expect(files.filter((file) => roomOf(file) === undefined)).toEqual([]);
});

test.each(Object.entries(OUTSIDE))("architecture: %s has one home", (name, places) => {
  const offenders = imports.filter(
    ({ file, specifier }) =>
      (specifier === name || specifier.startsWith(name.endsWith(":") ? name : `${name}/`)) &&
      !isIn(file, places),
  );
  expect(offenders.map(describe)).toEqual([]);
});

test("architecture: every package has its home in the table", () => {
  const offenders = imports.filter(
    ({ specifier }) =>
      !/^(\.|node:)/.test(specifier) &&
      !Object.keys(OUTSIDE).some((name) => specifier === name || specifier.startsWith(`${name}/`)),
  );
  expect(offenders.map(describe)).toEqual([]);
});

test.each(Object.entries(WORDS))("architecture: %s stands only where it may", (_, { pattern, places }) => {
  const offenders = [...sources].flatMap(([file, code]) => {
    const found = isIn(file, places) ? null : pattern.exec(code);
    return found ? [`src/${file}: ${found[0]}`] : [];
  });
  expect(offenders).toEqual([]);
});

test("architecture: index.ts is a command tree or the library's front door", () => {
  expect(
    files.filter((file) => /(^|\/)index\.ts$/.test(file) && !/^(commands\/.*)?index\.ts$/.test(file)),
  ).toEqual([]);
});

test("architecture: outside of commands/ every file name is unique", () => {
  const names = files.filter((file) => !file.startsWith("commands/")).map((file) => posix.basename(file));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
