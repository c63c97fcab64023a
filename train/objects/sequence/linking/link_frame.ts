/**
 * Which object of a frame goes on which track: the assignment that gains most, over all at once.
 *
 * A track and an object are worth considering if the object lies within reach of the place where the track
 * is expected, or shares pixels with the track's last object moved there. What the pair gains is the
 * intersection over union, and up to 1 for being near; changes of area and frames that were missed cost.
 *
 * @module
 */

import type { LabelImage, Shift } from "../../../images/image.ts";
import { assign, type Edge } from "../../scores/assignment.ts";
import { PointGrid } from "./point_grid.ts";
import { overlapWith, type SeenObject } from "../seen_object.ts";

/** A track that may go on. */
export interface Candidate {
  /** Its last object. */
  readonly object: SeenObject;
  /** The way that it is expected to have gone since. */
  readonly shift: Shift;
  /** Frames since it was seen; 1 for the frame before. */
  readonly age: number;
}

/** A frame, and how far objects go. */
export interface LinkingFrame {
  /** Its labels. */
  readonly labels: LabelImage;
  /** Its objects. */
  readonly objects: readonly SeenObject[];
  /** How far from its expected place an object of the next frame may be, in pixels. */
  readonly reach: number;
}

/** What a doubled or halved area costs. */
const AREA_COST = 0.2;
/** What each frame costs in which the track was not seen. */
const MISSED_COST = 0.15;

/**
 * Links tracks to the objects of a frame.
 *
 * @returns For each track the index of its object, or −1.
 */
export function linkFrame(
  tracks: readonly Candidate[],
  { labels, objects, reach }: LinkingFrame,
): Int32Array<ArrayBuffer> {
  const grid = new PointGrid(objects, reach);
  const indexOf = new Map(objects.map(({ label }, i) => [label, i]));
  const edges: Edge[] = [];
  tracks.forEach(({ object, shift, age }, row) => {
    const own = reach * Math.sqrt(age);
    const shared = overlapWith(object, labels, shift);
    const place = { y: object.y + shift.y, x: object.x + shift.x };
    const columns = new Map(
      grid.near(place, own).map(({ index, distance }) => [index, 1 - (distance / own) ** 2]),
    );
    for (const label of shared.keys()) {
      const index = indexOf.get(label)!;
      if (!columns.has(index)) columns.set(index, 0);
    }
    for (const [column, nearness] of columns) {
      const { label, area } = objects[column];
      const common = shared.get(label) ?? 0;
      const iou = common / (object.area + area - common);
      const change = Math.abs(Math.log2(area / object.area));
      const gain = nearness + iou - AREA_COST * change - MISSED_COST * (age - 1);
      if (gain > 0) edges.push({ row, column, gain });
    }
  });
  return assign(edges, { rows: tracks.length, columns: objects.length });
}
