/**
 * Kernels of convolutions between the layout of Keras and TensorFlow, `[kh, kw, c_in, c_out]`, and that of
 * Kymo and PyTorch, `[c_out, c_in, kh, kw]`.
 *
 * @module
 */

import type { NamedArray } from "../../../nn/safetensors.ts";

/** `[kh, kw, c_in, c_out]` as `[c_out, c_in, kh, kw]`. */
export function weightOf(
  { shape: [height, width, cIn, cOut], data }: NamedArray,
): NamedArray {
  const shape = [cOut, cIn, height, width];
  return { shape, data: exchanged(data, { outer: height * width, inner: [cIn, cOut] }) };
}

/** `[c_out, c_in, kh, kw]` as `[kh, kw, c_in, c_out]`. */
export function kernelOf(
  { shape: [cOut, cIn, height, width], data }: NamedArray,
): NamedArray {
  const shape = [height, width, cIn, cOut];
  return { shape, data: exchanged(data, { outer: cOut, inner: [cIn, height * width] }) };
}

/** `[a, b, c]` as `[c, b, a]`. */
function exchanged(
  values: Float32Array,
  { outer, inner: [middle, last] }: { outer: number; inner: readonly [number, number] },
): Float32Array<ArrayBuffer> {
  const data = new Float32Array(values.length);
  for (let a = 0, from = 0; a < outer; a++) {
    for (let b = 0; b < middle; b++) {
      for (let c = 0; c < last; c++, from++) data[(c * middle + b) * outer + a] = values[from];
    }
  }
  return data;
}
