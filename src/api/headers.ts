import { isOurHeader } from "../cloud/headers.ts";
import { usageError } from "../errors.ts";

const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Headers as `Name: value`. What they hold may be secret and is not repeated in an error. */
export function parseHeaders(written: readonly string[]): Headers {
  const headers = new Headers();
  for (const line of written) {
    const at = line.indexOf(":");
    const name = line.slice(0, Math.max(at, 0)).trim();
    if (!NAME.test(name)) throw usageError("a header is written Name: value");
    if (isOurHeader(name)) throw usageError(`the header ${name} cannot be set`);
    const value = line.slice(at + 1).trim();
    if (!VALUE.test(value))
      throw usageError(`the value of the header ${name} has characters that no header can have`);
    headers.append(name, value);
  }
  return headers;
}
