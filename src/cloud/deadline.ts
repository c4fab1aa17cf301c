/**
 * A time limit that can be moved: one limit for the wait for an answer, then one for each pause in its body, so that a
 * large body may take longer.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly signal: AbortSignal;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(outer: AbortSignal) {
    this.signal = AbortSignal.any([outer, this.#controller.signal]);
  }

  /** Starts the time again from now. */
  set(ms: number): void {
    this.clear();
    const expired = new DOMException("no answer in time", "TimeoutError");
    this.#timer = setTimeout(() => this.#controller.abort(expired), Math.max(1, Math.ceil(ms)));
  }

  clear(): void {
    clearTimeout(this.#timer);
  }

  /** Some runtimes report only that the connection was closed when the time was up. This gives the real reason. */
  reasonFor(error: unknown): unknown {
    const { aborted, reason } = this.#controller.signal;
    return aborted ? reason : error;
  }
}
