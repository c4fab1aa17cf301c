import type { ConsolaInstance } from "consola/core";
import type { CliError } from "../errors.ts";
import { paint, PREFIXES, type Tone } from "./paint.ts";
import { redactFields, safe } from "./redact.ts";
import { STDERR, STDOUT, write, writeLine } from "./stream.ts";
import type { Cell, Field } from "./table.ts";
import { cleanLines, toAsciiMarks, toSafeJson } from "./text.ts";

interface OutputOptions {
  json: boolean;
  quiet: boolean;
  debug: boolean;
  /** Whether a stream may be coloured; asked only when something has a colour. */
  color: (descriptor: number) => boolean;
  /** Whether marks such as ✓ may be printed; false where the locale is not UTF-8. */
  unicode: boolean;
}

const ADDRESS = /\bhttps?:\/\/[^\s;,]+/g;

/**
 * stdout carries the answer, stderr carries the conversation. Every text loses what could drive a terminal and every
 * token that this process knows, and only then gets its colours. The exceptions are `page`, `bytes` and `secret`.
 */
export class Output {
  readonly #options: OutputOptions;
  #consola: ConsolaInstance | undefined;
  /** Set by the first message that needs consola, which is loaded late; from then on every message waits its turn. */
  #spoken: Promise<void> | undefined;
  /** With `--json`, stderr holds one error object or nothing structured, so warnings wait for the end. */
  readonly #held: { text: string; always: boolean }[] = [];

  constructor(options: OutputOptions) {
    this.#options = options;
  }

  get json(): boolean {
    return this.#options.json;
  }

  get unicode(): boolean {
    return this.#options.unicode;
  }

  /** One value for scripts. Keys are snake_case. */
  data(value: unknown): void {
    writeLine(STDOUT, toSafeJson(value, redactFields));
  }

  /** One line of the answer. */
  line(text: string): void {
    writeLine(STDOUT, safe(text));
  }

  /** Text of our own, for example help, which may have colours. */
  page(text: string): void {
    writeLine(STDOUT, this.#marks(text));
  }

  /** A heading for `page`. */
  title(text: string): string {
    return this.#paint(text, "bold", STDOUT);
  }

  /** A line with a token, because the user asked for exactly that. False when nobody reads it. */
  secret(text: string): boolean {
    return write(STDOUT, `${text}\n`);
  }

  /** JSON with a token, because the user asked for exactly that. False when nobody reads it. */
  secretData(value: unknown): boolean {
    return this.secret(toSafeJson(value));
  }

  /** A server's answer byte for byte, because the user asked for exactly that. False when nobody reads on. */
  bytes(data: Uint8Array): boolean {
    return write(STDOUT, data);
  }

  /** A server's whole answer for a terminal: JSON is indented. */
  async screen(text: string): Promise<void> {
    const { showOnScreen } = await import("./screen.ts");
    for (const piece of showOnScreen(text)) if (!write(STDOUT, piece)) return;
  }

  /** Lines or a part of a server's answer for a terminal. False when nobody reads on. */
  text(text: string): boolean {
    return write(STDOUT, cleanLines(text));
  }

  /** Labels and values, aligned. */
  fields(rows: readonly Field[]): void {
    const width = Math.max(...rows.map(([label, value]) => (value === null ? 0 : label.length)));
    for (const [label, text, tone] of rows) {
      if (text === null) continue;
      writeLine(STDOUT, `${this.#paint(label.padEnd(width), "dim", STDOUT)}  ${this.#cell({ text, tone })}`);
    }
  }

  /** Aligned columns; an empty header is left out. */
  async table(header: readonly string[], rows: readonly (readonly Cell[])[]): Promise<void> {
    const { alignColumns } = await import("./table.ts");
    const heading = header.map((text): Cell => ({ text, tone: "dim" }));
    const lines = header.length === 0 ? rows : [heading, ...rows];
    for (const line of alignColumns(lines.map((row) => row.map((cell) => this.#cell(cell)))))
      writeLine(STDOUT, line);
  }

  success(text: string): void {
    if (!this.json) this.#say("success", text);
  }

  info(text: string): void {
    if (!this.json) this.#say("info", text);
  }

  /** Printed also with `--json`: the user must read it for the command to go on. Addresses in it stand out. */
  prompt(text: string): void {
    this.#print("prompt", text);
  }

  hint(text: string): void {
    if (!this.json && !this.#options.quiet) this.#print("hint", text);
  }

  /** `always` is for what is not said again: it is printed also with `--quiet`. */
  warn(text: string, { always = false } = {}): void {
    if (this.json) this.#held.push({ text, always });
    else this.#warn(text, always);
  }

  debug(text: string): void {
    for (const line of text.split("\n")) this.#say("debug", line);
  }

  /** The error of this run: two lines for people, one object for programs. */
  failure({ code, message, hint, exitCode }: Pick<CliError, "code" | "message" | "hint" | "exitCode">): void {
    if (!this.json) {
      this.#print("error", message);
      if (hint) this.#print("hint", hint);
      return;
    }
    const warnings = this.#held.splice(0).map(({ text }) => safe(text));
    const error = { code, message: safe(message), hint: hint ? safe(hint) : null, exit_code: exitCode };
    const all = warnings.length > 0 ? { ...error, warnings } : error;
    this.#speak(() => writeLine(STDERR, JSON.stringify({ error: all })));
  }

  /** Tells the runner of a GitHub job, which reads stderr for commands, to hide this token in its logs. */
  maskForGitHub(token: string): void {
    const escapes: Record<string, string> = { "%": "%25", "\r": "%0D", "\n": "%0A" };
    const data = token.replaceAll(/[%\r\n]/g, (character) => escapes[character] ?? "");
    this.#speak(() => writeLine(STDERR, `::add-mask::${data}`));
  }

  /** Replaces the line that a person waits on; an empty text removes it. For terminals only. */
  progress(text: string): void {
    this.#speak(() => void write(STDERR, `\r\u001b[2K${safe(text)}`));
  }

  /** Resolves when every message so far is written. */
  async settle(): Promise<void> {
    await this.#spoken;
  }

  /** Writes the warnings that `--json` held back, and settles. */
  finish(): Promise<void> {
    for (const { text, always } of this.#held.splice(0)) this.#warn(text, always);
    return this.settle();
  }

  #warn(text: string, always: boolean): void {
    if (always) this.#print("warn", text);
    else this.#say("warn", text);
  }

  #say(type: "success" | "info" | "warn" | "debug", text: string): void {
    const { debug, quiet } = this.#options;
    if (type === "debug" ? !debug : quiet && !debug) return;
    this.#spoken ??= this.#loadConsola();
    this.#speak(() => this.#consola?.[type](text));
  }

  async #loadConsola(): Promise<void> {
    const { createConsola, LogLevels } = await import("consola/core");
    this.#consola = createConsola({
      level: LogLevels.debug,
      throttle: 0,
      reporters: [{ log: ({ type, args }) => writeLine(STDERR, this.#sentence(type, String(args[0]))) }],
    });
  }

  #print(type: string, text: string): void {
    this.#speak(() => writeLine(STDERR, this.#sentence(type, text)));
  }

  #speak(speak: () => void): void {
    if (this.#spoken) this.#spoken = this.#spoken.then(speak);
    else speak();
  }

  #sentence(type: string, text: string): string {
    if (type === "debug") return this.#paint(`debug: ${safe(text)}`, "dim", STDERR);
    const prefix = PREFIXES[type];
    const sentence = prefix ? `${this.#paint(...prefix, STDERR)} ${safe(text)}` : safe(text);
    const isPrompt = type === "prompt";
    return this.#marks(
      isPrompt ? sentence.replaceAll(ADDRESS, (url) => this.#paint(url, "bold", STDERR)) : sentence,
    );
  }

  #marks(text: string): string {
    return this.#options.unicode ? text : toAsciiMarks(text);
  }

  #cell(cell: Cell): string {
    const { text, tone } = typeof cell === "string" ? { text: cell } : cell;
    const shown = this.#marks(safe(text));
    return tone ? this.#paint(shown, tone, STDOUT) : shown;
  }

  #paint(text: string, tone: Tone, stream: number): string {
    return this.#options.color(stream) ? paint(text, tone) : text;
  }
}
