/**
 * Doubtful objects as a TIFF of labels, a page for each frame: what was proposed and not kept.
 *
 * @module
 */

import { labelTiff } from "./label_tiff.ts";
import type { FrameResult, OutputFormat } from "./output_format.ts";

/**
 * Doubtful objects, in a subfolder under the labels' names.
 *
 * @category Output formats
 */
export const doubtfulTiff: OutputFormat = {
  flag: "doubtful",
  sentence: "Also write what StarDist proposes and does not keep, as labels, doubtful/NAME.tif",
  needs: ["doubtful"],
  file: (stem) => `doubtful/${stem}.tif`,
  open(options) {
    const layout = labelTiff.open(options);
    const asLabels = ({ doubtful }: FrameResult): FrameResult => ({ labels: doubtful! });
    return {
      anew: (frame, written) => layout.anew!(asLabels(frame), written),
      add: (frame) => layout.add(asLabels(frame)),
      end: () => layout.end(),
    };
  },
};
