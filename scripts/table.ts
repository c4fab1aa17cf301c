/**
 * A Markdown table, aligned so that it can be read in a terminal too. Columns from `numbersFrom` on hold numbers, which are
 * aligned to the right.
 */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  numbersFrom = header.length,
): string {
  const widths = header.map((_, column) =>
    Math.max(3, ...[header, ...rows].map((cells) => Bun.stringWidth(cells[column] ?? ""))),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => pad(cell, widths[column]!, column >= numbersFrom)).join(" | ")} |`;
  const ruler = widths.map((width, column) =>
    column >= numbersFrom ? `${"-".repeat(width - 1)}:` : "-".repeat(width),
  );
  return [line(header), line(ruler), ...rows.map(line)].join("\n");
}

function pad(text: string, width: number, toTheRight: boolean): string {
  const blanks = " ".repeat(width - Bun.stringWidth(text));
  return toTheRight ? blanks + text : text + blanks;
}
