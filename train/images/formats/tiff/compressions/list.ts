/**
 * The compressions of TIFF that are read through libraries.
 *
 * @module
 */

import type { Compression } from "./compression.ts";
import { fax3, fax4 } from "./fax.ts";
import { jpeg } from "./jpeg.ts";
import { jpeg2000 } from "./jpeg2000.ts";
import { lzma } from "./lzma.ts";
import { webp } from "./webp.ts";
import { zstandard } from "./zstandard.ts";

/** All of them. To add one, write its record and name it here. */
export const compressions: readonly Compression[] = [
  fax3,
  fax4,
  jpeg,
  jpeg2000,
  lzma,
  zstandard,
  webp,
];
