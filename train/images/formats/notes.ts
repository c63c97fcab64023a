/**
 * What a user should know about files, as sentences of the form `FILE: what`.
 *
 * @module
 */

/**
 * Says once what was noted of several files.
 *
 * @returns The notes in the order in which each was first made, none twice.
 *
 * @example
 * ```ts
 * import { groupNotes } from "./notes.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const notes = ["a.png: RGB", "b.png: RGB", "a.png: small", "c.png: RGB"];
 * assertEquals(groupNotes(notes), ["a.png and 2 others: RGB", "a.png: small"]);
 * ```
 */
export function groupNotes(notes: Iterable<string>): string[] {
  const files = new Map<string, Set<string>>();
  for (const note of notes) {
    const [file, ...rest] = note.split(": ");
    const what = rest.length === 0 ? note : rest.join(": ");
    const named = files.get(what) ?? new Set();
    files.set(what, rest.length === 0 ? named : named.add(file));
  }
  return [...files].map(([what, named]) => {
    const [first, ...others] = named;
    if (first === undefined) return what;
    const more = others.length > 1
      ? ` and ${others.length} others`
      : others.length === 1
      ? ` and ${others[0]}`
      : "";
    return `${first}${more}: ${what}`;
  });
}
