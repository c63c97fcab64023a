/**
 * Shapes: their sizes, how they are written, and how they are checked.
 *
 * @module
 */

/**
 * The extent of a tensor along each axis; images are `[n, c, h, w]`.
 *
 * @category Tensors
 */
export type Shape = readonly number[];

/**
 * The number of elements of a tensor with this shape.
 *
 * @category Tensors
 */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/**
 * A shape as it stands in messages: `[1,3,64,64]`.
 *
 * @category Tensors
 */
export function formatShape(shape: Shape): string {
  return `[${shape.join(",")}]`;
}

/**
 * Checks that every axis of a shape is a whole number from 0.
 *
 * @throws {RangeError} If one is not.
 */
export function checkShape(shape: Shape): void {
  if (shape.every((extent) => Number.isInteger(extent) && extent >= 0)) return;
  throw new RangeError(
    `Cannot make a tensor of shape ${formatShape(shape)}: an axis is a whole number from 0`,
  );
}

/** Whether two shapes are the same. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/**
 * Checks that a shape has four axes and at least one element.
 *
 * @returns The shape as `[n, c, h, w]`.
 * @throws {TypeError} If it has another number of axes.
 * @throws {RangeError} If an axis is empty.
 */
export function imageShape(shape: Shape, operation: string): [number, number, number, number] {
  if (shape.length !== 4) {
    throw new TypeError(`Cannot run ${operation}: x is ${formatShape(shape)}, expected [n,c,h,w]`);
  }
  if (!shape.every((extent) => Number.isInteger(extent) && extent > 0)) {
    throw new RangeError(`Cannot run ${operation}: x is ${formatShape(shape)}, an axis is empty`);
  }
  const [n, c, h, w] = shape;
  return [n, c, h, w];
}

/**
 * Checks that a loss has something to be computed from.
 *
 * @throws {RangeError} If an axis is empty.
 */
export function requireElements(shape: Shape, operation: string): void {
  if (sizeOf(shape) > 0) return;
  throw new RangeError(
    `Cannot run ${operation}: the inputs are ${formatShape(shape)}, an axis is empty`,
  );
}

/**
 * Checks that two inputs have the same shape.
 *
 * @throws {RangeError} If they differ, with both shapes.
 */
export function requireSameShape(shapes: readonly Shape[], operation: string): Shape {
  const [a, b] = shapes;
  if (!sameShape(a, b)) {
    throw new RangeError(
      `Cannot run ${operation}: the inputs are ${formatShape(a)} and ${
        formatShape(b)
      }, expected the same shape`,
    );
  }
  return a;
}

/** Whether an image can be stored as halves: its rows are whole vectors, which are written at once. */
export function canBeHalf(shape: Shape): boolean {
  return shape[shape.length - 1] % 4 === 0;
}
