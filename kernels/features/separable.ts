/**
 * Gaussian convolutions of a plane as two passes, along rows and along columns.
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { gaussianTaps, mirrorShader, packTaps } from "./gaussian.ts";

/** Invocations of a workgroup of both passes, one a pixel. */
export const SEPARABLE_WORKGROUP = 64;

/** Two shaders, and what they read and write. */
export interface SeparablePasses {
  /** Name of the second pass; the first adds "of rows". */
  readonly label: string;
  /** Rows and columns. */
  readonly size: { readonly height: number; readonly width: number };
  /** Standard deviation of the Gaussian in pixels. */
  readonly sigma: number;
  /** What the shaders get as `slot`. */
  readonly slot: number;
  /** Along rows: from `input` (binding 2) to a `vec4f` a pixel (binding 1). */
  readonly rows: { readonly shader: string; readonly input: Tensor<"f32"> };
  /** Along columns: to `outputs` (binding 1 on), from those vectors (the binding after them). */
  readonly columns: { readonly shader: string; readonly outputs: readonly Tensor<"f32">[] };
}

/**
 * Queues both passes. Their uniforms are height, width, the radius of the Gaussian and `slot`; the last
 * binding has its weights as {@linkcode packTaps} gives them, and {@linkcode mirrorShader} stands before
 * the text of each.
 *
 * @throws {RangeError} If `sigma` is out of range.
 */
export function runSeparably(
  device: Device,
  { label, size: { height, width }, sigma, slot, rows, columns }: SeparablePasses,
): void {
  const taps = gaussianTaps(sigma);
  const { radius } = taps;
  using _scope = device.scope();
  const weights = device.upload([2 * radius + 1, 4], packTaps(taps));
  const along = device.empty([height, width, 4]);
  const uniforms = { height, width, radius, slot };
  const workgroups = linearWorkgroups(height * width, SEPARABLE_WORKGROUP);
  device.dispatch({
    label: `${label} of rows`,
    shader: mirrorShader({ length: width, radius }) + rows.shader,
    uniforms,
    tensors: [along, rows.input, weights],
    workgroups,
  });
  device.dispatch({
    label,
    shader: mirrorShader({ length: height, radius }) + columns.shader,
    uniforms,
    tensors: [...columns.outputs, along, weights],
    workgroups,
  });
}
