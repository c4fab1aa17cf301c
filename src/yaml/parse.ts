import { isMap, isScalar, isSeq } from "yaml";
import type { Node, YAMLMap } from "yaml";
import { Context } from "../contexts/context.ts";
import { refusedNodes, seen } from "./construct.ts";
import type { Seen } from "./construct.ts";
import { Source, sourceOf, startOf } from "./document.ts";
import { DEFAULT_CURRENT } from "./fast.ts";
import type { ContextsFile, Problem } from "./read.ts";

const REFUSES_ALL = "Python bentoml refuses the whole file because of it";

/** The mappings and other nodes under `contexts`, aliases resolved. Throws `CORRUPT` when it is no list of mappings. */
export function entriesOf(source: Source): YAMLMap[] {
  const field = source.fieldsOf(source.root).get("contexts");
  if (!field || isEmptyForPython(field.value)) return [];
  if (!isSeq(field.value)) throw source.corrupt("`contexts` is not a list", startOf(field.pair.key));
  return field.value.items.map((item) => {
    const entry = source.resolve(item);
    if (!isMap(entry))
      throw source.corrupt("an entry of `contexts` is not a mapping", startOf(item) || startOf(field.value));
    return entry;
  });
}

/** Python goes through whatever stands there, so that any kind of nothing but null will do. */
function isEmptyForPython(value: Node | null): boolean {
  return isMap(value)
    ? value.items.length === 0
    : isScalar(value) && value.type !== "PLAIN" && sourceOf(value) === "";
}

/** Reads the file field by field, and notes where Python does not see what is written. */
class Reader {
  readonly problems: Problem[] = [];
  readonly #source: Source;
  /** The refused values that a note of their own names. */
  readonly #told = new Set<Node>();

  constructor(source: Source) {
    this.#source = source;
  }

  contexts(): Context[] {
    const entries = entriesOf(this.#source);
    const list = this.#source.fieldsOf(this.#source.root).get("contexts")?.value;
    const items = isSeq(list) ? list.items : [];
    return entries.flatMap((entry, index) => this.#entry(entry, this.#lineOfEntry(items[index])) ?? []);
  }

  current(): ContextsFile["current"] {
    const { root } = this.#source;
    const name = this.#text(root, "current_context_name", "the current context's name");
    if (name === undefined) return { name: DEFAULT_CURRENT, line: null };
    return {
      name,
      line: this.#source.lineOf(this.#source.fieldsOf(root).get("current_context_name")?.pair.key),
    };
  }

  /** What else Python refuses the file for: unknown keys, and values that a later one of the same key hides. */
  rest(): void {
    for (const [node, why] of refusedNodes(this.#source)) {
      if (this.#told.has(node)) continue;
      this.#refuse(
        this.#source.lineOf(node),
        `Python bentoml cannot read what stands here, because ${why}, and refuses the whole file`,
      );
    }
  }

  #entry(entry: YAMLMap, line: number): Context | undefined {
    const name = this.#text(entry, "name", "the name");
    if (name === undefined) {
      this.#refuse(line, `an entry without a name is left out; ${REFUSES_ALL}`);
      return undefined;
    }
    const called = JSON.stringify(name);
    const endpoint = this.#text(entry, "endpoint", `the endpoint of ${called}`);
    const token = this.#read(entry, "api_token", `the API token of ${called}`);
    const email = this.#read(entry, "email", `the e-mail of ${called}`);
    if (endpoint === undefined) this.#refuse(line, `context ${called} has no endpoint; ${REFUSES_ALL}`);
    if (token === undefined) this.#refuse(line, `context ${called} has no API token; ${REFUSES_ALL}`);
    return new Context({
      name,
      line,
      endpoint: endpoint ?? "",
      apiToken: token?.text,
      email: email === undefined || email.kind === "null" ? null : email.text,
    });
  }

  /** Where an entry stands: its first key, or the alias or empty mapping that stands for it. */
  #lineOfEntry(item: unknown): number {
    const first = isMap(item) ? item.items[0]?.key : undefined;
    return this.#source.lineOf(first ?? item);
  }

  /** Undefined when the key is missing. */
  #read(map: YAMLMap, key: string, subject: string): Seen | undefined {
    const field = this.#source.fieldsOf(map).get(key);
    if (!field) return undefined;
    const value = seen(this.#source, field.value);
    if (value.kind === "refused" && field.value) {
      this.#told.add(field.value);
      const why = `because ${value.why}, and refuses the whole file; quote it`;
      this.#refuse(this.#source.lineOf(field.pair.key), `Python bentoml cannot read ${subject}, ${why}`);
    } else if (value.kind === "collection") {
      this.#note(this.#source.lineOf(field.pair.key), `${subject} is not a text`);
    }
    return value;
  }

  /** The same for a field that Python turns into a string whatever it is, with a note when that changes it. */
  #text(map: YAMLMap, key: string, subject: string): string | undefined {
    const value = this.#read(map, key, subject);
    if (value?.kind === "null" || value?.kind === "converted") {
      const line = this.#source.lineOf(this.#source.fieldsOf(map).get(key)?.pair.key);
      const text = JSON.stringify(value.text);
      this.#note(line, `BentoML reads this as ${text}: ${subject} needs quotes to be read as written`);
    }
    return value?.text;
  }

  #refuse(line: number, message: string): void {
    this.problems.push({ line, message, refused: true });
  }

  #note(line: number, message: string): void {
    this.problems.push({ line, message });
  }
}

/** Reads any text that Python bentoml can read, and says what it makes of it. Throws `CORRUPT` for all other text. */
export function parseContexts(text: string): ContextsFile {
  const reader = new Reader(new Source(text));
  const [contexts, current] = [reader.contexts(), reader.current()];
  reader.rest();
  return { contexts, current, problems: reader.problems };
}
