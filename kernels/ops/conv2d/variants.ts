/**
 * The kernels that a convolution can be computed with, and which goes first on which adapter.
 *
 * A software adapter loads from storage textures much faster than from buffers.
 *
 * @module
 */

import type { Variant } from "../../choices.ts";
import type { Device } from "../../device.ts";
import type { Source } from "../../operand.ts";
import type { Tensor } from "../../tensor.ts";
import {
  type Convolution,
  describeConvolution,
  describeWeightGradient,
  type WeightGradient,
} from "./convolution.ts";
import { directConvolution } from "./direct.ts";
import { weightGradient } from "./weight_gradient.ts";

function direct(source: Source): Variant<Convolution> {
  return {
    name: named("direct", source),
    supports: (device, { x, weight }) =>
      source === "buffer" || [x, weight].every((tensor) => device.fitsTexture(tensor)),
    run: (device, problem) => directConvolution(device, problem, source),
  };
}

function walkingRows(source: Source): Variant<WeightGradient> {
  return {
    name: named("rows", source),
    supports: (device, { x, dz }) =>
      source === "buffer" || [x, dz].every((tensor) => device.fitsTexture(tensor)),
    run: (device, problem) => weightGradient(device, problem, source),
  };
}

function named(kernel: string, source: Source): string {
  return source === "texture" ? `${kernel}-texture` : kernel;
}

/** Kernels for the output and for the gradient to the input. */
export const convolutionVariants: readonly Variant<Convolution>[] = [
  direct("texture"),
  direct("buffer"),
];

/** Kernels for the gradient to the weights. */
export const weightGradientVariants: readonly Variant<WeightGradient>[] = [
  walkingRows("texture"),
  walkingRows("buffer"),
];

/** Computes a convolution with the kernel that serves this device and size. */
export function convolve(device: Device, problem: Convolution): Tensor<"f32"> {
  const pass = problem.transposed ? "conv2d dx" : "conv2d forward";
  const size = describeConvolution(problem);
  return device.choices
    .choose(device, { pass, size, problem, variants: convolutionVariants })
    .run(device, problem);
}

/** Computes a weight gradient with the kernel that serves this device and size. */
export function gradientToWeights(device: Device, problem: WeightGradient): Tensor<"f32"> {
  const size = describeWeightGradient(problem);
  return device.choices
    .choose(device, { pass: "conv2d dw", size, problem, variants: weightGradientVariants })
    .run(device, problem);
}
