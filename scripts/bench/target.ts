import type { Target } from "./result.ts";

export const times = (value: number, digits = 2): string => `${value.toFixed(digits)}×`;
export const milliseconds = (value: number): string => `${value.toFixed(0)} ms`;
export const seconds = (value: number): string => `${(value / 1000).toFixed(2)} s`;
export const mebibytes = (value: number): string => `${value.toFixed(2)} MiB`;

interface Limit {
  what: string;
  limit: number;
  /** Undefined where it could not be measured. */
  measured: number | undefined;
  show: (value: number) => string;
  /** The limit in words, where the number alone does not say it. */
  target?: string;
}

export function atMost({ what, limit, measured, show, target }: Limit): Target {
  const isMet = measured === undefined ? null : measured <= limit;
  return { what, target: target ?? `≤ ${trim(show(limit))}`, measured: shown(measured, show), isMet };
}

/** How many times as fast. */
export function atLeast({ what, limit, measured }: Omit<Limit, "show">): Target {
  const isMet = measured === undefined ? null : measured >= limit;
  return { what, target: `≥ ${limit}× as fast`, measured: shown(measured, times), isMet };
}

function shown(measured: number | undefined, show: (value: number) => string): string {
  return measured === undefined ? "not measured" : show(measured);
}

/** Without zeros at the end of a decimal fraction. */
function trim(text: string): string {
  return text.replace(/\.(\d*?)0+(?=\D|$)/, (_, digits: string) => (digits === "" ? "" : `.${digits}`));
}
