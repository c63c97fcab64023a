/**
 * Convolution in plain loops on float64.
 *
 * @module
 */

import { type NdArray, zeros } from "../../operation.ts";

/** Calls back with the flat indices of every (output, input, weight) triple that meet. */
function visit(
  [x, w]: readonly NdArray[],
  meet: (out: number, input: number, weight: number, channel: number) => void,
): void {
  const [batch, cIn, height, width] = x.shape;
  const [cOut, , k] = w.shape;
  const pad = (k - 1) / 2;
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < cOut; o++) {
      for (let y = 0; y < height; y++) {
        for (let col = 0; col < width; col++) {
          const out = ((n * cOut + o) * height + y) * width + col;
          for (let i = 0; i < cIn; i++) {
            for (let ky = 0; ky < k; ky++) {
              for (let kx = 0; kx < k; kx++) {
                const [row, at] = [y + ky - pad, col + kx - pad];
                if (row < 0 || row >= height || at < 0 || at >= width) continue;
                const input = ((n * cIn + i) * height + row) * width + at;
                meet(out, input, ((o * cIn + i) * k + ky) * k + kx, o);
              }
            }
          }
        }
      }
    }
  }
}

/** y = x ⋆ w + b, then ReLU where asked. */
export function convolve(
  [x, w, b]: readonly NdArray[],
  { relu }: { relu: boolean },
): NdArray {
  const [batch, , height, width] = x.shape;
  const y = zeros([batch, w.shape[0], height, width]);
  for (let i = 0; i < y.data.length; i++) {
    y.data[i] = b.data[Math.floor(i / (height * width)) % b.data.length];
  }
  visit([x, w], (out, input, weight) => y.data[out] += x.data[input] * w.data[weight]);
  return relu ? { shape: y.shape, data: y.data.map((value) => Math.max(0, value)) } : y;
}

/** Gradients of {@linkcode convolve} with respect to x, w and b. */
export function convolveBackward(
  inputs: readonly NdArray[],
  dy: NdArray,
  { relu }: { relu: boolean },
): NdArray[] {
  const [x, w, b] = inputs;
  const y = convolve(inputs, { relu });
  const dz = dy.data.map((g, i) => relu && y.data[i] <= 0 ? 0 : g);
  const [dx, dw, db] = [zeros(x.shape), zeros(w.shape), zeros(b.shape)];
  visit(inputs, (out, input, weight) => {
    dx.data[input] += dz[out] * w.data[weight];
    dw.data[weight] += dz[out] * x.data[input];
  });
  const area = dy.shape[2] * dy.shape[3];
  dz.forEach((g, i) => db.data[Math.floor(i / area) % b.data.length] += g);
  return [dx, dw, db];
}
