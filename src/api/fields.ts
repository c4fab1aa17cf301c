import { usageError } from "../errors.ts";

/** The fields of a request. Lists are arrays and objects are maps, in which no key of the user's means anything else. */
export type Fields = Map<string, unknown>;

/** `a[b][]=x` as it was written. */
export interface Field {
  steps: Step[];
  /** Undefined in `a[]`, an empty list. */
  text: string | undefined;
}

interface Step {
  key: string;
  /** Whether `[]` stands behind the key. */
  isList: boolean;
}

export function parseField(written: string): Field {
  const at = written.indexOf("=");
  const name = at === -1 ? written : written.slice(0, at);
  const [, first = "", brackets = ""] = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name) ?? [];
  // A word without a `=` is not repeated: it may be a value, and a secret one.
  if (first === "" || (at === -1 && !name.endsWith("[]"))) throw usageError("a field is written key=value");
  const steps: Step[] = [{ key: first, isList: false }];
  for (const [, key = ""] of brackets.matchAll(/\[([^\]]*)\]/g)) {
    if (key === "") steps.at(-1)!.isList = true;
    else steps.push({ key, isList: false });
  }
  return { steps, text: at === -1 ? undefined : written.slice(at + 1) };
}

/** Puts the value where its key says; lists and objects on the way are made, and gone on with. */
export function addField(fields: Fields, { steps, text }: Field, value: unknown): void {
  let place = fields;
  for (const [index, step] of steps.slice(0, -1).entries()) {
    place = step.isList ? itemFor(place, step.key, steps[index + 1]!) : objectAt(place, step.key);
  }
  const { key, isList } = steps.at(-1)!;
  if (isList) {
    const list = listAt(place, key);
    if (text !== undefined) list.push(value);
  } else if (place.has(key)) throw usageError(`the field ${nameOf(steps)} is given twice`);
  else place.set(key, value);
}

function objectAt(place: Fields, key: string): Fields {
  const value = place.get(key) ?? new Map<string, unknown>();
  if (!(value instanceof Map))
    throw usageError(`the field ${key} is given both with and without keys below it`);
  place.set(key, value);
  return value;
}

function listAt(place: Fields, key: string): unknown[] {
  const value = place.get(key) ?? [];
  if (!Array.isArray(value))
    throw usageError(`the field ${key} is given both as a list and as something else`);
  place.set(key, value);
  return value;
}

/** The last object of a list, or a new one once that has this key. */
function itemFor(place: Fields, key: string, next: Step): Fields {
  const list = listAt(place, key);
  const last: unknown = list.at(-1);
  if (last instanceof Map && (!last.has(next.key) || Array.isArray(last.get(next.key)))) return last;
  const item: Fields = new Map();
  list.push(item);
  return item;
}

function nameOf([first, ...rest]: readonly Step[]): string {
  return first!.key + rest.map(({ key }) => `[${key}]`).join("");
}

export function toJson(fields: Fields): string {
  return JSON.stringify(fields, (_key, value: unknown) =>
    value instanceof Map ? Object.fromEntries(value) : value,
  );
}

/** The same as the parameters of a query. */
export function toQuery(fields: Fields): URLSearchParams {
  const query = new URLSearchParams();
  for (const [key, value] of fields) addParameter(query, key, value);
  return query;
}

function addParameter(query: URLSearchParams, key: string, value: unknown): void {
  if (Array.isArray(value)) for (const item of value) addParameter(query, `${key}[]`, item);
  else if (value instanceof Map)
    for (const [below, item] of value) addParameter(query, `${key}[${below}]`, item);
  else query.append(key, value === null ? "" : typeof value === "string" ? value : JSON.stringify(value));
}
