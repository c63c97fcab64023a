/**
 * What softmax and its losses are made of: the exponentials of the distances from the largest value along
 * an axis, which neither overflow nor vanish altogether, and their sum.
 *
 * @module
 */

import type { Device } from "../../gpu/device.ts";
import { formatShape, type Shape, sizeOf } from "../../gpu/shape.ts";
import type { Tensor } from "../../gpu/tensor.ts";
import { axesOf } from "./layout.ts";
import { reduceAxes } from "./reduction.ts";
import { broadcast } from "./views.ts";

/** A tensor as lines along one axis: `[outer, extent, inner]`. */
export interface Lines {
  /** The axis, from 0 on. */
  readonly axis: number;
  /** Elements of a line. */
  readonly extent: number;
  /** Elements from one of a line to the next. */
  readonly inner: number;
  /** How many lines there are. */
  readonly count: number;
  /** The shape with this axis of extent 1. */
  readonly kept: Shape;
}

/**
 * The lines of a tensor along an axis, −1 being the last.
 *
 * @throws {RangeError} If there is no such axis, or one is empty.
 */
export function linesOf(
  shape: Shape,
  { axis, operation }: { axis: number; operation: string },
): Lines {
  const [found] = axesOf([axis], { shape, operation });
  if (sizeOf(shape) === 0) {
    throw new RangeError(`Cannot run ${operation}: x is ${formatShape(shape)}, an axis is empty`);
  }
  return {
    axis: found,
    extent: shape[found],
    inner: sizeOf(shape.slice(found + 1)),
    count: sizeOf(shape) / shape[found],
    kept: shape.map((extent, i) => i === found ? 1 : extent),
  };
}

/** Of each line the largest value, and Σ e^(x − largest) with its terms. */
export interface Exponentials {
  /** The largest value, of the shape with the axis of extent 1. */
  readonly largest: Tensor<"f32">;
  /** e^(x − largest). */
  readonly terms: Tensor<"f32">;
  /** Their sum, of the shape with the axis of extent 1. */
  readonly sums: Tensor<"f32">;
}

/** Computes the exponentials along an axis; they belong to the innermost scope. */
export function exponentials(
  device: Device,
  x: Tensor<"f32">,
  { axis, kept }: Pick<Lines, "axis" | "kept">,
): Exponentials {
  const line = { axes: [axis], shape: kept };
  const largest = reduceAxes(device, x, { label: "largest", kind: "max", ...line });
  const terms = broadcast(device, {
    label: "exponentials",
    shape: x.shape,
    inputs: [x, largest],
    expression: "exp(a - b)",
  });
  return {
    largest,
    terms,
    sums: reduceAxes(device, terms, { label: "sum", kind: "sum", ...line }),
  };
}
