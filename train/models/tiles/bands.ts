/**
 * Layers that run on some rows of an image after the other, so that what goes from layer to layer is never
 * there for all rows at once.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import type { Tensor } from "../../../kernels/gpu/tensor.ts";
import { type BandedLayers, type RowBands, Variable } from "../../../nn/autodiff.ts";

/**
 * Bands of rows for a tape, such that a value between layers has about so many bytes at most. All bands of
 * some layers have one size, so that they use the same memory one after the other; they overlap by what the
 * layers reach, so each row is as if all were computed at once.
 */
export function rowBands(device: Device, { mostBytes }: { mostBytes: number }): RowBands {
  return (inputs, banded, compute) => {
    const { rows, halo, bytes } = extentOf(banded, inputs.at(-1)!.value);
    const size = bandSize({ rows: mostBytes / bytes * rows, halo });
    if (size >= rows) return null;
    const step = size - 2 * halo;
    let wholes: readonly Variable[] = [];
    for (let from = 0; from < rows; from += step) {
      using scope = device.scope();
      const start = Math.max(0, Math.min(from - halo, rows - size));
      const outputs = compute(inputs.map(({ value }) => {
        const band = device.empty(resized(value, { from: rows, to: size }));
        const scale = value.shape[2] / rows;
        const place = { first: start * scale, at: 0, count: size * scale };
        copyRows(device, { from: value, to: band, ...place });
        return new Variable(band);
      }));
      if (from === 0) {
        wholes = outputs.map(({ value }) =>
          new Variable(scope.keep(device.empty(resized(value, { from: size, to: rows }))))
        );
      }
      for (const [i, { value }] of outputs.entries()) {
        const scale = value.shape[2] / size;
        const count = Math.min(step, rows - from) * scale;
        const place = { first: (from - start) * scale, at: from * scale, count };
        copyRows(device, { from: value, to: wholes[i].value, ...place });
      }
    }
    return wholes;
  };
}

/**
 * How many rows there are of the coarsest input or output, how far above and below themselves such rows of
 * the outputs depend on the inputs, and the bytes of the largest value between the layers.
 */
function extentOf({ layers, scale = 2 }: BandedLayers, { shape: [n, , h, w] }: Tensor) {
  const [channels, , taps] = layers[0].weight.value.shape;
  const halo = Math.ceil(layers.length * (taps - 1) / 2 / scale);
  return { rows: h / scale, halo, bytes: 4 * n * channels * h * w };
}

/** Bands have at least so many times the rows of a halo. */
const LEAST_HALOS = 8;

/**
 * How many rows bands have, halo included: a power of two or three halves of one. Layers of twice the size of
 * others then have bands of half their rows, and so use the same memory.
 */
function bandSize({ rows, halo }: { rows: number; halo: number }): number {
  const power = 2 ** Math.floor(Math.log2(rows));
  return Math.max(LEAST_HALOS * halo, 1.5 * power <= rows ? 1.5 * power : power);
}

/** The shape of images with other rows. */
function resized(
  { shape: [n, c, h, w] }: Tensor,
  { from, to }: { from: number; to: number },
): number[] {
  return [n, c, h / from * to, w];
}

/** Copies rows of all channels, from row `first` on to row `at`. */
function copyRows(
  device: Device,
  { from, to, first, at, count }: {
    from: Tensor<"f32">;
    to: Tensor<"f32">;
    first: number;
    at: number;
    count: number;
  },
): void {
  const [n, c, , w] = from.shape;
  for (let plane = 0; plane < n * c; plane++) {
    const offset = (tensor: Tensor, row: number) => (plane * tensor.shape[2] + row) * w;
    const places = { fromOffset: offset(from, first), toOffset: offset(to, at) };
    device.copy({ from, to, ...places, count: count * w });
  }
}
