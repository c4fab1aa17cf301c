/**
 * JSON that passes through this program keeps its numbers as they were written: an id of twenty digits, or `1.0`, must
 * not come out as another one.
 */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): object };

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** @throws SyntaxError when the text is no JSON. */
export function parseExact(text: string): unknown {
  const keepNumber = (_key: string, value: unknown, context?: { source?: string }) => {
    const isOther = typeof value === "number" && context?.source !== undefined;
    return isOther && String(value) !== context.source ? rawJSON(context.source!) : value;
  };
  return JSON.parse(text, keepNumber);
}

/** A value that `JSON.stringify` writes as this number; undefined when the text is none. */
export function exactNumber(text: string): unknown {
  if (!NUMBER.test(text)) return undefined;
  return String(Number(text)) === text ? Number(text) : rawJSON(text);
}
