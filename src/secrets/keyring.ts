import { type Bus, BusError, connectSessionBus } from "../system/dbus.ts";
import { type Value, Variant } from "../system/dbus-value.ts";
import {
  type Entry,
  secretError,
  type SecretOptions,
  type SecretState,
  type SecretStore,
  STORE_TIMEOUT_MS,
} from "./secret-store.ts";

/**
 * The Secret Service of the session: GNOME Keyring, KWallet, KeePassXC. It is asked over D-Bus by a client of our own:
 * libsecret answers "nothing" for a locked keyring after it has started a dialog, and waits 50 s for a daemon that hangs.
 * Here nothing is asked of a locked collection, no prompt is started, and everything together has three seconds.
 */
export function keyringStore({ env }: SecretOptions): SecretStore {
  let opened: { bus: Bus; keyring: Promise<Keyring> } | undefined;
  const open = () => {
    const bus = connectSessionBus(env);
    return { bus, keyring: openKeyring(bus) };
  };
  const use = async <T>(act: (keyring: Keyring) => Promise<T>): Promise<T> => {
    let timer: NodeJS.Timeout | undefined;
    try {
      const { bus, keyring } = (opened ??= open());
      const late = secretError("timeout", `the keyring did not answer in ${STORE_TIMEOUT_MS / 1000} s`);
      timer = setTimeout(() => bus.end(late), STORE_TIMEOUT_MS);
      return await act(await keyring);
    } catch (error) {
      throw toSecretError(error);
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    get: (entry) =>
      use(async ({ ask, session }) => {
        const item = await findItem(ask, entry);
        if (item === undefined) throw secretError("missing", "the keyring has no such entry");
        const [secret] = await ask(item, `${SERVICE}.Item.GetSecret`, SECRET, "o", [await session()]);
        return Buffer.from((secret as [string, Uint8Array, Uint8Array, string])[2]).toString();
      }),
    set: (entry, token) =>
      use(async ({ ask, session, collection }) => {
        const properties = [
          [`${SERVICE}.Item.Label`, new Variant("s", `bentocloud: ${entry.context} at ${entry.endpoint}`)],
          [`${SERVICE}.Item.Attributes`, new Variant("a{ss}", attributesOf(entry))],
        ];
        const secret = [await session(), new Uint8Array(), Buffer.from(token), "text/plain"];
        const args = [properties, secret, true] as const;
        const method = `${SERVICE}.Collection.CreateItem`;
        const [, prompt] = await ask(collection, method, "oo", `a{sv}${SECRET}b`, args);
        await refusePrompt(ask, prompt);
      }),
    erase: (entry) =>
      use(async ({ ask }) => {
        const item = await findItem(ask, entry);
        if (item === undefined) return;
        const [prompt] = await ask(item, `${SERVICE}.Item.Delete`, "o");
        await refusePrompt(ask, prompt);
      }),
    async state(entry): Promise<SecretState> {
      return use(async ({ ask }) =>
        !entry || (await findItem(ask, entry)) !== undefined ? "ok" : "missing",
      );
    },
  };
}

const SERVICE = "org.freedesktop.Secret";
const ROOT = "/org/freedesktop/secrets";
/** What the service says where there is no object, or no prompt. */
const NONE = "/";
/** The type of a secret: session, parameters, value, content type. */
const SECRET = "(oayays)";

type Ask = (
  path: string,
  method: string,
  returns: string,
  signature?: string,
  args?: readonly Value[],
) => Promise<Value[]>;

interface Keyring {
  ask: Ask;
  /** The object path of the default collection, which is unlocked. */
  collection: string;
  /** The object path of a session in which secrets are passed as they are: the bus is of this machine and user. */
  session(): Promise<string>;
}

/** @throws CliError `SECRET_LOCKED` before anything that could make the service ask for a password. */
async function openKeyring(bus: Bus): Promise<Keyring> {
  const ask = askOn(bus);
  const [collection] = (await ask(ROOT, `${SERVICE}.Service.ReadAlias`, "o", "s", ["default"])) as [string];
  if (collection === NONE)
    throw secretError(
      "unavailable",
      "there is no default keyring",
      "make one in the program of your desktop",
    );
  const property = [`${SERVICE}.Collection`, "Locked"];
  const [locked] = await ask(collection, "org.freedesktop.DBus.Properties.Get", "v", "ss", property);
  if ((locked as Variant).value !== false) throw lockedError();
  let session: Promise<string> | undefined;
  const openSession = async () => {
    const args = ["plain", new Variant("s", "")];
    const [, path] = await ask(ROOT, `${SERVICE}.Service.OpenSession`, "vo", "sv", args);
    return path as string;
  };
  return { ask, collection, session: () => (session ??= openSession()) };
}

function askOn(bus: Bus): Ask {
  return (path, method, returns, signature = "", args = []) =>
    bus.call({ destination: "org.freedesktop.secrets", path, method, returns, signature, args });
}

/** In any collection; undefined when none has it. */
async function findItem(ask: Ask, entry: Entry): Promise<string | undefined> {
  const found = await ask(ROOT, `${SERVICE}.Service.SearchItems`, "aoao", "a{ss}", [attributesOf(entry)]);
  const [[unlocked], [locked]] = found as [string[], string[]];
  if (unlocked === undefined && locked !== undefined) throw lockedError();
  return unlocked;
}

function attributesOf({ id }: Entry): [string, string][] {
  return [
    ["application", "bentocloud"],
    ["id", id],
  ];
}

/** The service would ask a person before it does this. */
async function refusePrompt(ask: Ask, prompt: Value | undefined): Promise<void> {
  if (prompt === undefined || prompt === NONE) return;
  await ask(prompt as string, `${SERVICE}.Prompt.Dismiss`, "");
  throw lockedError();
}

function lockedError() {
  return secretError(
    "locked",
    "the keyring is locked",
    "unlock it: sign in to the desktop, or run `gnome-keyring-daemon --unlock`",
  );
}

function toSecretError(error: unknown): unknown {
  if (!(error instanceof BusError)) return error;
  // An item of its own lock, or a keyring that was locked just now.
  if (error.message === `${SERVICE}.Error.IsLocked`) return lockedError();
  return secretError(
    "unavailable",
    `no keyring can be reached (${error.message})`,
    "on a server without a desktop, `--store helper:pass` or `--token-command` fits better",
  );
}
