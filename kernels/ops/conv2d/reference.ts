/**
 * Convolution in plain loops on float64.
 *
 * @module
 */

import { type NdArray, zeros } from "../../operation.ts";
import { type Conv2dParams, type Geometry, geometryOf, outputSides } from "./geometry.ts";

/** Calls back with the flat indices of every (output, input, weight) triple that meet. */
function visit(
  [x, w]: readonly NdArray[],
  { stride, padding }: Geometry,
  meet: (out: number, input: number, weight: number) => void,
): void {
  const [batch, cIn, height, width] = x.shape;
  const [cOut, , k] = w.shape;
  const [rows, columns] = outputSides(x.shape, { k, stride, padding });
  for (let plane = 0; plane < batch * cOut; plane++) {
    const [image, o] = [Math.floor(plane / cOut), plane % cOut];
    for (let at = 0; at < rows * columns; at++) {
      for (let tap = 0; tap < cIn * k * k; tap++) {
        const channel = Math.floor(tap / k / k);
        const i = Math.floor(at / columns) * stride + Math.floor(tap / k) % k - padding;
        const j = at % columns * stride + tap % k - padding;
        if (i < 0 || i >= height || j < 0 || j >= width) continue;
        const input = ((image * cIn + channel) * height + i) * width + j;
        meet(plane * rows * columns + at, input, o * cIn * k * k + tap);
      }
    }
  }
}

/** y = x ⋆ w + b, then ReLU where asked. */
export function convolve(
  [x, w, b]: readonly NdArray[],
  { relu, ...rest }: Conv2dParams,
): NdArray {
  const geometry = geometryOf(rest, w.shape[2]);
  const [height, width] = outputSides(x.shape, { k: w.shape[2], ...geometry });
  const y = zeros([x.shape[0], w.shape[0], height, width]);
  for (let i = 0; i < y.data.length; i++) {
    y.data[i] = b.data[Math.floor(i / (height * width)) % b.data.length];
  }
  visit([x, w], geometry, (out, input, weight) => y.data[out] += x.data[input] * w.data[weight]);
  return relu ? { shape: y.shape, data: y.data.map((value) => Math.max(0, value)) } : y;
}

/** Gradients of {@linkcode convolve} with respect to x, w and b. */
export function convolveBackward(
  inputs: readonly NdArray[],
  dy: NdArray,
  params: Conv2dParams,
): NdArray[] {
  const [x, w, b] = inputs;
  const { relu } = params;
  const y = convolve(inputs, params);
  const dz = dy.data.map((g, i) => relu && y.data[i] <= 0 ? 0 : g);
  const [dx, dw, db] = [zeros(x.shape), zeros(w.shape), zeros(b.shape)];
  visit(inputs, geometryOf(params, w.shape[2]), (out, input, weight) => {
    dx.data[input] += dz[out] * w.data[weight];
    dw.data[weight] += dz[out] * x.data[input];
  });
  const area = dy.shape[2] * dy.shape[3];
  dz.forEach((g, i) => db.data[Math.floor(i / area) % b.data.length] += g);
  return [dx, dw, db];
}
