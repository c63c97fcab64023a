/**
 * What tests may import: tests/ROOM/ mirrors ROOM, and knows it and the rooms below it.
 *
 * @module
 */

import type { Arrow } from "./rooms.ts";

/** Seeded numbers, which tests of every room draw. */
const FOR_ALL = "train/images/random.ts";

/**
 * Complaints about tests that import from a room above theirs, or of another test what does not lie in
 * a folder `fixtures`. Tests outside of the rooms, such as tests/bench/, may import from everywhere.
 *
 * @param rooms The rooms from the bottom up.
 */
export function wrongArrowsOfTests(
  arrows: Iterable<Arrow>,
  rooms: readonly string[],
): string[] {
  return [...arrows].filter(({ from, to }) =>
    from.startsWith("tests/") && to !== FOR_ALL &&
    (isAbove({ from, to }, rooms) || isPrivate({ from, to }))
  ).map(({ from, to, line }) => `${from}:${line} imports ${to}: a wrong arrow of a test`);
}

/** Whether a test names a room above its own; it has one if there is a room of its folder's name. */
function isAbove(
  { from, to }: { from: string; to: string },
  rooms: readonly string[],
): boolean {
  const rank = rooms.indexOf(folderOf(from));
  if (rank < 0) return false;
  if (!to.startsWith("tests/")) return !rooms.slice(0, rank + 1).includes(to.split("/")[0]);
  return rooms.indexOf(folderOf(to)) > rank;
}

/** Whether it names a file of another folder of tests that is not there for others. */
function isPrivate({ from, to }: { from: string; to: string }): boolean {
  const isAtTop = from.split("/").length === 2;
  return to.startsWith("tests/") && !to.includes("/fixtures/") && !isAtTop &&
    folderOf(from) !== folderOf(to);
}

function folderOf(test: string): string {
  return test.split("/")[1];
}
