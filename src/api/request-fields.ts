import { usageError } from "../errors.ts";

/** Lists are arrays and objects are maps, so that a key such as `__proto__` has no special meaning. */
export type Fields = Map<string, unknown>;

/** `a[b][]=x` as it was written. */
export interface Field {
  steps: Step[];
  /** Undefined in `a[]`, an empty list. */
  text: string | undefined;
}

interface Step {
  key: string;
  /** Whether the key is followed by `[]`. */
  isList: boolean;
}

export function parseField(written: string): Field {
  const at = written.indexOf("=");
  const name = at === -1 ? written : written.slice(0, at);
  const [, first = "", brackets = ""] = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name) ?? [];
  // The error does not repeat the text: without a `=` it may be a secret value.
  if (first === "" || (at === -1 && !name.endsWith("[]"))) throw usageError("a field is written key=value");
  const steps: Step[] = [{ key: first, isList: false }];
  for (const [, key = ""] of brackets.matchAll(/\[([^[\]]*)\]/g)) {
    if (key === "") steps.at(-1)!.isList = true;
    else steps.push({ key, isList: false });
  }
  return { steps, text: at === -1 ? undefined : written.slice(at + 1) };
}

/** Sets the value at its key, in lists and objects that are created on the way. */
export function addField(fields: Fields, { steps, text }: Field, value: unknown): void {
  let parent = fields;
  for (const [index, step] of steps.slice(0, -1).entries()) {
    parent = step.isList
      ? itemFor(parent, step.key, steps[index + 1]!)
      : childAt<Fields>(parent, step.key, Map);
  }
  const { key, isList } = steps.at(-1)!;
  if (isList) {
    const list = childAt<unknown[]>(parent, key, Array);
    if (text !== undefined) list.push(value);
  } else if (parent.has(key)) throw usageError(`the field ${nameOf(steps)} is given twice`);
  else parent.set(key, value);
}

/** The object or list at a key, which the first field that needs it creates. */
function childAt<T extends Fields | unknown[]>(parent: Fields, key: string, type: new () => T): T {
  const value = parent.get(key) ?? new type();
  if (!(value instanceof type))
    throw usageError(`the field ${key} is given in forms that exclude each other`);
  parent.set(key, value);
  return value;
}

/** The last object of a list, or a new one when the last one already has this key. */
function itemFor(parent: Fields, key: string, next: Step): Fields {
  const list = childAt<unknown[]>(parent, key, Array);
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
