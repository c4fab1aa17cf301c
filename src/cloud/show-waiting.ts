import type { Client } from "./client.ts";

type Wait = <T>(text: () => string, act: () => Promise<T>) => Promise<T>;

/** A client that shows a person which server it waits for. */
export function showWaiting(client: Client, wait: Wait): Client {
  const text = () => `Waiting for ${new URL(client.endpoint).host}`;
  return {
    endpoint: client.endpoint,
    get: (...args) => wait(text, () => client.get(...args)),
    change: (...args) => wait(text, () => client.change(...args)),
    read: (message) => wait(text, () => client.read(message)),
    stream: (message) => wait(text, () => client.stream(message)),
  };
}
