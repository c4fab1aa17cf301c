import { describePlace, type Place, type SecretOptions, type SecretStore } from "./secret-store.ts";

/** The stores of this process. One that was opened serves every context that is kept in it. */
export interface SecretStores {
  signal: AbortSignal;
  /** Told what another program did to a token that is kept elsewhere. */
  alert: (message: string) => void;
  open(place: Place): Promise<SecretStore>;
}

export function createSecretStores(options: SecretOptions, platform: NodeJS.Platform): SecretStores {
  const opened = new Map<string, Promise<SecretStore>>();
  const withWaiting =
    (place: Place) =>
    (store: SecretStore): SecretStore => ({
      ...store,
      get: (entry) =>
        options.wait(
          () => `Waiting for ${describePlace(place)}`,
          () => store.get(entry),
        ),
    });
  return {
    signal: options.signal,
    alert: options.alert,
    open(place) {
      const key = JSON.stringify(place);
      const store = opened.get(key) ?? openStore(place, options, platform).then(withWaiting(place));
      opened.set(key, store);
      return store;
    },
  };
}

async function openStore(
  place: Place,
  options: SecretOptions,
  platform: NodeJS.Platform,
): Promise<SecretStore> {
  if (place.kind === "helper") return (await import("./helper.ts")).helperStore(place.name, options);
  if (place.kind === "command")
    return (await import("./command-source.ts")).commandStore(place.argv, options);
  if (platform === "darwin") return (await import("./keychain.ts")).keychainStore(options);
  if (platform === "win32") return (await import("./windows-credentials.ts")).windowsCredentials();
  return (await import("./keyring.ts")).keyringStore(options);
}
