/**
 * Labels as a TIFF, a page for each frame, of 16 bits or of 32 where an id needs them. Which it is is
 * known at the end only, so the pages wait in memory, compressed.
 *
 * @module
 */

import {
  bytesOf,
  compressPage,
  labelPage,
  needsWideIds,
  TiffStackLayout,
  type TiffStackPage,
  widenPage,
} from "../../images/formats/tiff_stack.ts";
import type { FileOptions, OutputFormat, OutputLayout } from "./output_format.ts";

/** Labels, `NAME.tif`: always written. */
export const labelTiff: OutputFormat = {
  flag: null,
  sentence: "Write labels as TIFF of 16 bits, or of 32 where an id needs them, NAME.tif",
  needs: [],
  file: (stem) => `${stem}.tif`,
  open: labelLayout,
};

function labelLayout({ axis, calibration }: FileOptions): OutputLayout {
  let pages: TiffStackPage[] = [];
  let wide = false;
  return {
    add({ labels }) {
      if (!wide && needsWideIds(labels)) {
        wide = true;
        pages = pages.map(widenPage);
      }
      pages.push(compressPage(labelPage(labels, { wide })));
      return new Uint8Array();
    },
    *end() {
      const stripBytes = bytesOf(pages);
      const layout = new TiffStackLayout(pages.length, { axis, calibration, stripBytes });
      for (const page of pages) yield layout.add(page);
      yield layout.end();
    },
  };
}
