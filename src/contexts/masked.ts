/** A text with a secret in it. Every implicit conversion (template, JSON, inspection) returns the masked form. */
export abstract class Masked {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The whole text. Only for sending it, for storing it, and for a program or a user that asked for it. */
  reveal(): string {
    return this.#text;
  }

  abstract get masked(): string;

  toString(): string {
    return this.masked;
  }

  toJSON(): string {
    return this.masked;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `${this.constructor.name}(${this.masked})`;
  }
}
