import type { Put } from "./change.ts";
import { writeScalar } from "./scalar.ts";

/** Values by key, in the order in which Python writes them. */
export type Fields = Record<string, string | null>;

export function fieldsOf({ name, endpoint, token, email }: Put): Fields {
  return { api_token: token.reveal(), email, endpoint, name };
}

export function writeValue(value: string | null): string {
  return value === null ? "null" : writeScalar(value);
}

export function writeField(key: string, value: string | null): string {
  return `${key}: ${writeValue(value)}`;
}

/** The lines of new entries, their dashes behind this indentation. */
export function entryLines(changes: Put[], indent: string): string[] {
  return changes.flatMap((change) =>
    Object.entries(fieldsOf(change)).map(
      ([key, value], index) => `${indent}${index === 0 ? "- " : "  "}${writeField(key, value)}`,
    ),
  );
}
