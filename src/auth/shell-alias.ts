import { usageError } from "../errors.ts";
import { dialectFor } from "./shell-code.ts";

/** A shell function of a program's name, which runs `words` (quoted already) with its arguments behind them. */
interface FunctionDialect {
  /** The names that a function can have. */
  names: RegExp;
  define(program: string, words: string): string[];
}

/** An alias of that name would be expanded in the definition, and win over the function afterwards. */
const withoutAlias = (program: string) => `unalias ${program} 2>/dev/null || true`;

/** `command` passes over functions, so that a function named `bentocloud` is not called. */
const bash: FunctionDialect = {
  names: /^[a-z_][\w.+-]*$/i,
  define: (program, words) => [
    withoutAlias(program),
    `function ${program} { command bentocloud ${words} "$@"; }`,
  ],
};

const DIALECTS: Record<string, FunctionDialect> = {
  sh: {
    names: /^[a-z_]\w*$/i,
    define: (program, words) => [withoutAlias(program), `${program}() { command bentocloud ${words} "$@"; }`],
  },
  bash,
  zsh: bash,
  fish: {
    names: bash.names,
    define: (program, words) => [`function ${program}; command bentocloud ${words} $argv; end`],
  },
  powershell: {
    names: bash.names,
    define: (program, words) => [
      `Remove-Item Alias:${program} -Force -ErrorAction SilentlyContinue`,
      `function ${program} {`,
      "  $bentocloud = Get-Command bentocloud -CommandType Application -TotalCount 1",
      `  if ($MyInvocation.ExpectingInput) { $input | & $bentocloud ${words} @args }`,
      `  else { & $bentocloud ${words} @args }`,
      "}",
    ],
  },
};

/** A function of one of these names would break the shell, or call itself. */
const RESERVED = new Set(
  (
    "bentocloud command builtin exec eval export unset set unalias alias function return break continue exit trap " +
    "shift times readonly local declare typeset let source if then else elif fi case esac for while until do done in " +
    "select time coproc repeat foreach end begin switch and or not test read string argparse status functions true " +
    "false cd begin process filter param try catch finally throw trap class enum using workflow data dynamicparam " +
    "elseif from hidden inlinescript parallel sequence static var define clean nocorrect noglob"
  ).split(" "),
);

/**
 * Functions that run each of the programs behind `exec`.
 *
 * @param context The context they use; the active one of each call when not given.
 * @throws CliError `USAGE` for what has no functions, and for a name that no function can have there.
 */
export function toFunctions(
  shell: string,
  programs: readonly string[],
  context: string | undefined,
): string[] {
  const dialect = Object.hasOwn(DIALECTS, shell) ? DIALECTS[shell] : undefined;
  if (!dialect)
    throw usageError(
      `--alias prints a shell function, and ${shell} has none`,
      `with --shell, one of ${Object.keys(DIALECTS).join(", ")}`,
    );
  const flag = context === undefined ? "" : ` --context=${dialectFor(shell).quote(context)}`;
  return programs.flatMap((program) => {
    if (!dialect.names.test(program) || RESERVED.has(program.toLowerCase())) throw badName(program, shell);
    return dialect.define(program, `exec${flag} -- ${program}`);
  });
}

function badName(program: string, shell: string) {
  const isName = bash.names.test(program) && !RESERVED.has(program.toLowerCase());
  return usageError(
    `--alias takes the name of a program that a function in ${shell} can have`,
    isName ? "--shell bash, zsh or fish allows this one" : "for example --alias bentoml",
  );
}
