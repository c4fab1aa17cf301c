interface Words {
  args: readonly string[];
}

interface Parsed {
  values: Record<string, string | boolean>;
  positionals: string[];
}

/**
 * Stands in the binary for the one function citty takes from `node:util`, because loading that module takes longer
 * than all that citty does. It reads the only form of words the harness hands to citty: `--name` and `--name=value`,
 * then `--`, then positionals.
 */
export function parseArgs({ args }: Words): Parsed {
  const end = args.indexOf("--");
  const options = args.slice(0, end).map((word): [string, string | boolean] => {
    const at = word.indexOf("=");
    return at === -1 ? [word.slice(2), true] : [word.slice(2, at), word.slice(at + 1)];
  });
  return { values: Object.fromEntries(options), positionals: args.slice(end + 1) };
}
