/**
 * The word that somebody meant who wrote another.
 *
 * @module
 */

/** Letters that may be wrong, missing or too many: one in three, and at most these. */
const MOST_WRONG = 2;

/** The word that is most like another, or undefined where none is much like it. */
export function nearest(given: string, words: readonly string[]): string | undefined {
  const most = Math.min(MOST_WRONG, Math.floor(given.length / 3));
  const near = words.map((word) => ({ word, edits: editsBetween(given, word) }))
    .filter(({ edits }) => edits <= most)
    .toSorted((a, b) => a.edits - b.edits);
  return near[0]?.word;
}

/** How many letters must be put in, left out or replaced to make one word of another; two swapped count once. */
function editsBetween(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      const areSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row.push(Math.min(
        rows[i - 1][j] + 1,
        row[j - 1] + 1,
        rows[i - 1][j - 1] + (isSame ? 0 : 1),
        areSwapped ? rows[i - 2][j - 2] + 1 : Infinity,
      ));
    }
    rows.push(row);
  }
  return rows[from.length][to.length];
}
