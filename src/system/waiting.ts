import type { Output } from "./output.ts";
import { cutText } from "./wrap.ts";

/** A shorter wait is not shown. */
const PATIENCE_MS = 500;
/** Requests that follow each other within this time count as one wait. */
const PAUSE_MS = 100;
const FRAME_MS = 100;

const FRAMES = { unicode: [..."⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"], ascii: [..."|/-\\"] };

/** The line on a terminal that names what the program waits for. Other output replaces it. */
export class Waiting {
  readonly #output: Output;
  readonly #frames: readonly string[];
  /** The first one is shown. */
  readonly #texts: (() => string)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #began = 0;
  #ended = -Infinity;

  constructor(output: Output) {
    this.#output = output;
    this.#frames = FRAMES[output.unicode ? "unicode" : "ascii"];
  }

  /** Of several waits at a time, the one that began first is shown, and none while its text is empty. */
  async during<T>(text: () => string, act: () => Promise<T>): Promise<T> {
    const now = performance.now();
    if (this.#texts.length === 0) {
      if (now - this.#ended > PAUSE_MS) this.#began = now;
      this.#drawAfter(Math.max(0, this.#began + PATIENCE_MS - now));
    }
    this.#texts.push(text);
    try {
      return await act();
    } finally {
      this.#texts.splice(this.#texts.indexOf(text), 1);
      if (this.#texts.length === 0) this.#end();
    }
  }

  #drawAfter(ms: number): void {
    this.#timer = setTimeout(() => {
      const frame = Math.floor(performance.now() / FRAME_MS) % this.#frames.length;
      const text = this.#texts[0]!();
      // A full line would move the cursor to the next one.
      const line = cutText(`${this.#frames[frame]} ${text}`, this.#output.columns - 1);
      if (text !== "") this.#output.progress(line);
      this.#drawAfter(FRAME_MS);
    }, ms);
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#ended = performance.now();
    this.#output.progress("");
  }
}
