/**
 * Where masks are written to.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { disk } from "../disk/files.ts";
import { imageStem } from "../../images/names.ts";
import type { ImageSet } from "./scribbles.ts";

/** One mask file and the numbers of the images that go into it. */
export interface MaskFile {
  /** Where it is written. */
  readonly path: string;
  /** The images, in order. */
  readonly images: readonly number[];
}

/** A stack of images gives one file, a folder one for each image. */
export function maskFiles({ names, stack }: ImageSet, { out }: { out: string }): MaskFile[] {
  const numbers = [...names.keys()];
  const pathOf = (name: string) => join(out, `${imageStem(name)}.tif`);
  if (stack) return [{ path: pathOf(names[0].replace(/#\d+$/, "")), images: numbers }];
  return numbers.map((i) => ({ path: pathOf(names[i]), images: [i] }));
}

/** Those of some files that are not there. */
export async function absentFiles(files: readonly MaskFile[]): Promise<MaskFile[]> {
  const found = await Promise.all(
    files.map(({ path }) => Deno.stat(path).then(() => true, () => false)),
  );
  return files.filter((_, i) => !found[i]);
}

/**
 * Refuses to write where the images or the scribbles are.
 *
 * @throws {Error} If the folders are the same.
 */
export async function checkFolders(
  { images, scribbles, out }: { images: string; scribbles: string; out: string },
): Promise<void> {
  const target = await Deno.realPath(out).catch(() => null);
  for (const path of [images, scribbles]) {
    const folder = await Deno.realPath(await disk.isFolder(path) ? path : dirname(path));
    if (folder !== target) continue;
    throw new Error(
      `Cannot write masks of ${images} into ${out}: they would be mixed with or replace ${path}; ` +
        "give another --out",
    );
  }
}
