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

/** Pixels along one axis. */
interface Line {
  readonly from: number;
  readonly to: number;
}

/**
 * Blocks along one axis. What is seen of the image begins at a multiple of what the network takes, and
 * ends, counted from the end of the mirrored image, at one, too: then pooling meets the same pixels in
 * every view as in the whole image.
 */
function blockLines(
  length: number,
  { network: { grid, sizeMultiple, reach }, side }: { network: Network; side: number },
): { seen: Line; kept: Line }[] {
  const step = Math.max(1, Math.ceil(side / sizeMultiple)) * sizeMultiple;
  const around = Math.ceil(reach / sizeMultiple) * sizeMultiple + sizeMultiple;
  const mirrored = length - (length - 1) % grid;
  return Array.from({ length: Math.ceil(length / step) }, (_, i) => {
    const kept = { from: i * step, to: Math.min((i + 1) * step, length) };
    const missing = (mirrored - kept.to - around) % sizeMultiple;
    const to = kept.to + around + (missing + sizeMultiple) % sizeMultiple;
    const seen = { from: Math.max(0, kept.from - around), to: to >= mirrored ? length : to };
    return { seen, kept };
  });
}

function partOf(image: Plane | Channels, area: TileArea): Plane | Channels {
  const { width, height } = area;
  if (width === image.width && height === image.height) return image;
  const data = cutPixels(image, { view: planeView(image, PLAIN[0]), area });
  return { width, height, channels: channelCount(image), data };
}
