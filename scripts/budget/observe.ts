import { home, run } from "../../test/support/bin.ts";
import { startCloud } from "../../test/support/cloud.ts";
import type { Bundle } from "./bundle.ts";
import { type Graph, type Module, ownerOf } from "./graph.ts";

/** What one run of a command had to read and evaluate. */
export interface Load {
  /** Bytes in the bundle by file of ours or package. */
  code: Record<string, number>;
  builtins: string[];
}

export interface Observed extends Load {
  /** Every single module, builtins too. */
  modules: ReadonlySet<Module>;
}

const CONTEXTS = ["one", "two"];

/** In this order, in one home; each must succeed. */
const COMMANDS = {
  "--version": ["--version"],
  "--help": ["--help"],
  login: ["login", "--with-token", "--context", "three"],
  token: ["token"],
  "context current": ["context", "current"],
  "context list": ["context", "list"],
  use: ["use", "one"],
  status: ["status"],
  whoami: ["whoami"],
  env: ["env"],
  exec: ["exec", "--", "true"],
  api: ["api", "/api/v1/auth/current"],
  "completion of a name": ["__complete", "use", ""],
};

/** Runs the commands in a temporary home, against a server on this machine. */
export async function observe(bundle: Bundle): Promise<Map<string, Observed>> {
  const here = home();
  const cloud = await startCloud();
  const token = cloud.issueToken();
  const act = async (args: readonly string[]) => {
    const command = [process.execPath, "--no-env-file", "--config=/dev/null", "--no-install", bundle.main];
    const words = args[0] === "login" ? [...args, "--endpoint", cloud.url] : args;
    const stdin = args[0] === "login" ? token : null;
    const { code, stderr } = await run(words, { home: here, command, stdin, reveals: true });
    if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${stderr}`);
  };
  const observed = new Map<string, Observed>();
  try {
    for (const name of CONTEXTS) await act(["login", "--with-token", "--context", name]);
    bundle.takeEvaluated();
    for (const [name, args] of Object.entries(COMMANDS)) {
      await act(args);
      observed.set(name, loadOf(bundle.takeEvaluated(), bundle.graph));
    }
  } finally {
    await cloud.stop();
  }
  return observed;
}

function loadOf(evaluated: ReadonlyMap<Module, number>, graph: Graph): Observed {
  const code: Record<string, number> = {};
  for (const [module, bytes] of evaluated) {
    const owner = ownerOf(module);
    code[owner] = (code[owner] ?? 0) + bytes;
  }
  const imports = [...evaluated.keys()].flatMap((module) => graph.get(module) ?? []);
  const eager = imports.filter(({ isLazy, target }) => !isLazy && target.startsWith("node:"));
  const builtins = [...new Set(eager.map(({ target }) => target))].toSorted();
  const sorted = Object.entries(code).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { code: Object.fromEntries(sorted), builtins, modules: new Set([...evaluated.keys(), ...builtins]) };
}
