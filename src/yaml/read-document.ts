import { isMap, isScalar, isSeq } from "yaml";
import { Context } from "../contexts/context.ts";
import { showName } from "../contexts/name.ts";
import { textOf, type Value } from "./python-value.ts";
import { type ContextsFile, DEFAULT_CURRENT, type Problem } from "./contexts-file.ts";
import { Source } from "./document.ts";
import { readField, type Tree, TreeBuilder } from "./tree.ts";

/** An entry of the list: a context, or a problem. It has both if only Python refuses the entry. */
export interface Entry {
  context?: Context;
  problem?: Problem;
}

/** Reads every text that Python bentoml can read. Throws `CORRUPT` for any other text. */
export function parseContexts(text: string): ContextsFile {
  const source = new Source(text);
  const { root } = new TreeBuilder(source);
  const entries = readEntries(source, root);
  const { current, problem } = readCurrent(source, root);
  const misnamed = root.fields.has("contexts") ? undefined : findMisnamed(source);
  const problems = [misnamed, ...entries.map((entry) => entry.problem), problem, ...readOthers(source, root)];
  return {
    contexts: entries.flatMap(({ context }) => context ?? []),
    current,
    problems: problems.filter((one) => one !== undefined),
  };
}

export function readEntries(source: Source, root: Tree): Entry[] {
  const list = root.fields.get("contexts");
  if (!list) return [];
  const { node, parts, refusal } = list.value;
  if (list.isDisputed || !isSeq(node)) throw source.corrupt("`contexts` is not one list", list.key);
  if (refusal?.node === node) throw source.corrupt(`the list ${refusal.why},`, node);
  /** Python uses the first entry of a name, so a later entry must not replace one that is left out. */
  const leftOut = new Set<string | undefined>();
  return parts.map((part, index) => {
    const entry = readEntry(source, part, node.items[index]);
    const name = entry.context?.name;
    if (!entry.context) leftOut.add(entry.problem?.context);
    if (name === undefined || !leftOut.has(name)) return entry;
    return leaveOut(name, source.lineOf(node.items[index]), "the entry of that name above it cannot be read");
  });
}

const FIELDS = {
  name: "its name",
  endpoint: "its endpoint",
  api_token: "its API token",
  email: "its e-mail",
};

function readEntry(source: Source, { node, fields, refusal }: Tree, item: unknown): Entry {
  const first = (isMap(item) && item.items[0]?.key) || item;
  const line = source.lineOf(first);
  if (!isMap(node))
    return leaveOut(undefined, line, "it is not a mapping; write its name, endpoint and API token");
  const read = (key: string) => readField(source, fields.get(key));
  const name = read("name")?.text;
  for (const [key, subject] of Object.entries(FIELDS)) {
    const why = whyUnusable(key, read(key));
    const place = source.lineOf(fields.get(key)?.key ?? first);
    if (why !== undefined) return leaveOut(name, place, `${subject} ${why}`);
  }
  if (refusal) return leaveOut(name, source.lineOf(refusal.node), `a part of it ${refusal.why}`);
  const token = read("api_token");
  const context = new Context({
    name: name ?? "",
    endpoint: read("endpoint")?.text ?? "",
    // Python reads a null token as this text.
    apiToken: token === null ? "None" : token?.text,
    email: read("email")?.text ?? null,
    line,
  });
  if (token !== undefined) return { context };
  const message = `context ${showName(name ?? "")} has no API token; log in again, because Python bentoml refuses the file`;
  return { context, problem: { line, message } };
}

function whyUnusable(key: string, value: Value | undefined): string | undefined {
  if (value) return value.why;
  if (key === "api_token" || key === "email") return undefined;
  return value === null ? "is empty, of which Python makes the text None; fill it in" : "is missing; add it";
}

function leaveOut(name: string | undefined, line: number, why: string): Entry {
  const entry = name === undefined ? "an entry" : `context ${showName(name)}`;
  const message = `${entry} is left out: ${why}`;
  return { problem: { line, message, ...(name === undefined ? { hides: "entry" } : { context: name }) } };
}

/** A list of logins under another key than `contexts`, which Python bentoml ignores. */
function findMisnamed(source: Source): Problem | undefined {
  const isLogin = (item: unknown) => isMap(item) && item.has("api_token");
  const found = source.root.items.find(({ value }) => isSeq(value) && value.items.some(isLogin));
  if (!found) return undefined;
  const key = isScalar(found.key) ? ` under the key ${showName(textOf(found.key))}` : "";
  const message = `the file has no \`contexts\` list, but a list of logins${key}; call it \`contexts\``;
  return { line: source.lineOf(found.key), message, hides: "list" };
}

function readCurrent(
  source: Source,
  { fields }: Tree,
): { current: ContextsFile["current"]; problem?: Problem } {
  const field = fields.get("current_context_name");
  if (!field) return { current: { name: DEFAULT_CURRENT, line: null } };
  const line = source.lineOf(field.key);
  const value = readField(source, field);
  const why = whyUnusable("current_context_name", value);
  if (why === undefined) return { current: { name: value?.text ?? "", line } };
  const message = `the current context is unknown: its name ${why}`;
  return { current: { name: DEFAULT_CURRENT, line }, problem: { line, message, current: true } };
}

/** Other reasons for which Python refuses the file: in unknown keys, and in values that a repeated key overrides. */
function readOthers(source: Source, { parts, fields }: Tree): Problem[] {
  const known = new Set(["contexts", "current_context_name"].map((key) => fields.get(key)?.value));
  return parts.flatMap((part) => {
    if (!part.refusal || known.has(part)) return [];
    const message = `Python bentoml refuses the whole file: what stands here ${part.refusal.why}`;
    return { line: source.lineOf(part.refusal.node), message };
  });
}
