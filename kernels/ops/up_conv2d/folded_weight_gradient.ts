/**
 * The gradient to the weights of a step up without its joined image: the kernel of a convolution, once
 * for each of the two images, where the smaller one is read as the enlarged one that it stands for.
 *
 * @module
 */

import type { Device } from "../../gpu/device.ts";
import type { Tensor } from "../../gpu/tensor.ts";
import type { Source } from "../../parts/operand.ts";
import { range } from "../../parts/range.ts";
import { itself, joinedWeightGradient, type WindowReader } from "../conv2d/weight_gradient.ts";
import type { UpWeightGradient } from "./step_up.ts";

/** Window row r lies at row − 1 + r, which is row ⌊(r − 1) / 2⌋ from row / 2 on of the smaller image. */
function lowRow(r: number): number {
  return (r + 1) >> 1;
}

function lowAt({ c, row }: { c: number; row: number }, segment: string): string {
  return `x_at(x${c} + ((row >> 1) + ${row - 1}) * (width / 2) + ((${segment}) >> 1))`;
}

/** Reads an image of half the size; needs a 3×3 kernel, vectors, and rows that can be walked along. */
const enlarged: WindowReader = {
  // A segment of an image twice as wide as the one that the pixels are from.
  functions: /* wgsl */ `
fn half_of(pixels: vec4f, segment: i32) -> vec4f {
  return select(pixels.xxyy, pixels.zzww, (segment & 1) == 1);
}`,
  planeArea: "area / 4",
  segment: ({ c, r }, at) => `half_of(${lowAt({ c, row: lowRow(r) }, at)}, ${at})`,
  // Two rows of the window come from one of the image.
  prepare: ({ channels, rows }, at) =>
    range(channels).flatMap((c) =>
      range(lowRow(rows - 1) + 1).map((row) => `let low${c}_${row} = ${lowAt({ c, row }, at)};`)
    ),
  prepared: ({ c, r }, at) => `half_of(low${c}_${lowRow(r)}, ${at})`,
};

/** Computes the gradient; the smaller image's rows are in fours. */
export function foldedWeightGradient(
  device: Device,
  { low, skip, dz, sum }: UpWeightGradient,
  source: Source,
): Tensor<"f32"> {
  const inputs = [{ x: low, reader: enlarged }, { x: skip, reader: itself }];
  return joinedWeightGradient(device, { inputs, dz, k: 3, sum }, source);
}
