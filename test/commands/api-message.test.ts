import { describe, expect, test } from "bun:test";
import { writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { echoPerTest } from "../support/echo.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();
const startEcho = echoPerTest();

interface Given {
  stdin?: string;
  files?: Record<string, string | Uint8Array>;
  path?: string;
}

/** Sends a request and gives what reached the server. */
async function sent(args: string[], { stdin, files = {}, path = "/x" }: Given = {}) {
  const echo = await startEcho();
  const here = home();
  const token = canary();
  for (const [name, text] of Object.entries(files)) writeBelow(here.path, name, text);
  writeContexts(here, [{ name: "mine", endpoint: echo.url, token }]);
  const result = await run(["api", path, ...args], { home: here, stdin: stdin ?? null });
  const [request] = echo.seen;
  const type = request?.headers["content-type"];
  return { ...result, token, request, type, text: request?.body.toString(), count: echo.seen.length };
}

const fields = (...written: string[]) => written.flatMap((one) => ["-F", one]);

describe("the method", () => {
  test.each([
    [[], "GET"],
    [["-f", "a=b"], "POST"],
    [["-F", "a=1"], "POST"],
    [["--input", "-"], "POST"],
    [["-X", "get", "-f", "a=b"], "GET"],
    [["--method", "PATCH"], "PATCH"],
    [["-XPUT", "-f", "a=b"], "PUT"],
    [["-X=delete"], "DELETE"],
    [["-X", "OPTIONS"], "OPTIONS"],
  ])("%p is %s", async (args, method) => {
    const { code, request } = await sent(args);
    expect({ code, method: request?.method }).toEqual({ code: 0, method });
  });

  test.each([["CONNECT"], ["trace"], ["GET\r\nX: y"], ["G T"], [""]])("%p is refused", async (method) => {
    expect(await sent([`--method=${method}`])).toMatchObject({ code: 2, stdout: "", count: 0 });
  });
});

describe("fields", () => {
  test.each([
    [["-f", "a=1", "-f", "b=true"], '{"a":"1","b":"true"}'],
    [fields("a=1", "b=true", "c=false", "d=null", "e=x"), '{"a":1,"b":true,"c":false,"d":null,"e":"x"}'],
    [fields("a=-1.50e3", "b=1234567890123456789", "c=1.0"), '{"a":-1.50e3,"b":1234567890123456789,"c":1.0}'],
    [fields("a=01", "b=+1", "c=.5", "d=0x1", "e=1 "), '{"a":"01","b":"+1","c":".5","d":"0x1","e":"1 "}'],
    [fields("a=", "b=NaN"), '{"a":"","b":"NaN"}'],
    [fields("a=b=c[d]=e"), '{"a":"b=c[d]=e"}'],
    [fields("a[b]=1", "a[c][d]=2"), '{"a":{"b":1,"c":{"d":2}}}'],
    [fields("a[]=x", "a[]=2", "a[]=null"), '{"a":["x",2,null]}'],
    [fields("a[]"), '{"a":[]}'],
    [fields("a[][b]=1", "a[][c]=2", "a[][b]=3"), '{"a":[{"b":1,"c":2},{"b":3}]}'],
    [fields("a[][b][]=1", "a[][b][]=2"), '{"a":[{"b":[1,2]}]}'],
    [["-f", "s[]=api", "-f", "s[]=read_cluster", "-f", "name=n"], '{"s":["api","read_cluster"],"name":"n"}'],
    [fields("__proto__[polluted]=1", "constructor=2"), '{"__proto__":{"polluted":1},"constructor":2}'],
    [["-f", "ключ=значение 🍱"], '{"ключ":"значение 🍱"}'],
  ])("%p are the body %s", async (args, body) => {
    expect(await sent(args)).toMatchObject({ code: 0, text: body, type: "application/json" });
  });

  test("are added to the query of a GET", async () => {
    const args = ["-X", "GET", "-f", "q=a b&c", ...fields("all=true", "n=null", "x[]=1", "x[]=2", "y[z]=é")];
    const { request, text } = await sent(args, { path: "/x?first=%20+1" });
    expect({ url: request?.url, text }).toEqual({
      url: "/x?first=%20+1&q=a+b%26c&all=true&n=&x%5B%5D=1&x%5B%5D=2&y%5Bz%5D=%C3%A9",
      text: "",
    });
  });

  test("read a value from a file or from standard input, unchanged", async () => {
    const files = { "note.txt": "line\n12\n" };
    const { text } = await sent(fields("a=@note.txt", "b=@-"), { files, stdin: "\ufefftrue" });
    expect(JSON.parse(text!)).toEqual({ a: "line\n12\n", b: "\ufefftrue" });
  });

  test("do not read a file for -f", async () => {
    expect((await sent(["-f", "a=@note.txt"])).text).toBe('{"a":"@note.txt"}');
  });

  test.each([
    [["-f", "secretword"]],
    [["-F", "=x"]],
    [["-F", "[a]=x"]],
    [["-F", "a[b=x"]],
    [["-F", "a]=x"]],
    [["-F", "a[b]c=x"]],
    [["-F", "a[b]"]],
    [fields("a=1", "a=2")],
    [fields("a=1", "a[b]=2")],
    [fields("a[]=1", "a[b]=2")],
    [fields("a[b]=1", "a[]=2")],
    [fields("a=@missing")],
    [fields("a=@latin")],
    [fields("a=@.")],
    [fields("a=@-", "b=@-")],
    [["-F", "a=@-", "--input", "-"]],
  ])("%p are refused before anything is sent", async (args) => {
    const { code, stdout, stderr, count } = await sent(args, { files: { latin: new Uint8Array([0xe9]) } });
    expect({ code, stdout, count }).toEqual({ code: 2, stdout: "", count: 0 });
    expect(stderr).not.toContain("secretword");
  });
});

describe("--input", () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 31) % 256);

  test("is the body, byte for byte, and fields go to the query", async () => {
    const files = { "bento.tar": bytes };
    const { request, type } = await sent(["--input", "bento.tar", "-f", "a=b"], { files });
    expect(request?.body.equals(bytes)).toBe(true);
    expect({ url: request?.url, type, length: request?.headers["content-length"] }).toEqual({
      url: "/x?a=b",
      type: "application/json",
      length: "100000",
    });
  });

  test("reads standard input for -", async () => {
    expect(await sent(["--input", "-"], { stdin: '{"a": 1}' })).toMatchObject({ text: '{"a": 1}' });
  });

  test("has the content type that -H gives", async () => {
    const args = ["--input", "-", "-H", "content-type: application/octet-stream"];
    expect((await sent(args)).type).toBe("application/octet-stream");
  });

  test.each([[["-X", "GET"]], [["-X", "HEAD"]]])("is refused with %p", async (args) => {
    expect(await sent(["--input", "-", ...args])).toMatchObject({ code: 2, count: 0 });
  });

  test.each(["missing", "."])("refuses %p, which cannot be read", async (name) => {
    expect(await sent(["--input", name])).toMatchObject({ code: 2, count: 0 });
  });
});

describe("headers", () => {
  test("are sent with ours, and Accept replaces ours", async () => {
    const args = ["-H", "X-One:1", "-H", "x-two:  b : c ", "-H", "Accept: text/plain", "-H", "X-One: 2"];
    const { request, token } = await sent(args);
    expect(request?.headers).toMatchObject({ "x-one": "1, 2", "x-two": "b : c", accept: "text/plain" });
    expect(request?.headers["x-yatai-api-token"] === token).toBe(true);
    expect(request?.headers["user-agent"]).toStartWith("bentocloud/");
  });

  test.each([
    "X-YATAI-API-TOKEN: other",
    "x-yatai-api-token:other",
    "X-Yatai-Api-Token : other",
    "Host: evil.test",
    "Content-Length: 0",
    "Transfer-Encoding: chunked",
    "Connection: close",
    "Accept-Encoding: gzip",
    "Proxy-Authorization: other",
    "X: a\r\nX-YATAI-API-TOKEN: other",
    "X: a\nY: b",
    "X: a\u007f",
    "X: \u0100",
    "X\r\nY: b",
    "X Y: b",
    ": b",
    "other",
    "",
  ])("%p is refused before anything is sent, and not repeated", async (header) => {
    const { code, stdout, stderr, count } = await sent([`--header=${header}`]);
    expect({ code, stdout, count }).toEqual({ code: 2, stdout: "", count: 0 });
    expect(stderr).not.toContain("other");
  });
});
