import { findContext, hasToken } from "../../contexts/context.ts";
import { ENVIRONMENT_NAME, showName } from "../../contexts/name.ts";
import { quoteWord } from "../../system/text.ts";
import type { Store } from "../../store/store.ts";
import { type ContextsFile, DEFAULT_CURRENT, type Problem } from "../../yaml/contexts-file.ts";
import { problemWith } from "../../yaml/read.ts";
import { attempt, type Check, fail, ok, warn } from "../check.ts";
import { contextName, counted, join, list, open, secret, type Text, text } from "../report.ts";

interface Entries extends ContextsFile {
  store: Store;
}

const listNames = (names: readonly string[]): Text => list(names.map((name) => contextName(name)));

const describe = ({ line, message }: Problem): Text => text`line ${line}: ${message}`;
const correct = ({ paths }: Store): Text => text`correct ${secret("path", paths.file)}`;

/** Contexts that another program removed and that are still missing. Only `restore` brings one back. */
const lost: Check<Entries> = {
  id: "lost",
  async run({ contexts, store }) {
    const losses = await store.losses();
    const names = [...new Set(losses.flatMap((loss) => loss.contexts))];
    if (names.length === 0) return ok(text`no context is lost`);
    const removed = names.filter((name) => !findContext(contexts, name));
    const reverted = names.filter((name) => !removed.includes(name));
    const parts = [
      removed.length > 0 && text`removed ${counted(removed.length, "context")}: ${listNames(removed)}`,
      reverted.length > 0 &&
        text`put ${counted(reverted.length, "context")} back to an older login: ${listNames(reverted)}`,
    ].filter((part) => part !== false);
    const message = text`another program ${join(parts)}`;
    const hint = join(losses.map(({ id }) => open(`bentocloud restore ${id}`)));
    return contexts.length === 0 ? fail(message, hint) : warn(message, hint);
  },
};

/** Entries that share a name. Python bentoml uses the first one, as this program does. */
const names: Check<Entries> = {
  id: "names",
  async run({ contexts, store }) {
    const groups = [...Map.groupBy(contexts, ({ name }) => name)];
    const shared = groups.flatMap(([name, [, ...later]]) => {
      const lines = later.map(({ line }) => open(`line ${line}`));
      return later.length > 0 ? [text`${contextName(name)} (again on ${list(lines)})`] : [];
    });
    if (shared.length === 0) return ok(text`every context has a different name`);
    return warn(
      text`only the first of several contexts with the same name is used: ${list(shared)}`,
      text`rename or remove the later ones in ${secret("path", store.paths.file)}`,
    );
  },
};

/** Contexts without an API token. If the key `api_token` is missing, Python bentoml refuses the whole file. */
const tokens: Check<Entries> = {
  id: "tokens",
  async run({ contexts }) {
    if (contexts.length === 0) return ok(text`there are no contexts yet`);
    const without = [...new Set(contexts.filter((one) => !hasToken(one)).map(({ name }) => name))];
    const [first] = without;
    if (first === undefined) return ok(text`${counted(contexts.length, "context")} with an API token`);
    const name = contextName(first, quoteWord(first));
    return fail(
      text`${counted(without.length, "context")} without an API token: ${listNames(without)}`,
      text`bentocloud login --context=${name}, or bentocloud logout ${name}`,
    );
  },
};

/** Whether the current context exists. */
const current: Check<Entries> = {
  id: "current",
  async run(entries) {
    const { contexts, current, problems, store } = entries;
    const hiding = findContext(contexts, current.name) ? undefined : problems.find(({ hides }) => hides);
    const problem = problemWith(entries, null) ?? hiding;
    // No repair: the entry exists and only has to be corrected.
    if (problem) return fail(text`the current context cannot be used: ${describe(problem)}`, correct(store));
    const { name, line } = current;
    const isEnvironment = name === ENVIRONMENT_NAME;
    if (findContext(contexts, name)) {
      if (!isEnvironment) return ok(text`"${contextName(name)}"`);
      const hint = text`bentocloud context rename ${open(ENVIRONMENT_NAME)} NAME`;
      return warn(text`a stored context has the name of the environment's credential, __env__`, hint);
    }
    const isEmpty = contexts.length === 0;
    if (isEmpty && problems.length === 0 && name === DEFAULT_CURRENT)
      return ok(text`there are no contexts yet`);
    const use = text`bentocloud use NAME (\`bentocloud context list\` shows them)`;
    const hint = isEmpty ? text`bentocloud login` : use;
    if (line === null) return warn(text`no context is current`, hint);
    const message = isEnvironment
      ? text`the current context is __env__, a name that Python bentoml writes but no context has`
      : text`the current context is ${contextName(name, showName(name))}, which does not exist`;
    return { ...fail(message, hint), repair: () => clearCurrent(store) };
  },
};

/** Changes nothing if an existing context was made current in the meantime. */
async function clearCurrent(store: Store): Promise<Text> {
  await store.update((file) => {
    const isStored = problemWith(file, null) ?? findContext(file.contexts, file.current.name);
    return { changes: isStored ? [] : [{ kind: "use", name: null }] };
  });
  return text`removed a current context that does not exist`;
}

/** Values that Python bentoml would read differently from how they are written, or not at all. */
const values: Check<Entries> = {
  id: "values",
  async run({ problems, store }) {
    if (problems.length === 0) return ok(text`Python bentoml reads every value as it is written`);
    return warn(list(problems.map(describe), { separator: "; ", most: 3 }), correct(store));
  },
};

/** Checks of the entries. For a file that cannot be read they report nothing, because the check `file` does. */
export const entryChecks: Check[] = [lost, names, tokens, current, values].map(({ id, run }) => ({
  id,
  async run({ store }) {
    const file = await attempt(() => store.read());
    return file && run({ ...file, store });
  },
}));
