/**
 * Where the windows of a convolution lie: how far apart, and how far over the edge of the image.
 *
 * @module
 */

import { formatShape, imageShape, type Shape } from "../../gpu/shape.ts";

/**
 * Parameters of {@linkcode conv2d}.
 *
 * @category Operations
 */
export type Conv2dParams = {
  /** Whether negative results become 0 (fused into the kernel). */
  readonly relu: boolean;
  /** Pixels from one window to the next; 1 unless told. */
  readonly stride?: number;
  /**
   * Rows and columns of zeros around the image; (k − 1) / 2 unless told, which keeps its size at stride 1.
   * With 0 every window lies inside.
   */
  readonly padding?: number;
};

/** Stride and padding as they are, none left out. */
export interface Geometry {
  /** Pixels from one window to the next. */
  readonly stride: number;
  /** Rows and columns of zeros around the image. */
  readonly padding: number;
}

/** Stride and padding of a kernel of side k. */
export function geometryOf(
  { stride = 1, padding }: Pick<Conv2dParams, "stride" | "padding">,
  k: number,
): Geometry {
  return { stride, padding: padding ?? (k - 1) / 2 };
}

/** Rows and columns of the result for an image `[n, c, h, w]`. */
export function outputSides(
  [, , height, width]: Shape,
  { k, stride, padding }: Geometry & { k: number },
): [rows: number, columns: number] {
  const count = (side: number) => Math.floor((side + 2 * padding - k) / stride) + 1;
  return [count(height), count(width)];
}

/**
 * The shape of a convolution's result.
 *
 * @throws {TypeError} If x is no batch of images.
 * @throws {RangeError} If x, w and b do not fit, or stride and padding make no sense with them.
 */
export function convolvedShape([x, w, b]: readonly Shape[], params: Conv2dParams): Shape {
  const [batch, channels, height, width] = imageShape(x, "conv2d");
  const both = `Cannot convolve x ${formatShape(x)} with w ${formatShape(w)}`;
  const isOdd = params.padding === undefined;
  if (
    w.length !== 4 || !(w[0] > 0 && w[2] > 0) || w[2] !== w[3] || (isOdd && w[2] % 2 !== 1)
  ) {
    const sides = isOdd ? " with odd k, or any k with a padding" : "";
    throw new RangeError(`${both}: w must be [c_out,c_in,k,k]${sides}`);
  }
  if (w[1] !== channels) {
    throw new RangeError(`${both}: x has ${channels} channels, w expects ${w[1]}`);
  }
  if (b.length !== 1 || b[0] !== w[0]) {
    throw new RangeError(`${both}: b is ${formatShape(b)}, expected [${w[0]}]`);
  }
  const k = w[2];
  const { stride, padding } = geometryOf(params, k);
  const isWhole = Number.isInteger(stride) && Number.isInteger(padding);
  if (!(isWhole && stride > 0 && padding >= 0)) {
    throw new RangeError(`${both}: stride is ${stride} and padding ${padding}`);
  }
  if (Math.min(height, width) + 2 * padding < k) {
    throw new RangeError(`${both}: with padding ${padding} x is smaller than a window`);
  }
  return [batch, w[0], ...outputSides(x, { k, stride, padding })];
}
