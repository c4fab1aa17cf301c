/** For whatever may send a request. */
export interface RequestOptions {
  /** Time for a request with its repetitions, 30 seconds when not given. */
  timeoutMs?: number;
  /** Ends the request; it fails with the code `CANCELLED`. */
  signal?: AbortSignal;
  /** Allows plain http to a host that is not this machine. */
  insecureHttp?: boolean;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/** The same with nothing left open. */
export function complete(options: RequestOptions): Required<RequestOptions> {
  const {
    timeoutMs = DEFAULT_TIMEOUT_MS,
    signal = new AbortController().signal,
    insecureHttp = false,
  } = options;
  return { timeoutMs, signal, insecureHttp };
}
