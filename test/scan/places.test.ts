import { expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeContexts } from "../store/fixture.ts";
import { home } from "../support/bin.ts";
import { canary, registerCanary, sweepCanaries } from "../support/sweep.ts";
import { type Found, homeWithTokens, PLANTED, repository, scan } from "./repository.ts";
import { PLACES, plant } from "./sixteen-places.ts";

sweepCanaries(PLANTED);

const hex = (letter: string) => letter.charCodeAt(0).toString(16);
const base64 = (text: string) => Buffer.from(text).toString("base64");

/** Further ways to write a token, each in a file that a later commit removes. */
const ENCODED: [encoding: string, (token: string) => string | Buffer][] = [
  ["plain", (token) => `token: ${token}`],
  ["base64", (token) => base64(token)],
  ["base64", (token) => base64(`x${token}`)],
  ["base64", (token) => base64(`xx${token}`)],
  ["base64", (token) => base64(token).replace(/^.{12}/, "$&\r\n")],
  ["percent", (token) => token.replaceAll(/./g, (letter) => `%${hex(letter)}`)],
  ["percent", (token) => token.replaceAll(/./g, (letter) => `%${hex(letter).toUpperCase()}`)],
  ["utf-16", (token) => Buffer.from(token, "utf16le")],
  ["utf-16", (token) => Buffer.from(token, "utf16le").swap16()],
];
/** Of a token with characters that these spell in another way. */
const ODD = 'odd>?>?~~"token\\1';
const ENCODED_ODD: typeof ENCODED = [
  ["base64url", (token) => Buffer.from(token).toString("base64url")],
  ["percent", (token) => encodeURIComponent(token)],
  ["json", (token) => JSON.stringify({ token })],
];

test("scan: finds a token in each of sixteen places and in each encoding, and prints none", async () => {
  const tokens = Array.from({ length: PLACES.length + ENCODED.length }, () => canary());
  const all = [...tokens, registerCanary(ODD)];
  const here = home();
  writeContexts(
    here,
    all.map((token, index) => ({ name: `c${index}`, endpoint: "https://cloud.test", token })),
  );
  const repo = repository(here);
  for (const [index, [, encode]] of ENCODED.entries())
    repo.write(`encoded/${index}`, encode(tokens[PLACES.length + index]!));
  for (const [index, [, encode]] of ENCODED_ODD.entries()) repo.write(`odd/${index}`, encode(ODD));
  repo.commit("encoded");
  repo.git("rm", "-r", "--quiet", "encoded", "odd");
  plant(repo, tokens);
  const { code, findings, skipped } = await scan(repo, ["--history", "--home"]);
  expect(code).toBe(1);
  const found = PLACES.map(([place, how], index) => {
    const own = findings.filter(({ context }) => context === `c${index}`);
    const fits = own.some((one) =>
      Object.entries(how).every(([key, value]) => one[key as keyof Found] === value),
    );
    return fits ? place : { place, own };
  });
  expect(found).toEqual(PLACES.map(([place]) => place));
  const encodingsIn = (folder: string, rows: typeof ENCODED) =>
    rows.map((_, index) => findings.find(({ path }) => path === `${folder}/${index}`)?.encoding);
  expect(encodingsIn("encoded", ENCODED)).toEqual(ENCODED.map(([encoding]) => encoding));
  expect(encodingsIn("odd", ENCODED_ODD)).toEqual(ENCODED_ODD.map(([encoding]) => encoding));
  expect(skipped.filter(({ incomplete }) => incomplete)).toEqual([]);
});

test("scan --home: looks at histories, settings, notebooks and transcripts, but not at the contexts file", async () => {
  const files = [
    ".bash_history",
    ".zsh_history",
    ".python_history",
    ".local/share/fish/fish_history",
    ".netrc",
    ".claude/projects/x/session.jsonl",
    ".config/Code/User/History/1/abc.txt",
    "work/analysis.ipynb",
    "work/.env",
    "work/.ipynb_checkpoints/analysis-checkpoint.ipynb",
  ];
  const { here, tokens } = homeWithTokens(1);
  for (const file of files) {
    mkdirSync(join(here.path, file, ".."), { recursive: true });
    writeFileSync(join(here.path, file), `x\nTOKEN=${tokens[0]}\n`);
  }
  writeFileSync(join(here.path, "work/other.txt"), tokens[0]!);
  const { code, findings } = await scan({ home: here, path: here.path }, ["--home"]);
  expect(code).toBe(1);
  expect(findings.map(({ path }) => path!).toSorted()).toEqual(files.map((file) => join(file)).toSorted());
  expect(new Set(findings.map(({ line }) => line))).toEqual(new Set([2]));
});

test.skipIf(process.platform === "win32")(
  "scan --home: follows links, because settings are often some",
  async () => {
    const { here, tokens } = homeWithTokens(1);
    const files = ["dotfiles/nushell/history.txt", "dotfiles/zshrc"];
    mkdirSync(join(here.path, "dotfiles/nushell"), { recursive: true });
    for (const file of files) writeFileSync(join(here.path, file), `TOKEN=${tokens[0]}\n`);
    mkdirSync(join(here.path, ".config"));
    const links = {
      ".config/nushell": "../dotfiles/nushell",
      ".zshrc": "dotfiles/zshrc",
      ".profile": "nowhere",
      ".bashrc": ".bashrc",
      // Tokens belong there.
      ".zprofile": here.file,
    };
    for (const [name, target] of Object.entries(links)) symlinkSync(target, join(here.path, name));
    const { code, findings, skipped } = await scan({ home: here, path: here.path }, ["--home"]);
    expect(code).toBe(1);
    expect(findings.map(({ path }) => path!).toSorted()).toEqual(files);
    expect(skipped.map(({ reason }) => reason)).toEqual([expect.stringContaining("loop of symbolic links")]);
  },
);
