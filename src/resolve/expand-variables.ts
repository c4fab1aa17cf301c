import { CliError } from "../errors.ts";
import type { Environment } from "../system/runtime.ts";

/** `$NAME` and `${NAME}`, as `posixpath.expandvars` of Python. */
const POSIX = /\$(?:(\w+)|\{([^}]*)\})/g;

/**
 * As `ntpath.expandvars`: also `%NAME%`; `%%` and `$$` are one character; what stands between single quotes, or behind a
 * `%` or `${` that nothing ends, is left as it is.
 */
const WINDOWS = /'[^']*'?|%%|\$\$|%([^%]+)%|%[^%]*$|\$\{([^}]*)\}|\$\{[^}]*$|\$([\w-]+)/g;

/** Longer than any path. Without a limit, a variable X with the value `$X$X` would double 32 times. */
const MAX_EXPANDED = 4096;

/**
 * Like Python's `os.path.expandvars` on this platform: keeps an undefined variable as it is written.
 *
 * @throws CliError `STORAGE` when the result is longer than any path.
 */
export function expandVariables(value: string, env: Environment, platform: NodeJS.Platform): string {
  let left = MAX_EXPANDED;
  const take = (text: string) => {
    left -= text.length;
    if (left < 0) throw tooLong();
    return text;
  };
  if (value.length > MAX_EXPANDED) throw tooLong();
  const pattern = platform === "win32" ? WINDOWS : POSIX;
  return value.replace(pattern, (written, ...[first, second, third]: (string | undefined)[]) => {
    if (written === "%%" || written === "$$") return take(written.slice(1));
    const name = first ?? second ?? (platform === "win32" ? third : undefined) ?? "";
    return take(Object.hasOwn(env, name) ? (env[name] ?? written) : written);
  });
}

function tooLong(): CliError {
  return new CliError("STORAGE", "BENTOML_HOME is longer than any path, with its variables replaced", {
    hint: "set BENTOML_HOME to an absolute path",
  });
}
