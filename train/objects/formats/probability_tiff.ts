/**
 * Probability maps as a TIFF of 32-bit floats, a page for each frame. They are written as they come, so
 * a stack that would pass 4 GiB without compression is a BigTIFF.
 *
 * @module
 */

import { TiffRowsLayout } from "../../images/formats/tiff/write_rows.ts";
import { compressPage, TiffStackLayout } from "../../images/formats/tiff_stack.ts";
import type { OutputFormat } from "./output_format.ts";

/**
 * Probability maps, in a subfolder under the labels' names.
 *
 * @category Output formats
 */
export const probabilityTiff: OutputFormat = {
  flag: "probability",
  sentence: "Also write probability maps as TIFF of 32-bit floats, probability/NAME.tif",
  needs: ["map"],
  file: (stem) => `probability/${stem}.tif`,
  open({ pages, ...options }) {
    const layout = new TiffStackLayout(pages, options);
    return { add: ({ map }) => layout.add(compressPage(map!)), end: () => [layout.end()] };
  },
  openRows: ({ largest: _, ...options }) =>
    new TiffRowsLayout({ ...options, sampleBytes: 4, isFloat: true }),
};
