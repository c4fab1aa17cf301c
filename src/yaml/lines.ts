import { type Context, firstOfEachName, tokenOf } from "../contexts/context.ts";
import { applyToModel, batchesOf, namesIn, putsIn } from "./change.ts";
import type { Change, Put } from "./change.ts";
import { type Fields, entryLines, fieldsOf, writeField, writeValue } from "./entry.ts";
import { readFast } from "./fast.ts";
import { isSame, modelOf } from "./model.ts";
import { endWithComments, linesOf, listLine, placeOf, withValue } from "./place.ts";
import type { ContextsFile } from "./read.ts";

/**
 * The editor for the files that the fast reader accepts, where a value has a line of its own: changes the same bytes as
 * `editNodes`, without the YAML package. Undefined for every other file, for a change it does not know, and when the
 * result would not say what was asked for.
 */
export function editLines(text: string, changes: Change[]): string | undefined {
  const before = readFast(text);
  if (!before) return undefined;
  let wanted = modelOf(before);
  let result = text;
  let file: ContextsFile | undefined = before;
  for (const batch of batchesOf(changes)) {
    const after = file && new LineEditor(result, file).make(batch);
    if (after === undefined) return undefined;
    wanted = applyToModel(wanted, batch);
    result = after;
    file = readFast(after);
  }
  return file && isSame(modelOf(file), wanted) ? result : undefined;
}

class LineEditor {
  readonly #file: ContextsFile;
  /** What is put below a line joins it and what is removed leaves an empty one, so that the numbers of lines hold. */
  readonly #lines: string[];
  readonly #eol: string;

  constructor(text: string, file: ContextsFile) {
    this.#file = file;
    this.#lines = linesOf(text);
    this.#eol = this.#lines[0]?.endsWith("\r\n") ? "\r\n" : "\n";
  }

  /** Makes one change, or several at once. */
  make(batch: Change[]): string | undefined {
    const [change] = batch;
    switch (change?.kind) {
      case "use":
        this.#use(change.name);
        break;
      case "put":
        this.#put(putsIn(batch));
        break;
      case "rename":
        for (const context of this.#file.contexts)
          if (context.name === change.from) this.#set(context, { name: change.to });
        break;
      case "remove":
        this.#remove(namesIn(batch));
        break;
      default:
        return undefined;
    }
    return this.#lines.join("");
  }

  #use(name: string): void {
    const { contexts, current } = this.#file;
    const last = contexts.at(-1);
    if (current.line === null) {
      const end = last ? placeOf(last, this.#lines).last : listLine(this.#lines);
      this.#putBelow(endWithComments(this.#lines, end, 0), [writeField("current_context_name", name)]);
    } else if (current.name !== name) {
      this.#edit(current.line - 1, (line) => withValue(line, writeValue(name)));
    }
  }

  #put(changes: Put[]): void {
    const known = firstOfEachName(this.#file.contexts);
    const added: Put[] = [];
    for (const change of changes) {
      const context = known.get(change.name);
      if (context) this.#set(context, fieldsOf(change));
      else added.push(change);
    }
    if (added.length > 0) this.#append(added);
  }

  /** Changes the fields that differ and adds those that are missing; a missing e-mail is as good as null. */
  #set(context: Context, wanted: Fields): void {
    const { name, endpoint, email } = context;
    const now: Fields = { api_token: tokenOf(context)?.reveal() ?? "", email, endpoint, name };
    const { fields, last, keyColumn } = placeOf(context, this.#lines);
    for (const [key, value] of Object.entries(wanted)) {
      if (value === now[key]) continue;
      const at = fields.get(key);
      if (at === undefined) this.#putBelow(last, [" ".repeat(keyColumn) + writeField(key, value)]);
      else this.#edit(at, (line) => withValue(line, writeValue(value)));
    }
  }

  #append(changes: Put[]): void {
    const before = this.#file.contexts.at(-1);
    if (before) {
      const { last, dashColumn } = placeOf(before, this.#lines);
      const end = endWithComments(this.#lines, last, dashColumn);
      this.#putBelow(end, entryLines(changes, " ".repeat(dashColumn)));
    } else {
      const list = listLine(this.#lines);
      this.#edit(list, (line) => line.replace(/ *\[\]/, ""));
      this.#putBelow(list, entryLines(changes, ""));
    }
  }

  #remove(names: Set<string>): void {
    const { contexts } = this.#file;
    const removed = contexts.filter(({ name }) => names.has(name));
    for (const context of removed) {
      const { first, last, dashColumn } = placeOf(context, this.#lines);
      this.#lines.fill("", first, endWithComments(this.#lines, last, dashColumn) + 1);
    }
    if (removed.length > 0 && removed.length === contexts.length)
      this.#edit(listLine(this.#lines), (line) => line.replace(":", ": []"));
  }

  #putBelow(at: number, added: string[]): void {
    this.#edit(at, (line) =>
      [line.endsWith("\n") ? line : line + this.#eol, ...added.map((one) => one + this.#eol)].join(""),
    );
  }

  #edit(at: number, edit: (line: string) => string): void {
    this.#lines[at] = edit(this.#lines[at] ?? "");
  }
}
