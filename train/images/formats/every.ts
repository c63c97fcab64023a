/**
 * Every format of image files, those among them that need libraries of their own, which are loaded when the
 * first such file is met. A file of its own, so that a page brings along only what it names.
 *
 * @module
 */

import type { ImageFormat } from "./format.ts";
import { hdf5 } from "./hdf5/format.ts";
import { png } from "./png.ts";
import { companionOf } from "./tiff/companion.ts";
import { compressions } from "./tiff/compressions/list.ts";
import { tiffWith } from "./tiff.ts";
import { zarr } from "./zarr/format.ts";

const tiff = tiffWith(compressions);

/** All of them; a file is of the first that matches. */
export const everyFormat: readonly ImageFormat[] = [png, tiff, companionOf(tiff), hdf5, zarr];
