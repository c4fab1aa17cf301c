/** How far a word can be from what has the form of an API token, in bytes. */
const REACH = 96;

/** Without the letter that differs in case, so that a few searches find every way to write the words. */
const WORDS = ["ento", "ENTO", "atai", "ATAI", "pi_token", "PI_TOKEN"].map((word) =>
  Buffer.from(word, "latin1"),
);
const LONGEST_WORD = Math.max(...WORDS.map(({ length }) => length));

/** The bytes that have to be at hand on both sides of where a word begins. */
export const CONTEXT_BYTES = REACH + LONGEST_WORD;

const FULL_WORD = /bento|yatai|api_token/i;

/** An xid: 96 bits in base 32, of which the last character has one. */
const FORM = /(?<![0-9A-Za-z])[0-9a-v]{19}[0g](?![0-9A-Za-z])/g;

/** Yatai's first commit is from January 2021. */
const FIRST_MS = Date.UTC(2021, 0, 1);
const DAY_MS = 86_400_000;

/**
 * Reports what has the form and a plausible time of an API token and stands near a word such as `bento`, for words that
 * begin in `[from, to)`. Words are searched first: they are rare, and the system's own search finds them fast.
 */
export function searchPossible(
  bytes: Buffer,
  { from, to, end, now }: { from: number; to: number; end: number; now: Date },
  report: (text: string, position: number) => void,
): void {
  for (const word of WORDS) {
    let at = bytes.indexOf(word, from);
    while (at !== -1 && at < to) {
      const [first, last] = [Math.max(0, at - REACH), Math.min(end, at + CONTEXT_BYTES)];
      const text = bytes.toString("latin1", first, last);
      if (FULL_WORD.test(text))
        for (const { 0: form, index } of text.matchAll(FORM))
          if (isPlausible(form, now)) report(form, first + index);
      at = bytes.indexOf(word, at + word.length);
    }
  }
}

/** Whether the time in an xid is one at which BentoCloud or Yatai may have made an API token. */
function isPlausible(form: string, now: Date): boolean {
  // 35 bits, of which the first 32 are the seconds.
  const ms = Math.floor(Number.parseInt(form.slice(0, 7), 32) / 8) * 1000;
  return ms >= FIRST_MS && ms <= now.getTime() + DAY_MS;
}
