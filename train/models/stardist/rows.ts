/**
 * StarDist on images that need not fit into memory. Candidates come block by block, and an object is decided
 * as soon as nothing that is still to come can touch it, so each is found once, also over seams; what is
 * kept of the image are its objects, which are painted when their rows are wanted.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { runSteps, type Steps } from "../../../kernels/masks/mod.ts";
import { type Candidates, selectCandidates } from "../../../nn/labels/stardist/candidates.ts";
import {
  GrowingSuppression,
  MarginError,
} from "../../../nn/labels/stardist/growing_suppression.ts";
import { rayPolygons } from "../../../nn/labels/stardist/polygons.ts";
import { paintRows, rowsOfPolygons } from "../../../nn/labels/stardist/render.ts";
import type { SegmentOptions } from "../model_kind.ts";
import {
  type BlockLine,
  blockLines,
  type RowSegmentation,
  type RowSegmentOptions,
} from "../tiles/row_blocks.ts";
import { type Border, proposingPoints, type StarDecoding } from "./border.ts";
import { enlarged, type StarAnswer } from "./candidates.ts";

/** Finds candidates of an image. */
type Propose = (
  device: Device,
  options:
    & Omit<SegmentOptions<StarDecoding>, "decode">
    & { border?: Border; threshold: number },
) => Steps<StarAnswer>;

/** How far up from its point an object may reach, in pixels, before all begins again with twice as much. */
const MARGIN = 256;

/** Segments an image block by block. */
export async function segmentRows(
  device: Device,
  { margin = MARGIN, ...options }: RowSegmentOptions<StarDecoding> & {
    propose: Propose;
    margin?: number;
  },
): Promise<RowSegmentation> {
  const { onMap } = options;
  let told = 0;
  // Where all begins again, the map goes on where it was.
  const onRowsOfMap = onMap && (async (rows: Float32Array<ArrayBuffer>, end: number) => {
    if (end <= told) return;
    told = end;
    await onMap(rows);
  });
  for (let allowed = margin;; allowed *= 2) {
    try {
      const found = await findInRows(device, { ...options, onRowsOfMap, margin: allowed });
      return painted(found, options);
    } catch (error) {
      if (!(error instanceof MarginError)) throw error;
    }
  }
}

async function findInRows(
  device: Device,
  { network, image, decode, blockRows, propose, margin, onRowsOfMap, onRows, ...seeing }:
    & Omit<RowSegmentOptions<StarDecoding>, "stores" | "onMap">
    & {
      propose: Propose;
      margin: number;
      onRowsOfMap?: (rows: Float32Array<ArrayBuffer>, end: number) => Promise<void>;
    },
): Promise<Candidates> {
  const { prob: threshold, nms, border = "mirror" } = decode;
  const { width, height } = image;
  const { grid, sizeMultiple: multiple } = network;
  const rule = { size: { width, height }, grid, multiple, border };
  const proposing = proposingPoints(rule);
  const suppression = new GrowingSuppression({ threshold: nms, margin });
  for (const { seen, kept } of blockLines(height, { network, side: blockRows })) {
    const part = await image.rows(seen);
    const steps = propose(device, { ...seeing, network, image: part, border, threshold });
    const { candidates, prob } = await runSteps(device, steps);
    const own = ownCandidates(candidates, { seen, kept, grid, rows: proposing.rows });
    suppression.add(own, kept.to === height ? Infinity : kept.to);
    if (onRowsOfMap) {
      const all = enlarged(prob, { width, height: seen.to - seen.from, grid }).data;
      const [from, to] = [kept.from, kept.to].map((row) => (row - seen.from) * width);
      await onRowsOfMap(all.slice(from, to), kept.to);
    }
    onRows?.(kept.to);
  }
  return suppression.end();
}

/** The candidates of a block's own rows, where they lie in the image. */
function ownCandidates(
  candidates: Candidates,
  { seen, kept, grid, rows: [first, end] }: BlockLine & {
    grid: number;
    rows: readonly [from: number, to: number];
  },
): Candidates {
  const own: number[] = [];
  for (let at = 0; at < candidates.count; at++) {
    const row = seen.from + candidates.points[2 * at];
    const isProposing = row >= first * grid && row < end * grid;
    if (isProposing && row >= kept.from && row < kept.to) own.push(at);
  }
  const selected = selectCandidates(candidates, own);
  for (let at = 0; at < selected.count; at++) selected.points[2 * at] += seen.from;
  return selected;
}

/** Objects as labels, which are painted when they are asked for. */
function painted(
  objects: Candidates,
  { image: { width, height }, blockRows }: Pick<
    RowSegmentOptions<StarDecoding>,
    "image" | "blockRows"
  >,
): RowSegmentation {
  const { rays, count } = objects;
  const vertices = rayPolygons(objects);
  const reached = rowsOfPolygons(vertices, rays);
  const labels = async function* () {
    for (let from = 0; from < height; from += blockRows) {
      const to = Math.min(from + blockRows, height);
      const polygons: number[] = [];
      for (let at = 0; at < count; at++) {
        if (reached[2 * at] < to && reached[2 * at + 1] >= from) polygons.push(at);
      }
      yield paintRows(vertices, { rays, width, rows: [from, to], polygons });
    }
  };
  return { count, labels };
}
