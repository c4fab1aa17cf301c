import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Endpoint } from "../../src/contexts/endpoint.ts";
import { editProject, parseProject } from "../../src/resolve/bentorc.ts";

function parse(text: string) {
  const warnings: string[] = [];
  const project = parseProject(text, "/p/.bentorc", (message) => warnings.push(message));
  return { project, warnings };
}

/** Any name of a context in the file, except one with a line break. */
const anyName = fc.string({ unit: "binary", minLength: 1 }).filter((name) => !/[\r\n]/.test(name));

describe("parseProject", () => {
  test("reads the three keys with their values and lines", () => {
    const text = "# ours\ncontext=prod\n\nendpoint = https://x.test \norganization=acme\n";
    expect(parse(text)).toEqual({
      project: {
        path: "/p/.bentorc",
        lines: { context: 2, endpoint: 4, organization: 5 },
        context: "prod",
        endpoint: new Endpoint("https://x.test"),
        organization: "acme",
      },
      warnings: [],
    });
  });

  test.each(["context=", 'context=""', "context: prod"])("%s chooses nothing, and that is said", (line) => {
    const { project, warnings } = parse(`# 1\n${line}\n`);
    expect(project).toEqual({ path: "/p/.bentorc", lines: {} });
    expect(warnings).toEqual(["/p/.bentorc:2: context has no value, and is ignored; write context=NAME"]);
  });

  test.each([
    ["endpoint=  ", { endpoint: new Endpoint("") }],
    ['organization=""', { organization: "" }],
    ["organization: acme", { organization: "" }],
  ])("%s is a pin, which no context matches", (line, pin) => {
    const { project, warnings } = parse(`${line}\n`);
    const [key] = Object.keys(pin);
    expect(project).toMatchObject({ ...pin, lines: { [key!]: 1 } });
    expect(warnings).toEqual([
      expect.stringMatching(`:1: ${key} has no value, and matches no context; write ${key}=`),
    ]);
  });

  test.each(["__proto__=x", "__proto__.context=x", "constructor.prototype.context=x", "toString=x"])(
    "%s changes no prototype",
    (line) => {
      const { project, warnings } = parse(`${line}\n`);
      expect(project.context).toBeUndefined();
      expect(Object.getPrototypeOf(project)).toBe(Object.prototype);
      expect(({} as Record<string, unknown>)["context"]).toBeUndefined();
      expect(warnings).toHaveLength(1);
    },
  );

  test("fails only for text with a credential", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        try {
          parse(text);
        } catch (error) {
          expect(String(error)).toContain("holds a credential");
        }
      }),
    );
  });
});

describe("editProject", () => {
  test("every name is read back as it was written", () => {
    fc.assert(
      fc.property(anyName, (context) => {
        const { project } = parse(editProject("", { context }));
        expect(project.context).toBe(context);
      }),
    );
  });

  test("keeps other lines byte for byte, also after unlinking", () => {
    const line = fc.constantFrom(
      "# comment",
      "",
      "colour=blue",
      "; x",
      "  indented = y",
      "free text",
      "context: x",
      "# context=x",
    );
    const end = fc.constantFrom("\n", "\r\n");
    fc.assert(
      fc.property(fc.array(fc.tuple(line, end), { minLength: 1 }), anyName, (lines, context) => {
        const text = lines.map((pair) => pair.join("")).join("");
        const linked = editProject(text, { context, endpoint: "https://x.test" });
        if (text.trim() !== "") expect(linked).toStartWith(text);
        expect(editProject(linked, {}).trim()).toBe(text.trim());
      }),
    );
  });

  test("a name with a line break cannot add a line", () => {
    expect(() => editProject("", { context: "a\nendpoint=https://evil.test" })).toThrow("line breaks");
  });
});
