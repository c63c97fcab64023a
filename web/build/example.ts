/**
 * The example movie inside the page: nuclei that are made up, like the built-in set.
 *
 * @module
 */

import {
  compressPage,
  concatenate,
  TiffStackLayout,
} from "../../train/images/formats/tiff_stack.ts";
import { syntheticVideo } from "../../train/synthetic/mod.ts";

/** The example as a TIFF stack of frames, 16 bits each. */
export function exampleMovie(): Uint8Array<ArrayBuffer> {
  const { frames } = syntheticVideo({ seed: 7, frames: 8, size: 128 });
  const pages = frames.map(({ width, height, data }) => {
    const samples = Uint16Array.from(
      data,
      (value) => Math.max(0, Math.min(65535, Math.round(value))),
    );
    return compressPage({ width, height, data: samples });
  });
  const layout = new TiffStackLayout(pages.length, { axis: "frames" });
  return concatenate([...pages.map((page) => layout.add(page)), layout.end()]);
}
