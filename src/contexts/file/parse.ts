import { isMap, isScalar, isSeq } from "yaml";
import type { Node, YAMLMap } from "yaml";
import { Context } from "../context.ts";
import { Source, sourceOf, startOf } from "./document.ts";
import { readPlain } from "./plain.ts";
import { DEFAULT_CURRENT } from "./fast.ts";
import type { ContextsFile, Problem } from "./read.ts";

const REFUSES_ALL = "Python bentoml refuses the whole file because of it";
const STRING_TAG = "tag:yaml.org,2002:str";
/** PyYAML takes this tag to mean "as if it were plain", even before quotes. */
const NON_SPECIFIC_TAG = "!";

/** A value where a string belongs: what Python makes of it, as far as that can be told. */
export type Seen =
  | { kind: "text"; text: string; written: string }
  | { kind: "null" }
  /** Python cannot construct it, so that only its text is left. */
  | { kind: "refused"; text: string; why: string }
  | { kind: "collection"; text: string };

/** What Python sees in a value of the file. */
export function seen(source: Source, value: Node | null): Seen {
  if (value === null) return { kind: "null" };
  if (!isScalar(value)) {
    const [start, end] = value.range ?? [0, 0];
    return { kind: "collection", text: source.text.slice(start, end).trim() };
  }
  const text = sourceOf(value);
  const isPlain = value.tag === NON_SPECIFIC_TAG || (value.tag === undefined && value.type === "PLAIN");
  if (!isPlain) {
    const isString = value.tag === undefined || value.tag === STRING_TAG;
    return isString
      ? { kind: "text", text, written: text }
      : { kind: "refused", text, why: "it has a YAML tag" };
  }
  const plain = readPlain(text);
  if ("refused" in plain) return { kind: "refused", text, why: plain.refused };
  return plain.text === "None" && text !== "None"
    ? { kind: "null" }
    : { kind: "text", text: plain.text, written: text };
}

/** The mappings and other nodes under `contexts`, aliases resolved. Throws `CORRUPT` when it is no list of mappings. */
export function entriesOf(source: Source): YAMLMap[] {
  const field = source.fieldsOf(source.root).get("contexts");
  if (!field) return [];
  if (!isSeq(field.value)) throw source.corrupt("`contexts` is not a list", startOf(field.pair.key));
  return field.value.items.map((item) => {
    const entry = source.resolve(item);
    if (!isMap(entry))
      throw source.corrupt("an entry of `contexts` is not a mapping", startOf(item) || startOf(field.value));
    return entry;
  });
}

/** The text of one field of an entry, and a note when Python does not see it as it is written. */
class FieldReader {
  readonly #source: Source;
  readonly #problems: Problem[];

  constructor(source: Source, problems: Problem[]) {
    this.#source = source;
    this.#problems = problems;
  }

  /** Undefined when the key is missing, null when Python sees None. */
  read(map: YAMLMap, key: string, subject: string): Seen | undefined {
    const field = this.#source.fieldsOf(map).get(key);
    if (!field) return undefined;
    const value = seen(this.#source, field.value);
    const line = this.#source.lineOf(field.pair.key);
    if (value.kind === "refused") {
      this.#note(
        line,
        `Python bentoml cannot read ${subject}, because ${value.why}, and refuses the whole file; quote it`,
      );
    } else if (value.kind === "collection") {
      this.#note(line, `${subject} is not a text`);
    }
    return value;
  }

  /** The same for a field that Python turns into a string whatever it is, with a note when that changes it. */
  text(map: YAMLMap, key: string, subject: string): string | undefined {
    const value = this.read(map, key, subject);
    if (value === undefined || value.kind === "refused" || value.kind === "collection") return value?.text;
    const text = value.kind === "null" ? "None" : value.text;
    if (value.kind === "null" || value.text !== value.written) {
      const line = this.#source.lineOf(this.#source.fieldsOf(map).get(key)?.pair.key);
      this.#note(
        line,
        `BentoML reads this as ${JSON.stringify(text)}: ${subject} needs quotes to be read as written`,
      );
    }
    return text;
  }

  #note(line: number, message: string): void {
    this.#problems.push({ line, message });
  }
}

function readEntry(source: Source, entry: YAMLMap, line: number, problems: Problem[]): Context | undefined {
  const fields = new FieldReader(source, problems);
  const name = fields.text(entry, "name", "the name");
  if (name === undefined) {
    problems.push({ line, message: `an entry without a name is left out; ${REFUSES_ALL}` });
    return undefined;
  }
  const called = JSON.stringify(name);
  const endpoint = fields.text(entry, "endpoint", `the endpoint of ${called}`);
  const token = fields.read(entry, "api_token", `the API token of ${called}`);
  const email = fields.read(entry, "email", `the e-mail of ${called}`);
  if (endpoint === undefined)
    problems.push({ line, message: `context ${called} has no endpoint; ${REFUSES_ALL}` });
  if (token === undefined)
    problems.push({ line, message: `context ${called} has no API token; ${REFUSES_ALL}` });
  return new Context({
    name,
    line,
    endpoint: endpoint ?? "",
    apiToken: tokenText(token),
    email: emailText(email),
  });
}

function tokenText(token: Seen | undefined): string | undefined {
  if (token === undefined || token.kind === "collection") return undefined;
  return token.kind === "null" ? "None" : token.text;
}

function emailText(email: Seen | undefined): string | null {
  return email === undefined || email.kind === "null" || email.kind === "collection" ? null : email.text;
}

/** Where an entry stands: its first key, or the alias or empty mapping that stands for it. */
function lineOfEntry(source: Source, item: unknown): number {
  const first = isMap(item) ? item.items[0]?.key : undefined;
  return source.lineOf(first ?? item);
}

function readCurrent(source: Source, problems: Problem[]): ContextsFile["current"] {
  const name = new FieldReader(source, problems).text(
    source.root,
    "current_context_name",
    "the current context's name",
  );
  if (name === undefined) return { name: DEFAULT_CURRENT, line: null };
  return { name, line: source.lineOf(source.fieldsOf(source.root).get("current_context_name")?.pair.key) };
}

/** What a parsed document says. */
function contextsOf(source: Source): ContextsFile {
  const problems: Problem[] = [];
  const entries = entriesOf(source);
  const list = source.fieldsOf(source.root).get("contexts")?.value;
  const items = isSeq(list) ? list.items : [];
  const contexts = entries.flatMap((entry, index) => {
    const context = readEntry(source, entry, lineOfEntry(source, items[index]), problems);
    return context ? [context] : [];
  });
  return { contexts, current: readCurrent(source, problems), problems };
}

/** Reads any text that Python bentoml can read, and says what it makes of it. Throws `CORRUPT` for all other text. */
export function parseContexts(text: string): ContextsFile {
  return contextsOf(new Source(text));
}
