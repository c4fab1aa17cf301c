import type { ConsolaInstance } from "consola/core";
import type { CliError } from "../errors.ts";
import { PREFIXES } from "./paint.ts";
import { safe } from "./redact.ts";
import { STDERR } from "./stream.ts";
import { Terminal, type TerminalOptions } from "./terminal.ts";

export interface MessageOptions extends TerminalOptions {
  json: boolean;
  quiet: boolean;
  debug: boolean;
}

/** The conversation with a person, on stderr. */
export class Messages {
  protected readonly terminal: Terminal;
  readonly #options: MessageOptions;
  #consola: ConsolaInstance | undefined;
  #wrap: ((text: string, columns: number) => string[]) | undefined;
  /** Set by the first message that needs a module, which is loaded late; from then on every message waits its turn. */
  #spoken: Promise<void> | undefined;
  /** With `--json`, stderr holds one error object or nothing structured, so warnings wait for the end. */
  readonly #held: { text: string; always: boolean }[] = [];

  constructor(options: MessageOptions) {
    this.#options = options;
    this.terminal = new Terminal(options);
  }

  get json(): boolean {
    return this.#options.json;
  }

  get quiet(): boolean {
    return this.#options.quiet;
  }

  get unicode(): boolean {
    return this.terminal.unicode;
  }

  /** The width of the terminal on stderr. */
  get columns(): number {
    return this.terminal.columns(STDERR);
  }

  success(text: string): void {
    if (!this.json) this.#say("success", text);
  }

  info(text: string): void {
    if (!this.json) this.#say("info", text);
  }

  /**
   * Printed also with `--json`: the user must read it for the command to go on. What the eye must find, such as an
   * address, is in bold, and on one line, so that it can be copied.
   */
  prompt(text: string, bold = ""): void {
    if (bold === "") return this.#print("prompt", text);
    const between = text.length + bold.length < this.columns ? " " : "\n";
    this.#speak(() => {
      const shown = this.terminal.paint(safe(bold), "bold", STDERR);
      this.terminal.write(STDERR, `${this.terminal.show(text)}${between}${shown}\n`);
    });
  }

  hint(text: string): void {
    if (!this.json && !this.quiet) this.#print("hint", text);
  }

  /** `always` prints it also with `--quiet`, for what is said only once. */
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
    this.#speak(() => void this.terminal.write(STDERR, `${JSON.stringify({ error: all })}\n`));
  }

  /** Tells the runner of a GitHub job, which reads stderr for commands, to hide this token in its logs. */
  maskForGitHub(token: string): void {
    const escapes: Record<string, string> = { "%": "%25", "\r": "%0D", "\n": "%0A" };
    const data = token.replaceAll(/[%\r\n]/g, (character) => escapes[character] ?? "");
    this.#speak(() => void this.terminal.write(STDERR, `::add-mask::${data}\n`));
  }

  /** Replaces the line that a person waits on; an empty text removes it. For terminals only. */
  progress(text: string): void {
    if (text === "") this.terminal.clearProgress();
    else this.terminal.progress(text);
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
    if (!this.#consola) this.#load(() => this.#loadConsola());
    this.#loadWrapFor(text);
    this.#speak(() => this.#consola?.[type](text));
  }

  async #loadConsola(): Promise<void> {
    const { createConsola, LogLevels } = await import("consola/core");
    this.#consola ??= createConsola({
      level: LogLevels.debug,
      throttle: 0,
      reporters: [{ log: ({ type, args }) => this.#write(type, String(args[0])) }],
    });
  }

  #print(type: string, text: string): void {
    this.#loadWrapFor(text);
    this.#speak(() => this.#write(type, text));
  }

  /** No character takes more than two columns for each of its code units. */
  #loadWrapFor(text: string): void {
    const isShort = LONGEST_PREFIX + 2 * text.length <= this.columns;
    if (this.#wrap || isShort) return;
    this.#load(async () => {
      this.#wrap = (await import("./wrap.ts")).wrapText;
    });
  }

  #load(load: () => Promise<void>): void {
    this.#spoken = (this.#spoken ?? Promise.resolve()).then(load);
  }

  #speak(speak: () => void): void {
    if (this.#spoken) this.#spoken = this.#spoken.then(speak);
    else speak();
  }

  /** The lines after the first one begin below the text, not below its prefix. */
  #write(type: string, text: string): void {
    const shown = this.terminal.show(text);
    const [mark, tone] = PREFIXES[type] ?? ["", "dim"];
    const prefix = mark === "" ? "" : `${this.terminal.marks(mark)} `;
    const columns = this.columns - prefix.length;
    const lines = this.#wrap?.(shown, columns) ?? [shown];
    const start = prefix && `${this.terminal.paint(prefix.trimEnd(), tone, STDERR)} `;
    this.terminal.write(STDERR, `${start}${lines.join(`\n${" ".repeat(prefix.length)}`)}\n`);
  }
}

const LONGEST_PREFIX = "warning: ".length;
