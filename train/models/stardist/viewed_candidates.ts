/**
 * Candidates of an image that is seen in several views. The sums over views have a value for each ray of
 * each grid point, so an image is looked at block by block, each in all views and with enough around it
 * that the answers are those of the whole image.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import type { Steps, TileArea } from "../../../kernels/masks/mod.ts";
import type { Network } from "../../../nn/module.ts";
import { channelCount, type Channels, type Plane } from "../../images/image.ts";
import { cutPixels } from "../tiles/cut.ts";
import { blockLines, type Line } from "../tiles/row_blocks.ts";
import type { TileSides } from "../tiles/tile_plan.ts";
import type { Tile } from "../tiles/tiling.ts";
import { PLAIN, planeView } from "../views.ts";
import { GrowingAnswer, type StarAnswer } from "./candidates.ts";
import { mergedMaps, type ViewedImage } from "./merged_maps.ts";

/** Pixels of a block: with 32 rays on every second pixel its sums take 0.3 GB. */
const BLOCK_PIXELS = 2 ** 23;

/**
 * Finds the candidates of an image in several views, one step a tile and view.
 *
 * @param options `threshold`: candidates are more probable than this; `blockPixels`: about how many pixels
 *   of the image are kept of a block.
 * @throws {OutOfMemoryError | RangeError} As {@linkcode mergedMaps}.
 */
export function* viewedCandidateSteps(
  device: Device,
  { threshold, blockPixels = BLOCK_PIXELS, ...seen }: ViewedImage & {
    threshold: number;
    blockPixels?: number;
  },
): Steps<StarAnswer> {
  const { network, image, border = "mirror" } = seen;
  const answer = new GrowingAnswer({ network, size: image, border, threshold });
  for (const block of blocksOf(image, { network, pixels: blockPixels })) {
    const part = partOf(image, block.area);
    answer.add(yield* mergedMaps(device, { ...seen, image: part }), block);
  }
  return answer.whole();
}

/** The blocks of an image; the kept parts cover it without overlap. */
function blocksOf(
  size: TileSides,
  { network, pixels }: { network: Network; pixels: number },
): Tile[] {
  if (size.width * size.height <= pixels) {
    const whole = { left: 0, top: 0, width: size.width, height: size.height };
    return [{ area: whole, kept: whole }];
  }
  const side = Math.sqrt(pixels);
  const rows = blockLines(size.height, { network, side });
  const columns = blockLines(size.width, { network, side });
  const area = (row: Line, column: Line): TileArea => ({
    left: column.from,
    top: row.from,
    width: column.to - column.from,
    height: row.to - row.from,
  });
  return rows.flatMap((row) =>
    columns.map((column) => ({
      area: area(row.seen, column.seen),
      kept: area(row.kept, column.kept),
    }))
  );
}

function partOf(image: Plane | Channels, area: TileArea): Plane | Channels {
  const { width, height } = area;
  if (width === image.width && height === image.height) return image;
  const data = cutPixels(image, { view: planeView(image, PLAIN[0]), area });
  return { width, height, channels: channelCount(image), data };
}
