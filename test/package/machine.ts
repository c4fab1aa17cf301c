import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Home, home as newHome } from "../support/home.ts";

/** Everything that the installer needs, except a program that downloads. */
const TOOLS = "uname mktemp cat rm tar gzip cp chmod mv mkdir dirname rmdir sed id printf sha256sum";

export interface Machine {
  readonly home: Home;
  /** The only folder in its PATH. */
  readonly bin: string;
  /** Replaces a program by a script. */
  fake(name: string, script: string): void;
}

/** Makes a home whose PATH has only these tools and the installer's, as links to the real ones or to BusyBox. */
export function machine(tools: readonly string[], { busybox = false } = {}): Machine {
  const home = newHome();
  const bin = join(home.path, ".bin");
  mkdirSync(bin);
  for (const name of [...TOOLS.split(" "), ...tools]) {
    const real = Bun.which(busybox && name !== "curl" ? "busybox" : name);
    if (real === null) throw new Error(`these tests need ${busybox ? "busybox" : name}`);
    symlinkSync(real, join(bin, name));
  }
  return {
    home,
    bin,
    fake(name, script) {
      writeFileSync(join(bin, `${name}.new`), `#!/bin/sh\n${script}\n`);
      chmodSync(join(bin, `${name}.new`), 0o755);
      Bun.spawnSync(["mv", join(bin, `${name}.new`), join(bin, name)]);
    },
  };
}
