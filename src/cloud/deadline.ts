/**
 * A limit of time that can be moved. The wait for an answer has one; an answer that keeps coming may take longer, as
 * long as no pause in it does.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly signal: AbortSignal;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(outer: AbortSignal) {
    this.signal = AbortSignal.any([outer, this.#controller.signal]);
  }

  /** From now on; takes the place of what was set before. */
  set(ms: number): void {
    this.clear();
    const expired = new DOMException("no answer in time", "TimeoutError");
    this.#timer = setTimeout(() => this.#controller.abort(expired), Math.max(1, Math.ceil(ms)));
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
