/**
 * Labels on their way into a TIFF.
 *
 * @module
 */

import {
  compressPage,
  labelPage,
  needsWideIds,
  type TiffStackPage,
} from "../../images/formats/tiff_stack.ts";
import type { LabelImage } from "../../images/image.ts";

/** Compresses labels to a page of as many bits as they need, and gives them back. */
export function compressLabels(
  labels: LabelImage,
): { readonly labels: LabelImage; readonly page: TiffStackPage } {
  return { labels, page: compressPage(labelPage(labels, { wide: needsWideIds(labels) })) };
}
