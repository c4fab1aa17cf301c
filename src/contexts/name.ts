import { usageError } from "../errors.ts";
import { cap, isUnsafe, looksLikeToken } from "../system/text.ts";

/** The name of the credential from the environment. No new context may have it. */
export const ENVIRONMENT_NAME = "__env__";

const MAX_LENGTH = 128;
/** A value in a `.bentorc` may be 64 KiB long. */
const MAX_SHOWN = 256;

/** A name for a message. Leaves out a name that looks like a token, which may have been pasted by mistake. */
export function showName(name: string): string {
  return looksLikeToken(name) ? "of that name" : `"${cap(name, MAX_SHOWN)}"`;
}

/** A name for a new context. Names that are in the file already may be anything. */
export function parseName(text: string): string {
  const reason = whyNot(text);
  if (reason) throw usageError(`this cannot name a context: ${reason}`);
  return text;
}

/** Whether {@link parseName} accepts it. */
export function canName(text: string): boolean {
  return whyNot(text) === undefined;
}

function whyNot(name: string): string | undefined {
  if (name === "") return "it is empty";
  if ([...name].length > MAX_LENGTH) return `it is longer than ${MAX_LENGTH} characters`;
  if (name.trim() !== name) return "it begins or ends with white space";
  if (isUnsafe(name)) return "it has control or direction characters";
  if (!name.isWellFormed() || name.includes("\ufffd")) return "it is not valid Unicode";
  if (name === ENVIRONMENT_NAME) return `${ENVIRONMENT_NAME} stands for the environment's credential`;
  if (name === "-") return "`-` stands for the previous context";
  if (name.startsWith("--")) return "it looks like an option";
  return undefined;
}
