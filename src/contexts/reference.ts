/**
 * The `api_token` of a context whose token is kept in another store. Python bentoml sends this text as a token, and the
 * server refuses it. So the text names the command to run. It has no colon: Yatai would take a text with
 * two of them for a token of Kubernetes.
 */
const REFERENCE = /^kept-in-(?:keyring|helper|command)\.run\.bentocloud-exec\.([0-9a-z]{16})$/;

/** Any text that begins like this is no token, also when it was cut or edited. */
const BEGINNING = /^kept-in-[a-z]+\./;

export type KeptKind = "keyring" | "helper" | "command";

export function formatReference(kind: KeptKind, id: string): string {
  return `kept-in-${kind}.run.bentocloud-exec.${id}`;
}

/** The ID of a reference; undefined for every other text. */
export function parseReference(text: string): string | undefined {
  return REFERENCE.exec(text)?.[1];
}

/** Whether a text must not be sent as a token. */
export function looksLikeReference(text: string): boolean {
  return BEGINNING.test(text);
}

const ALPHABET = "0123456789abcdefghijklmnopqrstuv";

/** 80 random bits. */
export function newReferenceId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => ALPHABET[byte % 32]).join("");
}
