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
import { gemmConvolution } from "./gemm.ts";
import { gemmWeightGradient } from "./gemm_weight_gradient.ts";
import { weightGradient } from "./weight_gradient.ts";
import { winogradBytes, winogradConvolution } from "./winograd.ts";
import type { TileSide } from "./winograd_matrices.ts";

function direct(source: Source): Variant<Convolution> {
  return {
    name: named("direct", source),
    supports: (device, { x, weight }) =>
      source === "buffer" || [x, weight].every((tensor) => device.fitsTexture(tensor)),
    run: (device, problem) => directConvolution(device, problem, source),
  };
}

function winograd(m: TileSide, source: Source): Variant<Convolution> {
  return {
    name: named(`winograd${m}`, source),
    supports: (device, problem) =>
      problem.weight.shape[2] === 3 && problem.x.shape[3] % 4 === 0 &&
      winogradBytes(problem, m) <= device.maxTensorBytes &&
      (source === "buffer" || device.fitsTexture(problem.x)),
    run: (device, problem) => winogradConvolution(device, problem, { m, source }),
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

const gemm: Variant<Convolution> = {
  name: "gemm",
  supports: () => true,
  run: gemmConvolution,
};

const gemmForWeights: Variant<WeightGradient> = {
  name: "gemm",
  supports: () => true,
  run: gemmWeightGradient,
};

/** Kernels for the output and for the gradient to the input. */
export const convolutionVariants: readonly Variant<Convolution>[] = [
  direct("texture"),
  direct("buffer"),
  gemm,
  winograd(4, "texture"),
  winograd(2, "texture"),
  winograd(4, "buffer"),
  winograd(2, "buffer"),
];

/** Kernels for the gradient to the weights. */
export const weightGradientVariants: readonly Variant<WeightGradient>[] = [
  walkingRows("texture"),
  walkingRows("buffer"),
  gemmForWeights,
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
