import { Messages } from "./messages.ts";
import type { Tone } from "./paint.ts";
import { redactFields, safe } from "./redact.ts";
import { STDOUT } from "./stream.ts";
import type { Cells, Field } from "./table.ts";
import { cleanLines, toSafeJson } from "./text.ts";

/**
 * stdout carries the answer, stderr carries the conversation. Every text loses what could drive a terminal and every
 * token that this process knows, and only then gets its colours. The exceptions are `page`, `bytes` and `secret`.
 */
export class Output extends Messages {
  /** One value for scripts. Keys are snake_case. */
  data(value: unknown): void {
    this.#write(`${toSafeJson(value, redactFields)}\n`);
  }

  /** One line of the answer that is a value: it is never wrapped. */
  line(text: string): void {
    this.#write(`${safe(text)}\n`);
  }

  /** Text of our own, for example help, which may have colours. */
  page(text: string): void {
    this.#write(`${this.terminal.marks(text)}\n`);
  }

  /** A heading for `page`. */
  title(text: string): string {
    return this.terminal.paint(text, "bold", STDOUT);
  }

  /** A line with a token, because the user asked for exactly that. False when nobody reads it. */
  secret(text: string): boolean {
    return this.#write(`${text}\n`);
  }

  /** JSON with a token, because the user asked for exactly that. False when nobody reads it. */
  secretData(value: unknown): boolean {
    return this.secret(toSafeJson(value));
  }

  /** A server's answer byte for byte, because the user asked for exactly that. False when nobody reads on. */
  bytes(data: Uint8Array): boolean {
    return this.#write(data);
  }

  /** A server's whole answer for a terminal: JSON is indented and coloured. */
  async screen(text: string): Promise<void> {
    const { showOnScreen } = await import("./screen.ts");
    const paint = (token: string, tone: Tone) => this.terminal.paint(token, tone, STDOUT);
    for (const piece of showOnScreen(text, paint)) if (!this.#write(piece)) return;
  }

  /** Lines or a part of a server's answer for a terminal. False when nobody reads on. */
  text(text: string): boolean {
    return this.#write(cleanLines(text));
  }

  /** A sentence of the answer. */
  async sentence(text: string): Promise<void> {
    if (this.terminal.columns(STDOUT) === Infinity) return void this.#write(`${this.terminal.show(text)}\n`);
    (await this.#answer()).printSentence(this.terminal, text);
  }

  /** Labels and values, aligned. */
  async fields(rows: readonly Field[]): Promise<void> {
    (await this.#answer()).printFields(this.terminal, rows);
  }

  /** Aligned columns, without those that are null; `spare` is left out where there is no room for all. */
  async table(
    header: readonly (string | null)[],
    rows: readonly Cells[],
    { spare }: { spare?: string } = {},
  ): Promise<void> {
    (await this.#answer()).printTable(this.terminal, { header, rows, spare });
  }

  /** Prints the messages that came before an answer first. */
  async #answer() {
    await this.settle();
    return import("./print-answer.ts");
  }

  #write(data: string | Uint8Array): boolean {
    return this.terminal.write(STDOUT, data);
  }
}
