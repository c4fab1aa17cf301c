/** The value below which `part` of the values lie (0 to 1), interpolated between the two nearest. */
export function percentile(values: readonly number[], part: number): number {
  if (values.length === 0) throw new Error("there is no percentile of no values");
  const sorted = values.toSorted((a, b) => a - b);
  const position = part * (sorted.length - 1);
  const [lower, upper] = [sorted[Math.floor(position)]!, sorted[Math.ceil(position)]!];
  return lower + (upper - lower) * (position - Math.floor(position));
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** How many times as large the first median is as the second. */
export function ratio(values: readonly number[], reference: readonly number[]): number {
  return median(values) / median(reference);
}
