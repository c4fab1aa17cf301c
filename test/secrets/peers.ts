import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterSweep } from "../support/canaries.ts";
import { removeFolder } from "../support/posix.ts";
import { until } from "../support/until.ts";

const PATH = process.env["PATH"] ?? "/usr/bin:/bin";

/** A directory of this test's own, outside of every home that is swept. */
export function newFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "bentocloud-peer-"));
  afterSweep(() => removeFolder(path));
  return path;
}

export const writeLink = (path: string, target: string) => symlinkSync(target, path);

function runOrFail(argv: readonly string[], env: Record<string, string>, stdin = ""): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...argv], {
    env: { PATH, ...env },
    stdin: Buffer.from(stdin),
  });
  if (exitCode !== 0) throw new Error(`${argv.join(" ")}: ${stderr.toString()}`);
  return stdout.toString();
}

/**
 * Without service files, so that the bus starts no second keyring while the first one starts. It lets a client wait for few
 * answers at a time, to show that a thousand contexts do not ask at once.
 */
const BUS = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  <limit name="max_replies_per_connection">30</limit>
</busconfig>
`;

export interface KeyringPeer {
  /** For a program that is to reach it. */
  env: Record<string, string>;
  lock(): void;
  signal(name: NodeJS.Signals): void;
}

/** GNOME Keyring on a session bus of its own, unlocked. */
export async function startKeyring(): Promise<KeyringPeer> {
  const folder = newFolder();
  const base = { PATH, HOME: folder, XDG_RUNTIME_DIR: folder, LANG: "C.UTF-8" };
  writeFileSync(join(folder, "bus.conf"), BUS);
  const options = [
    `--config-file=${join(folder, "bus.conf")}`,
    "--nofork",
    "--nopidfile",
    "--print-address=1",
  ];
  const bus = Bun.spawn(["dbus-daemon", ...options], {
    env: base,
    stdout: "pipe",
    stderr: "ignore",
  });
  afterSweep(() => bus.kill("SIGKILL"));
  const { value } = await bus.stdout.getReader().read();
  const env = {
    DBUS_SESSION_BUS_ADDRESS: Buffer.from(value ?? [])
      .toString()
      .trim(),
  };
  const daemon = Bun.spawn(["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"], {
    env: { ...base, ...env },
    stdin: Buffer.from("password"),
    stdout: "ignore",
    stderr: "ignore",
  });
  afterSweep(() => {
    daemon.kill("SIGCONT");
    daemon.kill("SIGKILL");
  });
  const call = (...args: string[]) =>
    Bun.spawnSync(["dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.secrets", ...args], {
      env: { ...base, ...env },
    });
  const root = "/org/freedesktop/secrets";
  const alias = [root, "org.freedesktop.Secret.Service.ReadAlias", "string:default"];
  await until("the keyring has started", () => call(...alias).stdout.includes("collection"));
  return {
    env,
    lock() {
      const method = "org.freedesktop.Secret.Service.Lock";
      const { exitCode } = call(root, method, `array:objpath:${root}/collection/login`);
      if (exitCode !== 0) throw new Error("the keyring was not locked");
    },
    signal: (name) => daemon.kill(name),
  };
}

/** What goes over a bus while `act` runs, as `dbus-monitor` prints it. */
export async function watchBus(env: Record<string, string>, act: () => Promise<unknown>): Promise<string> {
  const options = { env: { PATH, ...env } };
  const monitor = Bun.spawn(["dbus-monitor", "--session"], { ...options, stdout: "pipe", stderr: "ignore" });
  afterSweep(() => monitor.kill());
  let seen = "";
  const read = async () => {
    for await (const chunk of monitor.stdout) seen += Buffer.from(chunk).toString();
  };
  const end = read();
  // The monitor has begun, and has seen all, once it has seen a signal that was sent then.
  const pass = async (mark: string) => {
    for (; !seen.includes(mark); await Bun.sleep(20))
      Bun.spawnSync(["dbus-send", "--session", "--type=signal", "/", `test.Monitor.${mark}`], options);
  };
  await pass("Begin");
  await act();
  await pass("Finish");
  monitor.kill();
  await end;
  return seen;
}

/** Made once for all tests of a file. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    if (!made) afterSweep(() => (made = undefined));
    return (made ??= { value: make() }).value;
  };
}

/** For tests that neither lock nor stop it. */
export const sharedKeyring = once(startKeyring);

/** A password store of `pass`, with a key that has no passphrase. */
export const sharedPass = once(startPass);

function startPass(): Record<string, string> {
  const folder = newFolder();
  const env = { HOME: folder, GNUPGHOME: join(folder, "gpg"), PASSWORD_STORE_DIR: join(folder, "store") };
  mkdirSync(env.GNUPGHOME, { mode: 0o700 });
  afterSweep(() => void Bun.spawnSync(["gpgconf", "--kill", "all"], { env: { PATH, ...env } }));
  // A key of RSA would take seconds to make.
  const key = [
    "--quick-gen-key",
    "--passphrase",
    "",
    "me@example.test",
    "future-default",
    "default",
    "never",
  ];
  runOrFail(["gpg", "--batch", ...key], env);
  runOrFail(["pass", "init", "me@example.test"], env);
  const { HOME: _, ...rest } = env;
  return rest;
}

/** Adds an entry for `pass show NAME`. */
export function insertPass(env: Record<string, string>, name: string, secret: string): void {
  runOrFail(["pass", "insert", "--multiline", "--force", name], env, `${secret}\n`);
}

/** A file that `age -d -i KEY PATH` decrypts. */
export function newAgeFile() {
  const folder = newFolder();
  const [key, path] = [join(folder, "key"), join(folder, "token.age")];
  runOrFail(["age-keygen", "-o", key], {});
  const recipient = runOrFail(["age-keygen", "-y", key], {}).trim();
  const encrypt = (secret: string) => void runOrFail(["age", "-r", recipient, "-o", path], {}, secret);
  return { key, path, recipient, encrypt };
}

/** A file that `sops -d --extract '["token"]' FILE` decrypts with these variables. */
export function encryptWithSops(secret: string): { env: Record<string, string>; file: string } {
  const { key, recipient } = newAgeFile();
  const file = join(newFolder(), "secrets.json");
  writeFileSync(file, JSON.stringify({ token: secret }));
  runOrFail(["sops", "-e", "-i", "--age", recipient, file], {});
  return { env: { SOPS_AGE_KEY_FILE: key }, file };
}

/** A program in a folder of its own, which is first in `PATH`. */
export function program(name: string, script: string): { path: string; env: Record<string, string> } {
  const folder = newFolder();
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o700);
  return { path, env: { PATH: `${folder}:${PATH}` } };
}

/** Whether a process with these words in its command line runs. */
export function isRunning(words: string): boolean {
  return commandLines().some((line) => line.includes(words));
}

/** Waits for the end of every process with these words: one that was killed may need a moment. */
export function haveEnded(words: string): Promise<void> {
  return until(`the end of ${words}`, () => !isRunning(words));
}

/** Of every process that runs now. */
function commandLines(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        // It has ended.
        return "";
      }
    });
}

/** Every file below a home that has the token, in clear or in base64. */
export function filesWith(token: string, { path }: { path: string }): string[] {
  const forms = [token, ...[0, 1, 2].map((at) => base64At(token, at))];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => forms.some((form) => readFileSync(file, "latin1").includes(form)));
}

/** What is always the same in base64, when the token begins so many bytes after a multiple of three. */
function base64At(token: string, at: number): string {
  const text = Buffer.from("\0".repeat(at) + token).toString("base64");
  return text.slice(at === 0 ? 0 : 4, Math.floor((token.length + at) / 3) * 4);
}
