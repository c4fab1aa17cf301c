/** For JSON that is only passed on: an ID of twenty digits, or `1.0`, must not come out as another number. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): object };

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** Parses JSON so that `JSON.stringify` writes every number as it was. @throws SyntaxError */
export function parseExact(text: string): unknown {
  const keepNumber = (_key: string, value: unknown, context?: { source?: string }) => {
    const source = typeof value === "number" ? context?.source : undefined;
    return source === undefined || source === String(value) ? value : rawJSON(source);
  };
  return JSON.parse(text, keepNumber);
}

/** A value that `JSON.stringify` writes as this number; undefined when the text is not a JSON number. */
export function exactNumber(text: string): unknown {
  if (!NUMBER.test(text)) return undefined;
  return String(Number(text)) === text ? Number(text) : rawJSON(text);
}
