import { platform } from "../system/runtime.ts";
import { describePlace, type Place, type SecretOptions, type SecretStore } from "./secret-store.ts";

/**
 * Few enough for a bus, which counts the calls of a client, and for programs that decrypt, each of which must answer in
 * time.
 */
const MAX_READS_AT_ONCE = 16;

/** Opens the stores of this process, each one once. */
export function createStoreOpener(options: SecretOptions): (place: Place) => Promise<SecretStore> {
  const opened = new Map<string, Promise<SecretStore>>();
  const withTurns = (place: Place, store: SecretStore): SecretStore => {
    const inTurn = createQueue(MAX_READS_AT_ONCE);
    const text = () => `Waiting for ${describePlace(place)}`;
    return {
      ...store,
      get: (entry) => inTurn(() => options.wait(text, () => store.get(entry))),
      state: (entry) => inTurn(() => store.state(entry)),
    };
  };
  return (place) => {
    const key = JSON.stringify(place);
    const store = opened.get(key) ?? openStore(place, options).then((one) => withTurns(place, one));
    opened.set(key, store);
    return store;
  };
}

/** Runs so many at a time, in the order in which they came. */
function createQueue(limit: number): <T>(act: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = limit;
  return async (act) => {
    if (free === 0) await new Promise<void>((resolve) => void waiting.push(resolve));
    else free -= 1;
    try {
      return await act();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

async function openStore(place: Place, options: SecretOptions): Promise<SecretStore> {
  if (place.kind === "helper") return (await import("./helper.ts")).helperStore(place.name, options);
  if (place.kind === "command")
    return (await import("./command-source.ts")).commandStore(place.argv, options);
  if (platform() === "darwin") return (await import("./keychain.ts")).keychainStore(options);
  if (platform() === "win32") return (await import("./windows-credentials.ts")).windowsCredentials();
  return (await import("./keyring.ts")).keyringStore(options);
}
