import { counted } from "../system/text.ts";

export interface Totals {
  files: number;
  objects: number;
  bytes: number;
}

const UNITS = ["B", "KB", "MB", "GB", "TB"];

export function describeTotals({ files, objects, bytes }: Totals): string {
  const unit = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const size = `${(bytes / 1000 ** unit).toFixed(unit === 0 ? 0 : 1)} ${UNITS[unit]}`;
  const looked = [files > 0 && counted(files, "file"), objects > 0 && counted(objects, "git object"), size];
  return looked.filter(Boolean).join(", ");
}
