import { usageError } from "../errors.ts";
import { CREDENTIAL_VARIABLES, type CredentialEnvironment } from "./credential-environment.ts";

/** How one shell, or one kind of file, sets a variable and unsets it. */
export interface Dialect {
  /** @throws CliError `USAGE` for a value that cannot be written. */
  quote(value: string): string;
  set(name: string, quoted: string): string;
  /** Missing where a variable can only be made empty, which counts as set for Python bentoml. */
  unset?(name: string): string;
  /** A command that applies the lines without showing them. */
  use: string;
}

const posix: Dialect = {
  quote: (value) => `'${value.replaceAll("'", "'\\''")}'`,
  set: (name, quoted) => `export ${name}=${quoted}`,
  unset: (name) => `unset ${name}`,
  use: 'eval "$(bentocloud env)"',
};

const DIALECTS: Record<string, Dialect> = {
  sh: posix,
  bash: posix,
  zsh: posix,
  fish: {
    quote: (value) => `'${value.replaceAll(/['\\]/g, "\\$&")}'`,
    set: (name, quoted) => `set -gx ${name} ${quoted}`,
    unset: (name) => `set -e ${name}`,
    use: "bentocloud env --shell fish | source",
  },
  powershell: {
    // PowerShell treats typographic quotes like the straight one.
    quote: (value) => `'${value.replaceAll(/['\u2018-\u201b]/g, "$&$&")}'`,
    set: (name, quoted) => `$env:${name} = ${quoted}`,
    unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
    use: "bentocloud env --shell powershell | Out-String | Invoke-Expression",
  },
  cmd: {
    // No way to quote these works both in a batch file and on the command line.
    quote: (value) => refuse(value, /["%!\r\n]/, "cmd"),
    set: (name, quoted) => `set "${name}=${quoted}"`,
    unset: (name) => `set "${name}="`,
    use: "for /f \"delims=\" %i in ('bentocloud env --shell cmd') do @%i",
  },
  dotenv: {
    // Docker takes quotes for a part of the value, so nothing is quoted: other readers agree on these characters.
    quote: (value) => refuse(value, /^~|[^\w./:@+=,%^~-]/, "dotenv"),
    set: (name, quoted) => `${name}=${quoted}`,
    use: "docker run --env-file <(bentocloud env --shell dotenv) …",
  },
  github: {
    quote: (value) => value,
    set(name, value) {
      const end = `end-${crypto.randomUUID()}`;
      return `${name}<<${end}\n${value}\n${end}`;
    },
    use: 'bentocloud env --shell github >> "$GITHUB_ENV"',
  },
};

export const SHELLS = Object.keys(DIALECTS);

/** @throws CliError `USAGE` for a name that is not in {@link SHELLS}. */
export function dialectFor(shell: string): Dialect {
  const dialect = Object.hasOwn(DIALECTS, shell) ? DIALECTS[shell] : undefined;
  if (dialect) return dialect;
  throw usageError(`unknown shell "${shell}"`, `one of ${SHELLS.join(", ")}, json`);
}

export function toShell({ set, quote }: Dialect, variables: CredentialEnvironment): string[] {
  return CREDENTIAL_VARIABLES.map((name) => set(name, quote(variables[name])));
}

/** @throws CliError `USAGE` when the dialect cannot unset a variable. */
export function toUnset({ unset }: Dialect, shell: string): string[] {
  if (unset) return CREDENTIAL_VARIABLES.map(unset);
  throw usageError(
    `${shell} cannot unset a variable, only make it empty, which counts as set for Python bentoml`,
  );
}

function refuse(value: string, characters: RegExp, shell: string): string {
  if (!characters.test(value)) return value;
  throw usageError(
    `a value has a character that cannot be quoted for ${shell}`,
    "`bentocloud exec -- COMMAND` hands it over without a shell",
  );
}
