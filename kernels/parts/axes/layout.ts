/**
 * How elements lie along axes: steps between them, axes that can be walked as one, shapes that are
 * repeated to fit each other.
 *
 * @module
 */

import type { NdArray } from "../../operation.ts";
import { formatShape, type Shape, sizeOf } from "../../gpu/shape.ts";

/** Elements from one index to the next along each axis of a contiguous array. */
export function stepsOf(shape: Shape): number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

/**
 * Steps along the axes of `result` through an array that is repeated to fill it (NumPy's broadcasting):
 * axes are compared from the last on, and one of extent 1 or none is repeated by not stepping.
 */
export function repeatedSteps(shape: Shape, result: Shape): number[] {
  const steps = stepsOf(shape);
  const missing = result.length - shape.length;
  return result.map((_, axis) => (shape[axis - missing] ?? 1) === 1 ? 0 : steps[axis - missing]);
}

/**
 * The shape that several shapes are repeated to (NumPy's broadcasting).
 *
 * @throws {RangeError} If two extents of an axis differ and neither is 1, or one is empty.
 */
export function broadcastShape(shapes: readonly Shape[], operation: string): Shape {
  const rank = Math.max(...shapes.map(({ length }) => length));
  const extents = Array.from({ length: rank }, (_, axis) => {
    const along = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const extent = along.find((extent) => extent !== 1) ?? 1;
    return extent > 0 && along.every((other) => other === 1 || other === extent) ? extent : null;
  });
  if (extents.some((extent) => extent === null)) {
    throw new RangeError(
      `Cannot run ${operation}: the inputs are ${
        shapes.map(formatShape).join(" and ")
      }, expected ` +
        "extents that are equal or 1, counted from the last axis",
    );
  }
  return extents as number[];
}

/**
 * The axes meant by numbers, where −1 is the last one: sorted, each once.
 *
 * @throws {RangeError} If there is no such axis, or one is named twice.
 */
export function axesOf(
  axes: readonly number[],
  { shape, operation }: { shape: Shape; operation: string },
): number[] {
  const rank = shape.length;
  const found = axes.map((axis) => axis < 0 ? axis + rank : axis).sort((a, b) => a - b);
  const isKnown = (axis: number) => Number.isInteger(axis) && axis >= 0 && axis < rank;
  if (!found.every((axis, i) => isKnown(axis) && axis !== found[i - 1])) {
    throw new RangeError(
      `Cannot run ${operation}: x is ${formatShape(shape)}, axes [${axes.join(",")}] asked for`,
    );
  }
  return found;
}

/** An axis that is walked: how many elements, and how far apart they are in each array. */
export interface Walk {
  /** The number of elements. */
  readonly extent: number;
  /** Steps between them, one for each array that is walked. */
  readonly steps: readonly number[];
}

/**
 * The fewest axes that visit the same elements in the same order: axes of extent 1 are left out, and
 * neighbours are joined where a step along the outer is a whole round of the inner in every array. There is
 * at least one.
 */
export function joinAxes(walks: readonly Walk[]): Walk[] {
  const joined: Walk[] = [];
  for (const walk of walks.filter(({ extent }) => extent !== 1)) {
    const outer = joined.at(-1);
    if (outer?.steps.every((step, i) => step === walk.steps[i] * walk.extent)) {
      joined[joined.length - 1] = { extent: outer.extent * walk.extent, steps: walk.steps };
    } else {
      joined.push(walk);
    }
  }
  const [first] = walks;
  return joined.length > 0 ? joined : [{ extent: 1, steps: first?.steps.map(() => 0) ?? [] }];
}

/** Visits all indices of a shape in row-major order, with the place that some steps lead to. */
export function visitIndices(
  shape: Shape,
  { steps, start = 0 }: { steps: readonly number[]; start?: number },
  visit: (place: number, index: readonly number[]) => void,
): void {
  const index = shape.map(() => 0);
  for (let count = sizeOf(shape); count > 0; count--) {
    visit(index.reduce((place, at, axis) => place + at * steps[axis], start), index);
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) {
      index[axis] = 0;
    }
  }
}

/** An array of the same elements read by other steps, in plain loops. */
export function walkArray(
  { data }: NdArray,
  { shape, steps, start }: { shape: Shape; steps: readonly number[]; start?: number },
): NdArray {
  const result = new Float64Array(sizeOf(shape));
  let i = 0;
  visitIndices(shape, { steps, start }, (place) => result[i++] = data[place]);
  return { shape, data: result };
}
