import { cancelled, usageError } from "../errors.ts";

/**
 * One line that a person types or pastes. A paste arrives whole or is refused: what stands behind a line end would
 * otherwise be lost, or be left for the shell, which shows it and keeps it in its history. The line is kept as a list of
 * characters and drawn once for each chunk, so that the work for each character is constant.
 */
export interface Question {
  message: string;
  isHidden: boolean;
  /** What the screen shows of the answer so far, in at most so many columns. */
  show(characters: readonly string[], columns: number): string;
}

export interface Streams {
  input: NodeJS.ReadStream;
  output: NodeJS.WriteStream;
  signal: AbortSignal;
  /** The terminal cannot move its cursor: it edits a visible line itself, and shows nothing of a hidden one. */
  isPlain: boolean;
}

/** Longer than any token, and short enough to be kept. */
const MAX_CHARACTERS = 64 * 1024;
/** A terminal without bracketed paste sends a paste in pieces that follow each other at once. */
const QUIET_MS = 150;
/** How long a key such as an arrow may take to arrive after its first byte, which is that of Escape. */
const ESCAPE_MS = 150;
/** No key sends a longer sequence. */
const MAX_SEQUENCE = 64;

const BRACKETED_PASTE = { on: "\u001b[?2004h", off: "\u001b[?2004l" };

/** @throws CliError `CANCELLED`, or `USAGE` for a paste that is no line. */
export async function askLine(question: Question, streams: Streams): Promise<string> {
  const { input, output, signal, isPlain } = streams;
  const line = new Line();
  const draw = () => {
    if (isPlain) return;
    const columns = (output.columns || 80) - 3;
    output.write(`\r\u001b[2K> ${question.show(line.characters, columns)}`);
  };
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onData = (chunk: Uint8Array | string) => {
    clearTimeout(timer);
    line.read(typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }));
    draw();
    if (line.isCancelled || line.isEnded) timer = setTimeout(end, QUIET_MS);
    else if (line.isInEscape) timer = setTimeout(stop, ESCAPE_MS);
  };
  const stop = () => {
    line.isCancelled = true;
    end();
  };
  if (signal.aborted) throw cancelled();
  signal.addEventListener("abort", stop, { once: true });
  input.once("end", stop).once("close", stop);
  input.setRawMode(question.isHidden || !isPlain);
  output.write(`${question.message}\n${isPlain ? "> " : BRACKETED_PASTE.on}`);
  draw();
  input.on("data", onData).resume();
  try {
    await ended;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    input.off("data", onData).off("end", stop).off("close", stop).pause();
    if (!input.destroyed) input.setRawMode(false);
    if (!isPlain) output.write(`${BRACKETED_PASTE.off}\n`);
    else if (question.isHidden || !line.isEnded) output.write("\n");
  }
  if (line.isCancelled) throw cancelled();
  if (line.fault !== undefined)
    throw usageError(`${line.fault}; nothing of it was used`, "copy it again, without line ends");
  return line.characters.join("");
}

/** What a terminal in raw mode sends, as the line that it makes. */
class Line {
  readonly characters: string[] = [];
  isCancelled = false;
  isEnded = false;
  /** Why the answer cannot be used. */
  fault: string | undefined;
  #isPasting = false;
  /** The beginning of a sequence whose end has not arrived. */
  #pending = "";

  get isInEscape(): boolean {
    return this.#pending !== "" && !this.#isPasting;
  }

  read(text: string): void {
    const tokens = (this.#pending + text).match(TOKENS) ?? [];
    const last = tokens.at(-1) ?? "";
    this.#pending = last.length < MAX_SEQUENCE && UNFINISHED.test(last) ? (tokens.pop() ?? "") : "";
    for (const token of tokens) this.#take(token);
  }

  #take(token: string): void {
    if (token === "\u001b[200~") this.#isPasting = true;
    else if (token === "\u001b[201~") this.#isPasting = false;
    else if (token.startsWith("\u001b")) return;
    else if (this.#isPasting) this.#add(token);
    else if (token === "\r" || token === "\n") this.isEnded = true;
    else if (token === "\u0003" || token === "\u0004") this.isCancelled = true;
    else if (token === "\u007f" || token === "\b") this.characters.pop();
    else if (token === "\u0015" || token === "\u0017") this.characters.length = 0;
    else this.#add(token);
  }

  #add(character: string): void {
    if (this.isEnded) this.fault = "what was pasted has several lines";
    else if (this.characters.length < MAX_CHARACTERS) this.characters.push(character);
    else this.fault = "what was pasted is too long";
  }
}

/** A key that is a sequence, or a character. */
// oxlint-disable-next-line no-control-regex -- terminals send control characters
const TOKENS = /\u001b(?:\[[0-?]*[ -/]*[@-~]?|O.?|[^[O])?|[^\u001b]/gsu;
// oxlint-disable-next-line no-control-regex -- terminals send control characters
const UNFINISHED = /^\u001b(?:\[[0-?]*[ -/]*|O)?$/;
