import { usageError } from "../errors.ts";
import { PAIR, type Pair } from "./credential-environment.ts";

type Name = (typeof PAIR)[number];

/** How one shell, or one kind of file, says that a variable has a value or has none. */
interface Dialect {
  set(name: Name, value: string): string;
  /** Missing where it cannot be said: an empty variable is a set one for Python bentoml. */
  unset?(name: Name): string;
  /** What takes the lines in unseen. */
  use: string;
}

const posix: Dialect = {
  set: (name, value) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
  unset: (name) => `unset ${name}`,
  use: 'eval "$(bentocloud env)"',
};

const DIALECTS: Record<string, Dialect> = {
  sh: posix,
  bash: posix,
  zsh: posix,
  fish: {
    set: (name, value) => `set -gx ${name} '${value.replaceAll(/['\\]/g, "\\$&")}'`,
    unset: (name) => `set -e ${name}`,
    use: "bentocloud env --shell fish | source",
  },
  powershell: {
    // It takes the typographic quotes for the straight one.
    set: (name, value) => `$env:${name} = '${value.replaceAll(/['\u2018-\u201b]/g, "$&$&")}'`,
    unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
    use: "bentocloud env --shell powershell | Out-String | Invoke-Expression",
  },
  cmd: {
    // Nothing quotes these in every place where such a line can stand.
    set: (name, value) => `set "${name}=${refuse(value, /["%!\r\n]/, "cmd")}"`,
    unset: (name) => `set "${name}="`,
    use: "for /f \"delims=\" %i in ('bentocloud env --shell cmd') do @%i",
  },
  dotenv: {
    // Readers agree on plain words and, but for these characters, on what stands in single quotes.
    set: (name, value) =>
      /^[\w./:@+~-]+$/.test(value)
        ? `${name}=${value}`
        : `${name}='${refuse(value, /['\\$`\r\n]/, "dotenv")}'`,
    use: "docker run --env-file <(bentocloud env --shell dotenv) …",
  },
  github: {
    set(name, value) {
      const end = `end-${crypto.randomUUID()}`;
      return `${name}<<${end}\n${value}\n${end}`;
    },
    use: 'bentocloud env --shell github >> "$GITHUB_ENV"',
  },
};

export const SHELLS = Object.keys(DIALECTS);

/** @throws CliError `USAGE` for a name that is none of {@link SHELLS}. */
export function dialectFor(shell: string): Dialect {
  const dialect = Object.hasOwn(DIALECTS, shell) ? DIALECTS[shell] : undefined;
  if (dialect) return dialect;
  throw usageError(`unknown shell "${shell}"`, `one of ${SHELLS.join(", ")}, json`);
}

/** Lines that give the variables their values. */
export function toShell({ set }: Dialect, pair: Pair): string[] {
  return PAIR.map((name) => set(name, pair[name]));
}

/** Lines that take the variables away. @throws CliError `USAGE` where nothing can. */
export function toUnset({ unset }: Dialect, shell: string): string[] {
  if (unset) return PAIR.map(unset);
  throw usageError(
    `${shell} cannot take a variable away, only set it empty, which Python bentoml takes for set`,
  );
}

function refuse(value: string, characters: RegExp, shell: string): string {
  if (!characters.test(value)) return value;
  throw usageError(
    `a value has a character that cannot be quoted for ${shell}`,
    "`bentocloud exec -- COMMAND` hands it over without a shell",
  );
}
