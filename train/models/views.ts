/**
 * Views of an image: the same image turned and exposed otherwise. A network's answers to several of
 * them, turned back, are averaged; what only one of them shows is an accident.
 *
 * @module
 */

import type { PlaneView } from "../../kernels/masks/mod.ts";
import type { Architecture } from "../../nn/module.ts";
import { ORIENTATIONS, swapsAxes } from "../images/orientation.ts";
import type { TileSides } from "./tiles/tile_plan.ts";

/**
 * One view.
 *
 * @category Models
 */
export interface View {
  /** How the image is turned, 0 to 7; 0 leaves it. */
  readonly orientation: number;
  /** The gain beside the image's exposure; 1 leaves it. */
  readonly gain: number;
}

/** The image as it is. */
export const PLAIN: readonly View[] = [{ orientation: 0, gain: 1 }];

/** All orientations at the image's own exposure: test-time augmentation. */
export const ALL_ORIENTATIONS: readonly View[] = Array.from(
  { length: ORIENTATIONS },
  (_, orientation) => ({ orientation, gain: 1 }),
);

/** The first views are as different as possible: half turn and transpose, brighter and dimmer. */
const VIEWS: readonly View[] = [
  { orientation: 0, gain: 1 },
  { orientation: 6, gain: 1.4 },
  { orientation: 1, gain: 0.7 },
  { orientation: 7, gain: 1 },
  { orientation: 2, gain: 1.4 },
  { orientation: 4, gain: 0.7 },
  { orientation: 3, gain: 1 },
  { orientation: 5, gain: 1 },
];

/**
 * The most views that there are.
 *
 * @category Models
 */
export const MOST_VIEWS: number = VIEWS.length;

/**
 * Whether answers of a network can be turned into all orientations: rays of StarDist only where there is
 * one for each quarter turn of another.
 */
export function canTurn({ options }: Architecture): boolean {
  const { rays } = options;
  return typeof rays !== "number" || rays % 4 === 0;
}

/**
 * So many views, each turned and exposed otherwise.
 *
 * @throws {RangeError} If the count is no whole number from 1 to {@linkcode MOST_VIEWS}.
 * @category Models
 */
export function viewsOf(count: number): readonly View[] {
  if (Number.isInteger(count) && count >= 1 && count <= VIEWS.length) return VIEWS.slice(0, count);
  throw new RangeError(
    `Cannot take ${count} views: expected a whole number from 1 to ${VIEWS.length}`,
  );
}

/**
 * How a plane `[height, width]` is read in an orientation, see `orient`.
 *
 * @param grid Grid points of the view are those of the plane: where they would not be, its last rows or
 *   columns are left out.
 */
export function planeView(
  { width: fullWidth, height: fullHeight }: TileSides,
  { orientation, grid = 1 }: { orientation: number; grid?: number },
): PlaneView {
  const mirrorsX = (orientation & 4) !== 0;
  const mirrorsY = (orientation & 2) !== 0;
  const swap = swapsAxes(orientation);
  // The first and the last column of a mirrored view are grid points, and so are its rows.
  const onGrid = (length: number) => length - (length - 1) % grid;
  const isTurned = orientation !== 0;
  const width = isTurned ? onGrid(fullWidth) : fullWidth;
  const height = isTurned ? onGrid(fullHeight) : fullHeight;
  const [viewWidth, viewHeight] = swap ? [height, width] : [width, height];
  const [alongX, alongY] = swap ? [fullWidth, 1] : [1, fullWidth];
  return {
    width: viewWidth,
    height: viewHeight,
    origin: (mirrorsX ? (viewWidth - 1) * alongX : 0) + (mirrorsY ? (viewHeight - 1) * alongY : 0),
    stepX: mirrorsX ? -alongX : alongX,
    stepY: mirrorsY ? -alongY : alongY,
    planePixels: fullWidth * fullHeight,
  };
}
