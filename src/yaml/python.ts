// Python's `str()` of the numbers and dates that YAML 1.1 finds in plain scalars, and its `repr()` of text. Undefined is
// a Python exception.

/** Python refuses to convert integers longer than this from or to decimal text. */
const MAX_DIGITS = 4300;

function splitSign(text: string): [negative: boolean, magnitude: string] {
  return [text.startsWith("-"), /^[-+]/.test(text) ? text.slice(1) : text];
}

function magnitudeOf(text: string): bigint | undefined {
  if (text === "0") return 0n;
  const based = /^0([bx]?)(.*)$/.exec(text);
  if (based) {
    const [, base, digits] = based;
    return BigInt(`0${base === "" ? "o" : base}${digits}`);
  }
  const parts = text.split(":");
  if (parts.some((part) => part.length > MAX_DIGITS)) return undefined;
  return parts.reduce((total, part) => total * 60n + BigInt(part), 0n);
}

const INTEGER = /^[-+]?(?:0b[01]+|0x[0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*(?::[0-9]+)*)$/;

export function integerText(source: string): string | undefined {
  const plain = source.replaceAll("_", "");
  if (!INTEGER.test(plain)) return undefined;
  const [negative, digits] = splitSign(plain);
  const magnitude = magnitudeOf(digits);
  if (magnitude === undefined) return undefined;
  const text = magnitude.toString();
  if (text.length > MAX_DIGITS) return undefined;
  return negative && magnitude !== 0n ? `-${text}` : text;
}

/** Sums the way PyYAML does, from the last part up, because floating-point addition does not commute with rounding. */
function sexagesimal(text: string): number | undefined {
  let base = 1n;
  let total = 0;
  for (const part of text.split(":").reverse()) {
    const scale = Number(base);
    if (scale === Infinity) return undefined;
    total += Number(part) * scale;
    base *= 60n;
  }
  return total;
}

/** The shortest digits that read back as the same number are the same in both languages; only their layout differs. */
function floatRepr(value: number): string {
  if (Number.isNaN(value)) return "nan";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const magnitude = Math.abs(value);
  if (magnitude === Infinity) return `${sign}inf`;
  const [mantissa = "0", exponentText = "0"] = magnitude.toExponential().split("e");
  const exponent = Number(exponentText);
  const digits = mantissa.replace(".", "");
  if (exponent < -4 || exponent >= 16) {
    const power = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${mantissa}e${exponent < 0 ? "-" : "+"}${power}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${sign}${whole}.${digits.slice(exponent + 1) || "0"}`;
}

const FLOAT =
  /^[-+]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?|(?:[0-9]+:)+[0-9]+\.?[0-9]*|\.?inf|\.?nan)$/;

export function floatText(source: string): string | undefined {
  const plain = source.replaceAll("_", "").toLowerCase();
  if (!FLOAT.test(plain)) return undefined;
  const [negative, text] = splitSign(plain);
  if (text.endsWith("nan")) return "nan";
  const magnitude = text.endsWith("inf") ? Infinity : text.includes(":") ? sexagesimal(text) : Number(text);
  if (magnitude === undefined) return undefined;
  return floatRepr(negative ? -magnitude : magnitude);
}

const DATE =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(?:(Z)|([-+])(\d\d?)(?::(\d\d))?))?)?$/;

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function isDay(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  return day <= days;
}

function zoneText(sign: string, hours: string, minutes: string | undefined): string | undefined {
  const total = Number(hours) * 60 + Number(minutes ?? 0);
  if (total >= 24 * 60) return undefined;
  return `${total === 0 ? "+" : sign}${two(Math.floor(total / 60))}:${two(total % 60)}`;
}

export function dateText(source: string): string | undefined {
  const [
    ,
    year = "",
    month,
    day,
    hour,
    minute,
    second,
    fraction = "",
    utc,
    sign,
    zoneHours = "",
    zoneMinutes,
  ] = DATE.exec(source) ?? [];
  if (!isDay(Number(year), Number(month), Number(day))) return undefined;
  const date = `${year}-${two(Number(month))}-${two(Number(day))}`;
  if (hour === undefined) return date;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const micros = fraction.slice(0, 6).padEnd(6, "0");
  const time = `${two(Number(hour))}:${minute}:${second}${micros === "000000" ? "" : `.${micros}`}`;
  const zone = utc ? "+00:00" : sign ? zoneText(sign, zoneHours, zoneMinutes) : "";
  return zone === undefined ? undefined : `${date} ${time}${zone}`;
}

/** Letters, marks, digits, punctuation and symbols; of the separators only the blank. */
const PRINTABLE = /^(?:[^\p{C}\p{Z}]| )$/u;
const SHORT_ESCAPES = new Map([
  ["\\", "\\\\"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

export function textRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  return quote + [...text].map((character) => characterRepr(character, quote)).join("") + quote;
}

function characterRepr(character: string, quote: string): string {
  if (character === quote) return `\\${quote}`;
  const short = SHORT_ESCAPES.get(character);
  if (short !== undefined || PRINTABLE.test(character)) return short ?? character;
  const code = character.codePointAt(0) ?? 0;
  const [letter, width] = code <= 0xff ? ["x", 2] : code <= 0xffff ? ["u", 4] : ["U", 8];
  return `\\${letter}${code.toString(16).padStart(width, "0")}`;
}
