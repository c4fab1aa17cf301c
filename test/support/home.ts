import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterSweep, watchHome } from "./canaries.ts";
import { modeOf, removeFolder, setMode } from "./posix.ts";

/** A temporary home directory, removed after the test file's sweep. */
export interface Home {
  readonly path: string;
  /** `path/bentoml`, the default BENTOML_HOME. Not created before something is written. */
  readonly bentoml: string;
  /** `path/bentoml/.yatai.yaml`, the contexts shared with Python. */
  readonly file: string;
  /** The contexts file's text. Throws when there is none. */
  read(): string;
  /** Writes the contexts file, mode 0600 unless another is given. */
  write(text: string, mode?: number): void;
  /**
   * Everything below the home, sorted by path: `bentoml/ 0700`, `bentoml/.yatai.yaml 0600`,
   * `bentoml/link -> target`.
   */
  tree(): string[];
}

export function home(): Home {
  // Resolved, because on some systems the temporary directory is a link and programs print where it leads.
  const path = realpathSync(mkdtempSync(join(tmpdir(), "bentocloud-home-")));
  const bentoml = join(path, "bentoml");
  const file = join(bentoml, ".yatai.yaml");
  watchHome(path);
  afterSweep(() => removeFolder(path));
  return {
    path,
    bentoml,
    file,
    read: () => readFileSync(file, "utf8"),
    write(text, mode = 0o600) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      setMode(file, mode);
    },
    tree: () => list(path, "").toSorted(byPath),
  };
}

function list(directory: string, prefix: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    const stat = lstatSync(path);
    const mode = modeOf(stat).toString(8).padStart(4, "0");
    if (stat.isSymbolicLink()) return [`${prefix}${name} -> ${readlinkSync(path)}`];
    if (stat.isDirectory()) return [`${prefix}${name}/ ${mode}`].concat(list(path, `${prefix}${name}/`));
    return [`${prefix}${name} ${mode}`];
  });
}

function byPath(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
