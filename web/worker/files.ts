/**
 * Files that the page handed over, bundle by bundle and some at a time: to hand over a file costs the page a
 * millisecond, and it must answer meanwhile.
 *
 * @module
 */

import type { FileBundle, GivenFile } from "../shared/messages.ts";

const bundles = new Map<string, GivenFile[]>();

/** Adds files to a bundle. */
export function addFiles({ id, files }: FileBundle): void {
  const known = bundles.get(id) ?? [];
  known.push(...files);
  bundles.set(id, known);
}

/** Forgets a bundle. */
export function dropFiles({ id }: { id: string }): void {
  bundles.delete(id);
}

/** The files of a bundle. */
export function filesOf(id: string): readonly GivenFile[] {
  return bundles.get(id) ?? [];
}
