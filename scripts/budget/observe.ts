import { home as newHome, run } from "../../test/support/bin.ts";
import { startCloud } from "../../test/support/cloud.ts";
import type { Bundle } from "./bundle.ts";
import { type Graph, isOurs, type Module, ownerOf } from "./graph.ts";

/** The modules that one run of a command evaluated. */
export interface Load {
  kib: number;
  packages: string[];
  /** Modules of the runtime, such as `node:fs`. */
  builtins: string[];
  /** Bytes in the bundle, by file of ours or by package. */
  code: ReadonlyMap<string, number>;
  /** Every module, including those of packages and of the runtime. */
  modules: ReadonlySet<Module>;
}

/** They run in this order, in one home; each must succeed. */
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

/** Runs the commands in a temporary home, against a local server. */
export async function observe(bundle: Bundle): Promise<Map<string, Load>> {
  const home = newHome();
  const cloud = await startCloud();
  const token = cloud.issueToken();
  const runFromBundle = async (args: readonly string[]) => {
    const command = [process.execPath, "--no-env-file", "--config=/dev/null", "--no-install", bundle.main];
    const isLogin = args[0] === "login";
    const { code, stderr } = await run(isLogin ? [...args, "--endpoint", cloud.url] : args, {
      home,
      command,
      stdin: isLogin ? token : null,
      reveals: true,
    });
    if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${stderr}`);
  };
  const loads = new Map<string, Load>();
  try {
    for (const name of ["one", "two"]) await runFromBundle(["login", "--with-token", "--context", name]);
    bundle.takeEvaluated();
    for (const [name, args] of Object.entries(COMMANDS)) {
      await runFromBundle(args);
      loads.set(name, loadOf(bundle.takeEvaluated(), bundle.graph));
    }
  } finally {
    await cloud.stop();
  }
  return loads;
}

function loadOf(evaluated: ReadonlyMap<Module, number>, graph: Graph): Load {
  const code = new Map<string, number>();
  for (const [module, bytes] of evaluated) {
    const owner = ownerOf(module);
    code.set(owner, (code.get(owner) ?? 0) + bytes);
  }
  const imports = [...evaluated.keys()].flatMap((module) => graph.get(module) ?? []);
  const eager = imports.filter(({ isLazy, target }) => !isLazy && target.startsWith("node:"));
  const builtins = [...new Set(eager.map(({ target }) => target))].toSorted();
  const packages = [...code.keys()].filter((owner) => !isOurs(owner)).toSorted();
  const kib = [...code.values()].reduce((sum, bytes) => sum + bytes, 0) / 1024;
  return { kib, packages, builtins, code, modules: new Set([...evaluated.keys(), ...builtins]) };
}
