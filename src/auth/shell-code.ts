import { usageError } from "../errors.ts";
import { CREDENTIAL_VARIABLES, type CredentialEnvironment } from "./credential-environment.ts";

type Name = keyof CredentialEnvironment;

/** How one shell, or one kind of file, sets a variable and unsets it. */
interface Dialect {
  set(name: Name, value: string): string;
  /** Missing where a variable can only be made empty, which counts as set for Python bentoml. */
  unset?(name: string): string;
  /** A command that applies the lines without showing them. */
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
    // PowerShell treats typographic quotes like the straight one.
    set: (name, value) => `$env:${name} = '${value.replaceAll(/['\u2018-\u201b]/g, "$&$&")}'`,
    unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
    use: "bentocloud env --shell powershell | Out-String | Invoke-Expression",
  },
  cmd: {
    // No way to quote these works both in a batch file and on the command line.
    set: (name, value) => `set "${name}=${refuse(value, /["%!\r\n]/, "cmd")}"`,
    unset: (name) => `set "${name}="`,
    use: "for /f \"delims=\" %i in ('bentocloud env --shell cmd') do @%i",
  },
  dotenv: {
    // Docker takes quotes for a part of the value, so nothing is quoted: other readers agree on these characters.
    set: (name, value) => `${name}=${refuse(value, /^~|[^\w./:@+=,%^~-]/, "dotenv")}`,
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

/** @throws CliError `USAGE` for a name that is not in {@link SHELLS}. */
export function dialectFor(shell: string): Dialect {
  const dialect = Object.hasOwn(DIALECTS, shell) ? DIALECTS[shell] : undefined;
  if (dialect) return dialect;
  throw usageError(`unknown shell "${shell}"`, `one of ${SHELLS.join(", ")}, json`);
}

export function toShell({ set }: Dialect, variables: CredentialEnvironment): string[] {
  return CREDENTIAL_VARIABLES.map((name) => set(name, variables[name]));
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
