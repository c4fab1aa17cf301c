import fc from "fast-check";

// Contexts files in many forms of YAML: most of each file is usual, with some unusual parts.

type Text = fc.Arbitrary<string>;

/** Chooses one of several texts that are separated by bars. */
export function pick(...lists: string[]): Text {
  return fc.constantFrom(...lists.flatMap((list) => list.split("¦")));
}

function joined(...parts: (Text | string)[]): Text {
  return fc
    .tuple(...parts.map((part) => (typeof part === "string" ? fc.constant(part) : part)))
    .map((all) => all.join(""));
}

/** `usual` in most cases. */
function mostly(usual: string, odd: Text, weight = 12): Text {
  return fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: odd });
}

const word = pick(
  "a¦x y¦é¦https://a:8/x?y#z¦it's¦a#b¦a:b¦- a¦[z]¦a, b¦¦-z¦!k¦b - c¦yes¦No¦null¦~¦0123¦1_000",
  "1.10¦1e3¦12:30¦2024-01-01¦2024-13-01¦=¦<<¦.inf",
);
const margin = pick("\n¦\n   ¦\n\n  ¦  \n  ¦ \n      ");
const escape = pick("\\n¦\\x41¦\\u00e9¦\\U0001F600¦\\/¦\\ ¦\\\n  ¦ \\\n\\ ¦\\q¦\\x4¦\\N\\_\\L\\P¦\\ud83d¦\t");
const inSingleQuotes = word.map((text) => text.replaceAll("'", "''"));
const double = joined('"', word, fc.oneof(escape, margin), word, '"');
const single = joined("'", inSingleQuotes, fc.oneof(margin, pick("''¦\\¦\t")), "z'");
const plain = joined(word, margin, word);
const collection = pick("[]¦{}¦[a, 1]¦{a: ~}¦[a: b]¦{a, 'b'}¦*x¦*none");
const tag = pick(
  "!!str ¦!!int ¦!!bool ¦!!null ¦!!float ¦!!timestamp ¦!!map ¦!!seq ¦! ¦!x ¦!<tag:yaml.org,2002:str> ",
);
const blockLine = joined(pick("      ¦       ¦    "), pick("a¦b c¦¦ ¦# x¦k: v¦- x¦\td"));
const block = fc
  .tuple(pick("|¦>¦|-¦>-¦|+¦>+¦|2¦| # c¦>- "), fc.array(blockLine, { maxLength: 4 }))
  .map((lines) => lines.flat().join("\n"));

const flowValue = fc.oneof(word, double, single, plain, collection, joined(tag, word));
const blockValue = fc.oneof(
  flowValue,
  block,
  joined(pick("&a ¦&b ¦&a\n    "), fc.oneof(word, block)),
  joined(tag, block),
  fc.constant("\n     - a\n     - 1"),
);

/** How the fields of an entry may be written; `KEY` stands for the name of one. */
interface Style {
  keys: string;
  value: Text;
  /** After a value. */
  end: Text;
  /** Further fields. */
  extra: Text;
}

const KEYS = "KEY : ¦\"KEY\":  ¦'KEY' : ¦!!str KEY: ¦&kKEY KEY: ";
const BLOCK: Style = {
  keys: `${KEYS}¦? KEY\n: ¦? "KEY" # key\n:   `,
  value: blockValue,
  end: pick(" # c¦#c¦\n# above"),
  extra: pick(
    "# c¦¦note: {a: [1, 2]}¦note: !x y¦<<: *x¦<<: [*x, *y]¦n: =¦~: z¦? [a]\n: b¦1: 2¦? only¦name: twice",
    "note:\n  - a\n  - b: c",
  ),
};
const FLOW: Style = {
  keys: `${KEYS}¦? KEY : ¦"KEY":¦"KEY"\n : `,
  value: flowValue,
  end: pick(" ¦\n¦\n  ¦ # c\n"),
  extra: pick('"n": 1¦k¦? k¦<<: *x¦<<: {email: z}¦"a": {"b": [{"c": null}]}¦a: [b, c: d]¦: z¦"x"::y¦'),
};

function field(key: string, usual: string, { keys, value, end }: Style): Text {
  const styles = pick(...keys.split("¦").map((style) => style.replaceAll("KEY", key)));
  return joined(mostly(`${key}: `, styles), mostly(usual, value), mostly("", end));
}

function entry(number: number, style: Style): fc.Arbitrary<string[]> {
  const fields = fc.tuple(
    field("name", `n${number}`, style),
    field("endpoint", `https://e${number}.test`, style),
    field("api_token", `token${number}`, style),
    field("email", "null", style),
    style.extra,
  );
  return fc
    .tuple(fields, fc.nat(5))
    .chain(([all, few]) => fc.shuffledSubarray(all, { minLength: few === 0 ? 3 : 5 }));
}

const dash = pick("- ¦  - ¦-   ¦-\n  ¦- # c\n   ¦- !!map\n  ¦- &e\n  ");
function blockItem(number: number): Text {
  return fc.tuple(entry(number, BLOCK), dash).map(([fields, before]) => {
    const indent = " ".repeat((before.split("\n").at(-1) ?? "").length);
    const lines = fields.flatMap((one) => one.split(/\n(?=[:?#])/));
    return `${before}${lines.join(`\n${indent}`)}\n`;
  });
}

function flowItem(number: number): Text {
  const comma = pick(", ¦,¦,\n  ¦ ,¦, # c\n");
  return fc
    .tuple(entry(number, FLOW), comma, mostly("", fc.constant(",")))
    .map(([fields, between, last]) => `{${fields.join(between)}${last}}`);
}

const ANCHORS = "x: &x {email: m, k: v}\ny: &y {email: q, endpoint: z}\n";
const HEADS = "---\n¦%YAML 1.1\n---\n¦%YAML 1.2\n--- # d\n¦\ufeff¦# head\n¦\n\n¦--- !!map\n";
const head = mostly("", pick(HEADS), 4);
const LISTS = "contexts: # c\n¦'contexts':\n¦contexts: !!seq\n¦contexts: &l\n¦? contexts\n:\n";
const list = mostly("contexts:\n", pick(LISTS), 4);
const current = mostly(
  "current_context_name: n1\n",
  pick(
    "'current_context_name' : n2 # c\n¦¦? current_context_name\n: n2\n¦current_context_name: >-\n  n1\n",
    "current_context_name:\n",
  ),
  4,
);
const tail = mostly("", pick("...\n¦... # end\n¦# end¦\n\n¦...\n...\n¦  # x\n¦---\n"), 4);

const firstItem = fc.oneof(blockItem(1), joined("- ", flowItem(1), "\n"));
const inBlocks = joined(head, ANCHORS, list, firstItem, blockItem(2), current, tail);
const inBrackets = fc
  .tuple(flowItem(1), flowItem(2), current)
  .chain(([first, second, end]) =>
    fc.constantFrom(
      `{"contexts": [${first}, ${second}], "current_context_name": "n1"}\n`,
      `{\n  "contexts": [\n${first},\n${second}\n],\ncurrent_context_name: n1\n}`,
      `${ANCHORS}contexts: [${first},\n${second},]\n${end}`,
      `contexts:\n [${first}\n,${second}\n]\n${end}`,
    ),
  );

/** A contexts file in some layout, a third of which Python can read. */
export const anyDocument = fc
  .tuple(fc.oneof(inBlocks, inBrackets), mostly("\n", pick("\r\n¦\r"), 4))
  .map(([text, eol]) => text.replaceAll("\n", eol));
