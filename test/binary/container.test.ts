import { expect } from "bun:test";
import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { home as newHome, run } from "../support/bin.ts";
import { cloudForAll } from "../support/clouds.ts";
import { programCommand } from "../support/program.ts";
import { registerCanary, sweepCanaries } from "../support/sweep.ts";
import { needsMount } from "./faults/disk.ts";

sweepCanaries();

const cloud = await cloudForAll({ verify: false });
const TOKEN = registerCanary("canari0container0abc");
const USER = 12_345;

/**
 * A root like that of a distroless image: the program, the libraries and `/proc`, and neither a shell nor `/etc/passwd` or
 * `/tmp`. It is read-only, and `/volume` is the only place for files.
 */
const IN_CONTAINER = `
root=$1 volume=$2 program=$3
shift 3
mount -t tmpfs none "$root"
for folder in /lib /lib64 /usr/lib; do
  [ ! -d $folder ] || { mkdir -p "$root$folder" && mount --bind $folder "$root$folder"; }
done
mkdir "$root/proc" "$root/volume"
: >"$root/bentocloud"
mount --bind "$program" "$root/bentocloud"
mount -t proc none "$root/proc"
mount --bind "$volume" "$root/volume"
mount -o remount,ro "$root"
[ -n "$HOME" ] || unset HOME
exec chroot --userspec=${USER}:${USER} "$root" /bentocloud "$@"`;

interface Container {
  env?: Record<string, string>;
  stdin?: string;
}

/** Runs the program as a user whom the container does not know. There is no HOME unless given. */
async function runInContainer(args: string[], { env = {}, stdin }: Container = {}) {
  const home = newHome();
  const [root, volume] = [join(home.path, "root"), join(home.path, "volume")];
  for (const folder of [root, volume]) mkdirSync(folder);
  chownSync(volume, USER, USER);
  const [program = ""] = programCommand("binary");
  const command = ["unshare", "-m", "sh", "-ec", IN_CONTAINER, "sh", root, volume, program];
  const options = { home, command, env: { HOME: "", ...env }, keepsTilde: true, reveals: "stdout" } as const;
  return run(args, { ...options, stdin: stdin ?? null });
}

needsMount.describe("in a container that has only the program", () => {
  const login = ["login", "--with-token", "--endpoint", cloud.url];
  const noHome =
    "error: this user has no home directory\nhint: set BENTOML_HOME to a directory for the contexts\n";

  needsMount.test.each([
    ["token", ["token"], `${TOKEN}\n`],
    ["exec", ["exec", "--", "/bentocloud", "token"], `${TOKEN}\n`],
    ["env", ["env", "--json"], expect.stringContaining(TOKEN)],
  ])("%s uses the token of the environment, and writes nothing", async (_, args, stdout) => {
    const result = await runInContainer(args, { env: { BENTO_CLOUD_API_KEY: TOKEN } });
    expect(result).toMatchObject({ code: 0, stdout, stderr: "" });
  });

  needsMount.test.each([
    ["in a home on a volume", { HOME: "/volume" }, 0, ""],
    ["where BENTOML_HOME is on a volume", { BENTOML_HOME: "/volume/bentoml" }, 0, ""],
    ["without a home it names the variable to set", {}, 6, noHome],
    ["on a read-only disk it says so", { HOME: "/" }, 6, "error: cannot write in /: the disk is read-only\n"],
  ])("login: %s", async (_, env, code, message) => {
    const result = await runInContainer(login, { env, stdin: cloud.issueToken() });
    expect({ code: result.code, message: code === 0 ? "" : result.stderr }).toEqual({ code, message });
  });

  needsMount.test("doctor finds nothing to complain about", async () => {
    const { stdout } = await runInContainer(["doctor", "--offline"], { env: { HOME: "/volume" } });
    expect(stdout).toMatch(/all \d+ checks passed/);
  });
});
