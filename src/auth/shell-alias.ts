import { usageError } from "../errors.ts";
import { dialectFor } from "./shell-code.ts";

/** A shell function of a program's name, which runs `words` (quoted already) with its arguments behind them. */
interface FunctionDialect {
  /** The names that a function can have. */
  names: RegExp;
  define(program: string, words: string): string[];
}

/** `command` passes over functions, so that a function named `bentocloud` is not called. */
const bourne = (names: RegExp): FunctionDialect => ({
  names,
  define: (program, words) => [
    // An alias of that name would win over the function.
    `unalias ${program} 2>/dev/null || true`,
    // Inside `eval`, because zsh would expand that alias in the definition before it runs the line above.
    `eval ${dialectFor("sh").quote(`${program}() { command bentocloud ${words} "$@"; }`)}`,
  ],
});

const ANY_NAME = /^[a-z_][\w.+-]*$/i;

const DIALECTS: Record<string, FunctionDialect> = {
  sh: bourne(/^[a-z_]\w*$/i),
  bash: bourne(ANY_NAME),
  zsh: bourne(ANY_NAME),
  fish: {
    names: ANY_NAME,
    define: (program, words) => [`function ${program}; command bentocloud ${words} $argv; end`],
  },
  powershell: {
    names: ANY_NAME,
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
  [
    "alias begin bentocloud break builtin case cd command continue coproc declare do done elif else end esac eval exec",
    "exit export false fi for function if in let local read readonly repeat return select set shift source switch test",
    "then time times trap true typeset unalias unset until while", // sh, bash, zsh
    "and argparse functions not or status string", // fish
    "catch class data define dynamicparam elseif enum filter finally foreach from hidden inlinescript parallel param",
    "process sequence static throw try using var workflow", // PowerShell
  ].flatMap((line) => line.split(" ")),
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
  const { quote } = dialectFor(shell);
  return programs.flatMap((program) => {
    if (!dialect.names.test(program) || RESERVED.has(program.toLowerCase())) throw badName(program, shell);
    return dialect.define(program, execWords(shell, context, quote).concat(program).join(" "));
  });
}

/** In PowerShell words that begin with dashes are quoted as a whole, so that it passes them on as they are. */
function execWords(shell: string, context: string | undefined, quote: (word: string) => string): string[] {
  const isPowerShell = shell === "powershell";
  const option = isPowerShell ? quote(`--context=${context}`) : `--context=${quote(context ?? "")}`;
  return ["exec", ...(context === undefined ? [] : [option]), isPowerShell ? quote("--") : "--"];
}

function badName(program: string, shell: string) {
  const isName = ANY_NAME.test(program) && !RESERVED.has(program.toLowerCase());
  return usageError(
    `--alias takes the name of a program that a function in ${shell} can have`,
    isName ? "--shell bash, zsh or fish allows this one" : "for example --alias bentoml",
  );
}
