/** How much was looked at. */
export interface Totals {
  files: number;
  objects: number;
  bytes: number;
}

const UNITS = ["B", "KB", "MB", "GB", "TB"];

export function describeTotals({ files, objects, bytes }: Totals): string {
  const unit = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const size = `${(bytes / 1000 ** unit).toFixed(unit === 0 ? 0 : 1)} ${UNITS[unit]}`;
  const counted = [count(files, "file"), count(objects, "git object")].filter((part) => part !== "");
  return [...counted, size].join(", ");
}

function count(number: number, noun: string): string {
  return number === 0 ? "" : `${number} ${noun}${number === 1 ? "" : "s"}`;
}
