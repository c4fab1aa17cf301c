import { newFolder, program, startKeyring } from "../../../test/secrets/peers.ts";
import { startCloud } from "../../../test/support/cloud.ts";
import type { Bench } from "../bench.ts";
import { homeWithFile } from "../homes.ts";
import type { Part } from "../result.ts";
import { median } from "../statistics.ts";
import { atMost, milliseconds } from "../target.ts";
import { alternate, type Subject, time, timeWithServer } from "../timing.ts";

const CONTEXTS = 200;
const NEEDED = ["dbus-daemon", "dbus-send", "gnome-keyring-daemon"];

/** Tokens that are kept in a keyring or behind a command, beside those in the contexts file. */
export async function measureStores({ sandbox, rounds, peers }: Bench): Promise<Part> {
  const absent = NEEDED.filter((name) => Bun.which(name) === null);
  if (absent.length > 0) {
    peers.missing.push(`secret stores: ${absent.join(", ")} not installed`);
    return { results: [], targets: [] };
  }
  const keyring = await startKeyring();
  const cloud = await startCloud();
  const cwd = sandbox.folder;
  const value = cloud.issueToken();
  const { path: script } = program("print-token", `echo ${value}`);
  const homeOf = async (count: number, move: string[]) => {
    const tokens = Array.from({ length: count }, (_, index) => (index === 0 ? value : cloud.issueToken()));
    const home = await homeWithFile(sandbox, count, { endpoint: cloud.url, tokens });
    const env = sandbox.environment({ BENTOML_HOME: home, ...keyring.env, XDG_RUNTIME_DIR: newFolder() });
    if (move.length > 0) time({ command: [sandbox.binary, "context", "store", ...move], env, cwd });
    return env;
  };
  const token = (label: string, env: Record<string, string>, reference?: "first"): Subject => ({
    label,
    ...(reference && { reference }),
    measure: () => time({ command: [sandbox.binary, "token"], env, cwd }),
  });
  const status = (label: string, env: Record<string, string>): Subject => ({
    label,
    measure: () => timeWithServer({ command: [sandbox.binary, "status", "--all"], env, cwd }),
  });
  try {
    const file = await homeOf(1, []);
    const tokens = await alternate(rounds, [
      token("token, contexts file", file, "first"),
      token("token, keyring", await homeOf(1, ["c0", "--to", "keyring"])),
      token("token, command", await homeOf(1, ["c0", "--to", "command", "--", script])),
      { label: "that command alone", measure: () => time({ command: [script], env: file, cwd }) },
    ]);
    const all = await alternate(rounds, [
      status("contexts file", await homeOf(CONTEXTS, [])),
      status("keyring", await homeOf(CONTEXTS, ["--all", "--to", "keyring"])),
    ]);
    const [fromFile = 0, fromKeyring = 0, fromCommand = 0, alone = 0] = tokens.map((row) =>
      median(row.values),
    );
    const [allOfFile = 0, allOfKeyring = 0] = all.map((row) => median(row.values));
    return {
      plot: { name: "secret-stores", title: "token, by where the token is kept", unit: "ms", points: tokens },
      results: [
        {
          title: "`token` from other stores",
          text: "The keyring is GNOME Keyring; the command is a shell script that prints the token.",
          unit: "ms",
          rows: tokens,
        },
        {
          title: `\`status --all\` of ${CONTEXTS} contexts, by store`,
          text: "At a server that answers at once.",
          unit: "ms",
          rows: all,
        },
      ],
      targets: [
        atMost({
          what: "`token` from the keyring over the contexts file",
          limit: 15,
          measured: fromKeyring - fromFile,
          show: milliseconds,
        }),
        atMost({
          what: "`token` from a command over the contexts file and the command alone",
          limit: 10,
          measured: fromCommand - fromFile - alone,
          show: milliseconds,
        }),
        atMost({
          what: `\`status --all\` of ${CONTEXTS} contexts, the keyring over the contexts file`,
          limit: 300,
          measured: allOfKeyring - allOfFile,
          show: milliseconds,
        }),
      ],
    };
  } finally {
    await cloud.stop();
  }
}
