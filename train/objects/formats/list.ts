/**
 * Every format in which results are written. The command line has a flag for each that has one.
 *
 * @module
 */

import { doubtfulTiff } from "./doubtful_tiff.ts";
import { geoJson } from "./geojson.ts";
import { imagejRois } from "./imagej_roi.ts";
import { labelTiff } from "./label_tiff.ts";
import { omeZarr, probabilityZarr } from "./ome_zarr.ts";
import type { OutputFormat } from "./output_format.ts";
import { probabilityTiff } from "./probability_tiff.ts";

/**
 * The formats: labels, which are always written, then those to be asked for.
 *
 * @category Output formats
 */
export const outputFormats: readonly OutputFormat[] = [
  labelTiff,
  probabilityTiff,
  doubtfulTiff,
  imagejRois,
  geoJson,
  omeZarr,
  probabilityZarr,
];
