import { Messages } from "./messages.ts";
import { redactFields, safe } from "./redact.ts";
import { STDOUT } from "./stream.ts";
import type { Cells, Field, Place } from "./table.ts";
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
    for (const piece of showOnScreen(text, this.#place.paint)) if (!this.#write(piece)) return;
  }

  /** Lines or a part of a server's answer for a terminal. False when nobody reads on. */
  text(text: string): boolean {
    return this.#write(cleanLines(text));
  }

  /** A sentence of the answer. */
  async sentence(text: string): Promise<void> {
    const { wrapText } = await import("./wrap.ts");
    await this.#lines(wrapText(this.terminal.show(text), this.#place.columns));
  }

  /** Labels and values, aligned. */
  async fields(rows: readonly Field[]): Promise<void> {
    const { layFields } = await import("./table.ts");
    const fields = rows.map(([label, text, tone]): Field => [label, text && this.terminal.show(text), tone]);
    await this.#lines(layFields(fields, this.#place));
  }

  /** Aligned columns, without those that are null; `spare` is left out where there is no room for all. */
  async table(
    titles: readonly (string | null)[],
    cells: readonly Cells[],
    { spare }: { spare?: string } = {},
  ): Promise<void> {
    const { layTable } = await import("./table.ts");
    const header = titles.filter((title) => title !== null);
    const rows = cells.map((row) =>
      row.flatMap((cell) => {
        if (cell === null) return [];
        const { text, tone } = typeof cell === "string" ? { text: cell } : cell;
        return { text: this.terminal.show(text), tone };
      }),
    );
    await this.#lines(layTable({ header, rows, spare }, this.#place));
  }

  get #place(): Place {
    return {
      columns: this.terminal.columns(STDOUT),
      paint: (text, tone) => this.terminal.paint(text, tone, STDOUT),
    };
  }

  /** A person reads the messages before an answer before it. */
  async #lines(lines: readonly string[]): Promise<void> {
    await this.settle();
    this.#write(lines.map((line) => `${line}\n`).join(""));
  }

  #write(data: string | Uint8Array): boolean {
    return this.terminal.write(STDOUT, data);
  }
}
