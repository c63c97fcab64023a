/**
 * Markdown, set as `deno fmt` sets it.
 *
 * @module
 */

const WIDTH = 100;

/** Text in lines of at most 100 letters. */
export function paragraph(text: string): string {
  const lines: string[] = [];
  for (const word of text.trim().split(/\s+/)) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && longer.length <= WIDTH) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.join("\n");
}

/**
 * A table.
 *
 * @param rows Cells by row; each row as long as the head.
 * @param left How many columns stand left; the others stand right.
 */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { left = 1 } = {},
): string {
  const widths = head.map((title, i) =>
    Math.max(3, ...[title, ...rows.map((row) => row[i])].map((cell) => cell.length))
  );
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const set = (cells: readonly string[]) =>
    line(cells.map((cell, i) => i < left ? cell.padEnd(widths[i]) : cell.padStart(widths[i])));
  const rule = widths.map((width, i) => i < left ? "-".repeat(width) : `${"-".repeat(width - 1)}:`);
  return [set(head), line(rule), ...rows.map(set)].join("\n");
}
