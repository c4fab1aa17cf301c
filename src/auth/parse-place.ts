import { usageError } from "../errors.ts";
import { refuseLostBytes } from "./credential-environment.ts";
import type { Place } from "../secrets/secret-store.ts";

const KINDS = "file, keyring, helper:NAME or command";

/** The command that prints a token. @throws CliError `USAGE` when there is none. */
export function requireCommand(argv: readonly string[]): readonly string[] {
  refuseLostBytes(argv, "give the command to a script whose path is UTF-8 text");
  if ((argv[0] ?? "") !== "") return argv;
  throw usageError(
    "which command prints the API token? put it after `--`",
    "`bentocloud login --token-command -- pass show bento/token`, or `bentocloud context store NAME --to command -- …`",
  );
}

/** Whether it only prints a token that this program cannot change. */
export function isCommand(place: Place | "file"): place is Extract<Place, { kind: "command" }> {
  return place !== "file" && place.kind === "command";
}

/** The value of `--to` or `--store`, and the words after `--`. @throws CliError `USAGE` */
export function parsePlace(word: string, argv: readonly string[]): Place | "file" {
  if (word === "command") return { kind: "command", argv: requireCommand(argv) };
  if (argv.length > 0) throw usageError("only `command` takes words after `--`");
  if (word === "file") return "file";
  if (word === "keyring") return { kind: "keyring" };
  const name = /^helper:([A-Za-z0-9_.-]+)$/.exec(word)?.[1];
  if (name !== undefined && !name.startsWith(".")) return { kind: "helper", name };
  throw usageError(`"${word}" is no store: it is ${KINDS}`, "helper:pass runs docker-credential-pass");
}
