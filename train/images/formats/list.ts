/**
 * The formats of image files that are read. Another one is one file and one line here.
 *
 * @module
 */

import type { ImageFormat } from "./format.ts";
import { png } from "./png.ts";
import { companionOf } from "./tiff/companion.ts";
import { tiff } from "./tiff.ts";

/**
 * Those that are read everywhere; a file is of the first that matches. The disk has more, see `every.ts`:
 * they need libraries that a page may not want to bring along.
 *
 * @category Formats
 */
export const imageFormats: readonly ImageFormat[] = [png, tiff, companionOf(tiff)];

/** The formats that are read from a source: its own, or else all that are listed here. */
export function formatsOf(
  { formats = imageFormats }: { readonly formats?: readonly ImageFormat[] },
): readonly ImageFormat[] {
  return formats;
}

/** The names of those that are advised, in a sentence: `PNG, TIFF or PGM`, `neither PNG nor TIFF`, `no PNG`. */
export function namesOf(formats: readonly ImageFormat[], { negated = false } = {}): string {
  const names = formats.filter(({ isAdvised = true }) => isAdvised).map(({ name }) => name);
  const last = names.pop() ?? "image";
  if (names.length === 0) return negated ? `no ${last}` : last;
  return negated ? `neither ${names.join(", ")} nor ${last}` : `${names.join(", ")} or ${last}`;
}

/** The format of an image that is a folder, by its path. */
export function folderFormatOf(
  path: string,
  formats: readonly ImageFormat[] = imageFormats,
): ImageFormat | undefined {
  return formats.find(({ folder }) => folder?.matches(path));
}
