import { usageError } from "../errors.ts";

/** For whatever may send a request. */
export interface RequestOptions {
  /** Time for a request with its repetitions: 30 seconds when not given, a day at most. */
  timeoutMs?: number;
  /** Ends the request; it fails with the code `CANCELLED`. */
  signal?: AbortSignal;
  /** Allows plain http to a host that is not this machine. */
  insecureHttp?: boolean;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_TIMEOUT_MS = 86_400_000;

/** The same with nothing left open. @throws CliError `USAGE` for a time that timers would make something else of. */
export function complete(options: RequestOptions): Required<RequestOptions> {
  const {
    timeoutMs = DEFAULT_TIMEOUT_MS,
    signal = new AbortController().signal,
    insecureHttp = false,
  } = options;
  if (!(timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS))
    throw usageError(`timeoutMs takes a number of milliseconds above 0 and up to ${MAX_TIMEOUT_MS}`);
  return { timeoutMs, signal, insecureHttp };
}
