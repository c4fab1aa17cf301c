import { paint, type Tone } from "./paint.ts";
import { safe } from "./redact.ts";
import { STDERR, write } from "./stream.ts";
import { toAsciiMarks, toTilde } from "./text.ts";

export interface TerminalOptions {
  /** Whether a stream may be coloured; asked only when something has a colour. */
  color: (descriptor: number) => boolean;
  /** The width of a terminal; infinite for any other stream. */
  columns: (descriptor: number) => number;
  /** Whether marks such as ✓ may be printed; false where the locale is not UTF-8. */
  unicode: boolean;
  /** The directory that is shown as `~`. */
  home: string;
}

/** Both streams as a person sees them, and the one line on which a wait is shown. */
export class Terminal {
  readonly #options: TerminalOptions;
  readonly #colored = new Map<number, boolean>();
  #hasProgress = false;

  constructor(options: TerminalOptions) {
    this.#options = options;
  }

  get unicode(): boolean {
    return this.#options.unicode;
  }

  columns(descriptor: number): number {
    return this.#options.columns(descriptor);
  }

  /** False when nobody reads it. */
  write(descriptor: number, data: string | Uint8Array): boolean {
    this.clearProgress();
    return write(descriptor, data);
  }

  /** Replaces the line on which a wait is shown. Whatever is printed next takes its place. */
  progress(text: string): void {
    write(STDERR, `\r\u001b[2K${this.show(text)}`);
    this.#hasProgress = true;
  }

  clearProgress(): void {
    if (this.#hasProgress) write(STDERR, "\r\u001b[2K");
    this.#hasProgress = false;
  }

  /** A text for people. */
  show(text: string): string {
    return this.marks(toTilde(safe(text), this.#options.home));
  }

  marks(text: string): string {
    return this.unicode ? text : toAsciiMarks(text);
  }

  paint(text: string, tone: Tone, descriptor: number): string {
    const colored = this.#colored.get(descriptor) ?? this.#options.color(descriptor);
    this.#colored.set(descriptor, colored);
    return colored ? paint(text, tone) : text;
  }
}
