import fc from "fast-check";
import { pick } from "./documents.ts";

const GOOD = [
  `contexts:
- api_token: t1
  email: 'a@b'
  endpoint: https://a
  name: a
- api_token: t2
  email: null
  endpoint: https://b
  name: b
current_context_name: a
`,
  `# logins
--- # doc
other: &o {x: 1, "y": [a, b]}
contexts:
  - name: "a"   # short
    api_token: >-
      t1
      t2
    <<: *o
    endpoint: 'it''s
      folded'
  -
    name: b
    api_token: z
    endpoint: &t plain
      text
    note: |
      keep

      me

current_context_name:   a # for now
...
`,
  `{"contexts": [
  {"name": "a", "api_token": "t1", "email": null, "endpoint": "https://a"},
  {"name": "b", "api_token": "t\\u00e9", "email": "x", "endpoint": "https://b"}
 ], "current_context_name": "a"}
`,
];

const piece = pick(
  " ¦  ¦\n¦'¦\"¦#¦ #¦: ¦:¦- ¦? ¦,¦[¦]¦{¦}¦&a ¦*a¦!!str ¦!x ¦! ¦|¦>¦|-\n¦>+\n¦<<¦=¦\t¦\\¦\r\n¦\r¦---\n¦...\n",
  "--- ¦%YAML 1.1\n¦%¦~¦\n\n¦\n  ¦yes¦0x1F¦2024-13-01¦é¦😀¦\ufeff¦@¦`¦null¦''¦[]¦{}¦: x¦name: ¦\n- ",
  "\\x41¦\\\n¦<<: *o\n¦*t ",
);

/** A valid file with one to three typing errors. */
export const damagedDocument = fc.constantFrom(...GOOD).chain((good) => {
  const slip = fc.tuple(fc.nat(good.length), fc.nat(4), piece);
  return fc
    .array(slip, { minLength: 1, maxLength: 3 })
    .map((slips) =>
      slips.reduce((text, [at, gone, put]) => text.slice(0, at) + put + text.slice(at + gone), good),
    );
});
