/**
 * A U-Net on images that need not fit into memory: the probability is kept block by block outside of it,
 * and so are the numbers of its connected parts, which are joined over the seams.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { runSteps } from "../../../kernels/masks/mod.ts";
import { blockLines, type RowSegmentation, type RowSegmentOptions } from "../tiles/row_blocks.ts";
import { type PostprocessSettings, rowPostprocessSteps } from "./postprocess.ts";
import { probabilitySteps } from "./probability.ts";

/** Segments an image block by block. */
export async function segmentRows(
  device: Device,
  { network, image, decode, blockRows, stores, onMap, onRows, ...seeing }: RowSegmentOptions<
    PostprocessSettings
  >,
): Promise<RowSegmentation> {
  const { width, height } = image;
  const map = stores.floats(width);
  for (const { seen, kept } of blockLines(height, { network, side: blockRows })) {
    const part = await image.rows(seen);
    const steps = probabilitySteps(device, { ...seeing, network, image: part });
    const { data } = await runSteps(device, steps);
    const rows = data.subarray((kept.from - seen.from) * width, (kept.to - seen.from) * width);
    map.write(rows);
    await onMap?.(rows);
    onRows?.(kept.to);
  }
  const first = stores.numbers(width);
  const { numbers, count } = await runSteps(
    device,
    rowPostprocessSteps(device, {
      ...{ width, height },
      read: (from, to) => map.read(from, to),
      keep: (labels) => first.write(labels),
    }, decode),
  );
  const labels = async function* () {
    for (let from = 0; from < height; from += blockRows) {
      const rows = first.read(from, Math.min(from + blockRows, height));
      for (let i = 0; i < rows.length; i++) rows[i] = numbers[rows[i]];
      yield rows;
    }
  };
  return { count, labels };
}
