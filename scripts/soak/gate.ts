/** Lets everybody pass until somebody asks for quiet, and then waits until nobody is inside. */
export class Gate {
  readonly #inside = new Set<Promise<unknown>>();
  #quiet: Promise<unknown> = Promise.resolve();

  async pass<T>(act: () => Promise<T>): Promise<T> {
    let quiet;
    do await (quiet = this.#quiet);
    while (quiet !== this.#quiet);
    const acting = act();
    this.#inside.add(acting);
    return acting.finally(() => this.#inside.delete(acting));
  }

  /** One after the other. */
  hold<T>(act: () => Promise<T>): Promise<T> {
    const held = this.#quiet.then(async () => {
      await Promise.allSettled(this.#inside);
      return act();
    });
    this.#quiet = held.catch(() => {});
    return held;
  }
}
