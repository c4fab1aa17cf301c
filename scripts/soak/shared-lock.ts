/** A readers–writer lock: any number of actions share it, until one asks to have it alone. */
export class SharedLock {
  readonly #running = new Set<Promise<unknown>>();
  #exclusive: Promise<unknown> = Promise.resolve();

  async shared<T>(act: () => Promise<T>): Promise<T> {
    let exclusive;
    do await (exclusive = this.#exclusive);
    while (exclusive !== this.#exclusive);
    const acting = act();
    this.#running.add(acting);
    return acting.finally(() => this.#running.delete(acting));
  }

  /** Exclusive actions run one after the other, when no shared one is running. */
  exclusive<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#exclusive.then(async () => {
      await Promise.allSettled(this.#running);
      return act();
    });
    this.#exclusive = result.catch(() => {});
    return result;
  }
}
