/**
 * The extent of one image plane, checked before any kernel runs.
 *
 * @module
 */

import { formatShape, type Shape, sizeOf } from "../gpu/shape.ts";

/** Height and width of one image plane, in pixels. */
export interface PlaneSize {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
}

/**
 * The height and width of a tensor that holds one plane: `[h, w]`, or more axes in front of extent 1.
 *
 * @param shape The tensor's shape.
 * @param task What is being done, for the message: `"label components"`.
 * @throws {TypeError} If there are fewer than two axes.
 * @throws {RangeError} If an axis is empty or the tensor holds several planes.
 */
export function planeSize(shape: Shape, task: string): PlaneSize {
  if (shape.length < 2) {
    throw new TypeError(`Cannot ${task}: the plane is ${formatShape(shape)}, expected [h,w]`);
  }
  const [height, width] = shape.slice(-2);
  if (sizeOf(shape) !== height * width || height * width === 0) {
    throw new RangeError(
      `Cannot ${task}: the plane is ${formatShape(shape)}, expected one plane [h,w] with pixels`,
    );
  }
  return { height, width };
}
