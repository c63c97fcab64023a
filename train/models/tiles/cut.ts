/**
 * Tiles of an image in CPU memory: only they are uploaded, so an image may be far larger than a buffer
 * of the GPU.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import type { Tensor } from "../../../kernels/gpu/tensor.ts";
import type { PlaneView, TileArea } from "../../../kernels/masks/mod.ts";
import { expose } from "../../images/exposure.ts";
import { channelCount, type Channels, type Plane } from "../../images/image.ts";
import { reflectIndex } from "../../images/sample.ts";

/** Where a tile lies, and how it is seen. */
export interface TileCut {
  /** How the image is seen. */
  readonly view: PlaneView;
  /** Where the tile lies in the view. */
  readonly area: TileArea;
  /** Its exposure, see `expose`; 1 unless told. */
  readonly exposure?: number;
}

/**
 * Cuts a tile out of a view of an image and uploads it; what lies past any edge is mirrored at the last
 * pixel.
 *
 * @returns The tile `[1, c, h, w]`, a tensor of the innermost scope.
 * @throws {OutOfMemoryError} If it does not fit.
 */
export function uploadTile(
  device: Device,
  image: Plane | Channels,
  { view, area, exposure = 1 }: TileCut,
): Tensor<"f32"> {
  const channels = channelCount(image);
  const data = cutPixels(image, { view, area });
  const tile = expose({ width: area.width, height: area.height * channels, data }, exposure);
  return device.upload([1, channels, area.height, area.width], tile.data);
}

/** The pixels of a tile, `[c, h, w]`; what lies past the view's edges is mirrored. */
export function cutPixels(
  image: Plane | Channels,
  { view, area }: { view: PlaneView; area: TileArea },
): Float32Array<ArrayBuffer> {
  const { left, top, width, height } = area;
  const channels = channelCount(image);
  const planePixels = image.width * image.height;
  const data = new Float32Array(channels * height * width);
  const columns = Int32Array.from(
    { length: width },
    (_, x) => reflectIndex(left + x, view.width) * view.stepX,
  );
  // Where columns follow each other as in the image, those inside it are copied as a whole.
  const isPlain = view.stepX === 1;
  const first = isPlain ? Math.min(width, Math.max(0, -left)) : width;
  const last = isPlain ? Math.max(first, Math.min(width, view.width - left)) : width;
  const { data: pixels } = image;
  for (let row = 0; row < channels * height; row++) {
    const y = reflectIndex(top + row % height, view.height);
    const start = Math.floor(row / height) * planePixels + view.origin + y * view.stepY;
    const to = row * width;
    for (let x = 0; x < first; x++) data[to + x] = pixels[start + columns[x]];
    if (last > first) {
      const from = start + left;
      data.set(pixels.subarray(from + first, from + last), to + first);
    }
    for (let x = last; x < width; x++) data[to + x] = pixels[start + columns[x]];
  }
  return data;
}
