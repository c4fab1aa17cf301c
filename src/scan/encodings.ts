export type Encoding = "plain" | "base64" | "base64url" | "percent" | "utf-16" | "json";

export interface Spelling {
  encoding: Encoding;
  /** Each character is a byte. */
  text: string;
}

/** A shorter value would be found in ordinary text. */
export const SHORTEST_VALUE = 8;

/** Every sequence of bytes that shows the value, each one once. `value` is visible ASCII. */
export function spellingsOf(value: string): Spelling[] {
  const percent = [...value].map((letter) => `%${hexOf(letter)}`).join("");
  const texts: [Encoding, string][] = [
    ["plain", value],
    ...base64At(value, "base64"),
    ...base64At(value, "base64url"),
    ["percent", percent],
    ["percent", percent.toUpperCase()],
    ["percent", encodeURIComponent(value)],
    // Without the outer zero byte this is the text in both byte orders.
    ["utf-16", [...value].join("\0")],
    ["json", JSON.stringify(value).slice(1, -1)],
  ];
  const seen = new Map<string, Encoding>();
  for (const [encoding, text] of texts) if (!seen.has(text)) seen.set(text, encoding);
  return [...seen].map(([text, encoding]) => ({ encoding, text }));
}

function hexOf(letter: string): string {
  return letter.charCodeAt(0).toString(16).padStart(2, "0");
}

/**
 * What base64 makes of the value after 0, 1 or 2 bytes of something else, without the characters that depend on those.
 * Programs break its lines after 64 or 76 characters, always between two groups of four.
 */
function base64At(value: string, alphabet: "base64" | "base64url"): [Encoding, string][] {
  return [0, 1, 2].flatMap((before) => {
    const text = Buffer.from(" ".repeat(before) + value, "latin1").toString(alphabet);
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor(((before + value.length) * 8) / 6);
    const breaks = Array.from({ length: Math.ceil(last / 4) - 1 }, (_, group) => 4 * (group + 1));
    const broken = breaks.flatMap((at) =>
      ["\n", "\r\n"].map((end) => text.slice(first, at) + end + text.slice(at, last)),
    );
    return [text.slice(first, last), ...broken].map((one): [Encoding, string] => [alphabet, one]);
  });
}
