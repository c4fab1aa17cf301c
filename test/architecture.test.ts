import { expect, test } from "bun:test";
import { Glob } from "bun";
import { posix } from "node:path";

/** What these files may import from `src`; the longest row that fits counts. `type x` allows `import type` alone. */
const FOLDERS: Record<string, string[]> = {
  "cli/": ["cli/", "errors.ts", "version.ts", "type system/"],
  "checks/": [
    "checks/",
    "session/",
    "contexts/",
    "cloud/",
    "errors.ts",
    "version.ts",
    "system/create.ts",
    "system/files.ts",
    "system/lock.ts",
    "system/machine.ts",
    "system/network.ts",
    "system/processes.ts",
    "system/program.ts",
    "system/replace.ts",
    "system/runtime.ts",
    "system/text.ts",
    "system/time.ts",
    "type system/",
  ],
  "commands/": [
    "checks/",
    "cli/command.ts",
    "session/",
    "contexts/",
    "errors.ts",
    "system/text.ts",
    "system/time.ts",
    "type system/",
    "commands/_args.ts",
  ],
  "commands/_args.ts": [],
  "commands/cloud/": [
    "cli/command.ts",
    "session/",
    "contexts/",
    "errors.ts",
    "type system/",
    "commands/_args.ts",
    "commands/cloud/_failure.ts",
  ],
  "commands/api-token/": [
    "cli/command.ts",
    "session/",
    "contexts/",
    "errors.ts",
    "system/text.ts",
    "system/time.ts",
    "type system/",
    "type cloud/",
    "commands/_args.ts",
    "commands/api-token/_show.ts",
  ],
  "session/": [
    "session/",
    "contexts/",
    "cloud/",
    "errors.ts",
    "system/json.ts",
    "system/time.ts",
    "type system/",
  ],
  "contexts/": [
    "contexts/",
    "errors.ts",
    "system/create.ts",
    "system/files.ts",
    "system/lock.ts",
    "system/processes.ts",
    "system/replace.ts",
    "system/runtime.ts",
    "system/text.ts",
  ],
  "cloud/": [
    "cloud/",
    "contexts/endpoint.ts",
    "contexts/token.ts",
    "errors.ts",
    "version.ts",
    "system/json.ts",
    "system/text.ts",
  ],
  "system/": ["system/", "errors.ts", "contexts/token.ts", "type contexts/", "type cloud/"],
  "system/cli.ts": ["system/", "errors.ts", "contexts/", "cloud/"],
  "library/": ["library/", "session/open.ts", "contexts/", "cloud/", "errors.ts", "system/runtime.ts"],
  "index.ts": ["library/", "errors.ts", "type cloud/", "type contexts/"],
  "errors.ts": [],
  "version.ts": [],
};

/** The one home of each capability that comes from outside. */
const OUTSIDE: Record<string, string[]> = {
  "@clack/prompts": ["system/prompt.ts"],
  c12: ["contexts/layers.ts"],
  citty: ["cli/", "commands/_args.ts"],
  confbox: ["contexts/protection.ts", "contexts/rotations.ts", "contexts/state.ts"],
  consola: ["system/output.ts"],
  "fast-string-width": ["system/output.ts"],
  "fastest-levenshtein": ["cli/suggest.ts"],
  "jq-wasm": ["system/jq.ts"],
  ofetch: ["cloud/send.ts", "cloud/fetch.ts", "library/client.ts"],
  open: ["system/browser.ts"],
  yaml: ["contexts/file/"],
  "node:fs": [
    "system/child.ts",
    "system/create.ts",
    "system/files.ts",
    "system/input.ts",
    "system/lock.ts",
    "system/processes.ts",
    "system/program.ts",
    "system/replace.ts",
    "system/stream.ts",
  ],
  "node:child_process": ["system/"],
  "node:dns": ["system/network.ts"],
  "node:net": ["system/network.ts"],
  "node:tls": ["system/network.ts"],
  "node:process": ["system/", "main.ts"],
  "bun:": [],
};

/** Words that may stand in these places only. */
const WORDS: Record<string, { pattern: RegExp; places: string[] }> = {
  "process.exit": { pattern: /\bprocess\s*\.\s*exit\s*\(/, places: [] },
  "process.exitCode": { pattern: /\bprocess\s*\.\s*exitCode\b/, places: ["main.ts"] },
  "the process and its runtime": {
    pattern: /\b(?:process|Deno|Bun)\s*[.[?]|=\s*process\b/,
    places: ["system/", "main.ts"],
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

function rowOf(file: string): string | undefined {
  const fitting = Object.keys(FOLDERS).filter((row) => isIn(file, [row]));
  return fitting.sort((a, b) => b.length - a.length)[0];
}

function describe({ file, kind, specifier }: Import): string {
  return `src/${file}: ${kind} import of ${specifier}`;
}

function isAllowed(entry: Import, target: string, row: string[]): boolean {
  if (entry.file.endsWith("/index.ts") && entry.kind === "lazy" && target.startsWith("commands/"))
    return true;
  const types = row.flatMap((place) => (place.startsWith("type ") ? [place.slice("type ".length)] : []));
  return isIn(target, row) || (entry.kind === "type" && isIn(target, types));
}

test("architecture: there are sources to check", () => {
  expect(files).toContain("errors.ts");
  expect(imports.length).toBeGreaterThan(files.length);
});

test.each(Object.entries(FOLDERS))("architecture: %s imports only what its row names", (folder, row) => {
  const offenders = imports.filter((entry) => {
    const target = targetOf(entry);
    return rowOf(entry.file) === folder && target !== undefined && !isAllowed(entry, target, row);
  });
  expect(offenders.map(describe)).toEqual([]);
});

test("architecture: every file belongs to a folder of the table or is a front door", () => {
  const places = [...Object.keys(FOLDERS), "main.ts", "index.ts"];
  expect(files.filter((file) => !isIn(file, places))).toEqual([]);
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
