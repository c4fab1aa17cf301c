import type { ConsolaInstance } from "consola/core";
import { redact } from "./redact.ts";
import { paint, type Tone } from "./paint.ts";
import { STDERR, STDOUT, write, writeLine } from "./stream.ts";
import { clean, cleanLines, escapeUnsafe } from "./text.ts";

/** What a token is here: a text that only {@link Output.secret} and its like print. */
interface Secret {
  reveal(): string;
}

export interface Cell {
  text: string;
  tone?: Tone;
}

interface Failure {
  code: string;
  message: string;
  hint: string | null;
  exit_code: number;
}

interface OutputOptions {
  json: boolean;
  quiet: boolean;
  debug: boolean;
  /** Whether a stream may be coloured; asked only when something has a colour. */
  color: (descriptor: number) => boolean;
}

/**
 * stdout carries the answer, stderr carries the conversation. Every text passes here on its way out, is cleaned of
 * what could drive a terminal and of every token this process knows, and only then gets its colours; the one way
 * around that is {@link Output.secret}.
 */
export class Output {
  readonly #options: OutputOptions;
  #talk: Promise<ConsolaInstance> | undefined;
  /** What goes to stderr waits its turn here, because consola is only read when the first word is said. */
  #spoken: Promise<void> = Promise.resolve();
  #waiting = 0;
  /** With `--json` stderr holds one error object or nothing structured at all, so warnings wait for the end. */
  readonly #warnings: string[] = [];
  readonly #alerts: string[] = [];

  constructor(options: OutputOptions) {
    this.#options = options;
  }

  get json(): boolean {
    return this.#options.json;
  }

  /** A heading for {@link Output.page}. */
  title(text: string): string {
    return this.#paint(text, "bold", STDOUT);
  }

  /** One value for scripts. Keys are snake_case. */
  data(value: unknown): void {
    writeLine(STDOUT, redact(toJson(value)));
  }

  /** One line of answer. */
  line(text: string): void {
    writeLine(STDOUT, redact(clean(text)));
  }

  /** Lines made by us alone, for example help; they may carry colours. */
  page(text: string): void {
    writeLine(STDOUT, text);
  }

  /** A token on stdout, because the user asked for exactly that. False when nobody reads it. */
  secret(token: Secret, label = ""): boolean {
    return write(STDOUT, `${label}${token.reveal()}\n`);
  }

  /** A line that holds a token, because the user asked for exactly that. */
  secretLine(text: string): void {
    writeLine(STDOUT, text);
  }

  /** Tells the runner of a GitHub job, which reads stderr for commands, to hide this token in its logs. */
  maskForGitHub(token: Secret): void {
    const escapes: Record<string, string> = { "%": "%25", "\r": "%0D", "\n": "%0A" };
    const data = token.reveal().replaceAll(/[%\r\n]/g, (character) => escapes[character] ?? "");
    this.#later(() => writeLine(STDERR, `::add-mask::${data}`));
  }

  /** The same for JSON that holds one. */
  secretData(value: unknown): boolean {
    return write(STDOUT, `${toJson(value)}\n`);
  }

  /**
   * Bytes of an answer as they came, tokens in it included, because the user asked for exactly that. False when nobody
   * reads on.
   */
  bytes(data: Uint8Array): boolean {
    return write(STDOUT, data);
  }

  /** The same on a terminal: JSON on indented lines, other text without what could drive the terminal. */
  async screen(text: string): Promise<void> {
    const { showOnScreen } = await import("./screen.ts");
    write(STDOUT, showOnScreen(text));
  }

  /** Some lines of an answer, or a part of one, for a terminal. */
  text(text: string): boolean {
    return write(STDOUT, cleanLines(text));
  }

  /** Label and value, aligned; rows without a value are left out. */
  fields(rows: readonly (readonly [label: string, value: string | null, tone?: Tone])[]): void {
    const present = rows.filter(([, value]) => value !== null);
    const width = Math.max(...present.map(([label]) => label.length));
    for (const [label, value, tone] of present) {
      const cell = this.#cell({ text: value ?? "", ...(tone ? { tone } : {}) }, STDOUT);
      writeLine(STDOUT, `${this.#paint(label.padEnd(width), "dim", STDOUT)}  ${cell}`);
    }
  }

  /** Aligned columns, as wide as their content needs. */
  async table(rows: readonly (readonly Cell[])[]): Promise<void> {
    const { default: displayWidth } = await import("fast-string-width");
    const widths: number[] = [];
    for (const row of rows) {
      for (const [column, { text }] of row.entries()) {
        widths[column] = Math.max(widths[column] ?? 0, displayWidth(clean(text)));
      }
    }
    for (const row of rows) {
      const cells = row.map((cell, column) => {
        const padding = (widths[column] ?? 0) - displayWidth(clean(cell.text));
        return this.#cell(cell, STDOUT) + " ".repeat(padding);
      });
      writeLine(STDOUT, cells.join("  ").trimEnd());
    }
  }

  success(text: string): void {
    if (!this.json) this.#say("success", text);
  }

  info(text: string): void {
    if (!this.json) this.#say("info", text);
  }

  /** Said also with `--json`: the user must see it for the command to go on. */
  prompt(text: string): void {
    this.#later(() => writeLine(STDERR, redact(clean(text))));
  }

  hint(text: string): void {
    if (this.json || this.#options.quiet) return;
    this.#later(() => writeLine(STDERR, this.#sentence("hint", text)));
  }

  warn(text: string): void {
    if (this.json) this.#warnings.push(redact(clean(text)));
    else this.#say("warn", text);
  }

  /** A warning that is said also with `--quiet`, because it is not said again. */
  alert(text: string): void {
    if (this.json) this.#alerts.push(redact(clean(text)));
    else this.#later(() => writeLine(STDERR, this.#sentence("warn", text)));
  }

  debug(text: string): void {
    for (const line of text.split("\n")) this.#say("debug", line);
  }

  /** The error of this run: two lines for people, one object for programs. */
  failure(failure: Failure): void {
    const safe = {
      ...failure,
      message: redact(clean(failure.message)),
      hint: failure.hint && redact(clean(failure.hint)),
    };
    if (this.json) {
      const warnings = [...this.#alerts.splice(0), ...this.#warnings.splice(0)];
      const error = { ...safe, ...(warnings.length > 0 ? { warnings } : {}) };
      this.#later(() => writeLine(STDERR, JSON.stringify({ error })));
      return;
    }
    this.#later(() => writeLine(STDERR, this.#sentence("error", safe.message)));
    if (safe.hint) this.#later(() => writeLine(STDERR, this.#sentence("hint", safe.hint ?? "")));
  }

  /** Resolves when all that was said stands on stderr. */
  async settle(): Promise<void> {
    while (this.#waiting > 0) await this.#spoken;
  }

  /** The same, with the warnings that `--json` held back. */
  finish(): Promise<void> {
    for (const text of this.#alerts.splice(0))
      this.#later(() => writeLine(STDERR, this.#sentence("warn", text)));
    for (const warning of this.#warnings.splice(0)) this.#say("warn", warning);
    return this.settle();
  }

  /** Replaces the line a person is waiting on; an empty text takes it away. For terminals only. */
  progress(text: string): void {
    this.#later(() => void write(STDERR, `\r\u001b[2K${redact(clean(text))}`));
  }

  #say(type: "success" | "info" | "warn" | "debug", text: string): void {
    const { debug, quiet } = this.#options;
    if (type === "debug" ? !debug : quiet && !debug) return;
    this.#later(async () => (await (this.#talk ??= this.#startTalk()))[type](text));
  }

  /** At once, unless something is still waiting to be said before it. */
  #later(speak: () => void | Promise<void>): void {
    if (this.#waiting === 0) {
      const spoken = speak();
      if (spoken === undefined) return;
      this.#wait(spoken);
    } else {
      this.#wait(this.#spoken.then(speak));
    }
  }

  #wait(spoken: Promise<void>): void {
    this.#waiting += 1;
    // Words that cannot be said must not keep the next ones, an error above all, from being said.
    this.#spoken = spoken
      .catch(() => {})
      .finally(() => {
        this.#waiting -= 1;
      });
  }

  async #startTalk(): Promise<ConsolaInstance> {
    const { createConsola, LogLevels } = await import("consola/core");
    return createConsola({
      level: LogLevels.debug,
      throttle: 0,
      reporters: [{ log: ({ type, args }) => writeLine(STDERR, this.#sentence(type, String(args[0]))) }],
    });
  }

  #sentence(type: string, text: string): string {
    const safe = redact(clean(text));
    if (type === "success") return `${this.#paint("✓", "good", STDERR)} ${safe}`;
    if (type === "error") return `${this.#paint("error:", "bad", STDERR)} ${safe}`;
    if (type === "warn") return `${this.#paint("warning:", "warning", STDERR)} ${safe}`;
    if (type === "hint") return `${this.#paint("hint:", "dim", STDERR)} ${safe}`;
    if (type === "debug") return this.#paint(`debug: ${safe}`, "dim", STDERR);
    return safe;
  }

  #cell(cell: Cell, stream: number): string {
    const safe = redact(clean(cell.text));
    return cell.tone ? this.#paint(safe, cell.tone, stream) : safe;
  }

  #paint(text: string, tone: Tone, stream: number): string {
    return this.#options.color(stream) ? paint(text, tone) : text;
  }
}

/** Characters that could drive a terminal travel as escapes: the same value for a program, harmless for a person. */
function toJson(value: unknown): string {
  return escapeUnsafe(JSON.stringify(value, null, 2));
}
