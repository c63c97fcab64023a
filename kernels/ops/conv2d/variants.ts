/**
 * The kernels that a convolution can be computed with, and which goes first on which adapter.
 *
 * @module
 */

import type { Device } from "../../device.ts";
import type { Source } from "../../operand.ts";
import type { Tensor } from "../../tensor.ts";
import { runVariant, type Variant } from "../../variant.ts";
import {
  type Convolution,
  describeConvolution,
  describeWeightGradient,
  type WeightGradient,
} from "./convolution.ts";
import { directConvolution, type DirectSide } from "./direct.ts";
import { gemmConvolution } from "./gemm.ts";
import { gemmWeightGradient } from "./gemm_weight_gradient.ts";
import { weightGradient } from "./weight_gradient.ts";
import { winogradBytes, winogradConvolution } from "./winograd.ts";
import type { TileSide } from "./winograd_matrices.ts";

/** A large tile needs few loads for its arithmetic, a small one few registers. */
const LARGE: DirectSide = { rows: 4, columns: 8 };
const SMALL: DirectSide = { rows: 2, columns: 4 };

function direct(name: string, { side, source }: { side: DirectSide; source: Source }) {
  return {
    name,
    supports: (device: Device, { x, weight }: Convolution) =>
      source === "buffer" || [x, weight].every((tensor) => device.fitsTexture(tensor)),
    run: (device: Device, problem: Convolution) =>
      directConvolution(device, problem, { side, source }),
  };
}

function winograd(m: TileSide, source: Source): Variant<Convolution> {
  return {
    name: source === "texture" ? `winograd${m}-texture` : `winograd${m}`,
    supports: (device, problem) =>
      problem.weight.shape[2] === 3 && problem.x.shape[3] % 4 === 0 &&
      winogradBytes(problem, m) <= device.maxTensorBytes &&
      (source === "buffer" || device.fitsTexture(problem.x)),
    run: (device, problem) => winogradConvolution(device, problem, { m, source }),
  };
}

function walkingRows(source: Source): Variant<WeightGradient> {
  return {
    name: source === "texture" ? "rows-texture" : "rows",
    supports: (device, { x, dz }) =>
      source === "buffer" || [x, dz].every((tensor) => device.fitsTexture(tensor)),
    run: (device, problem) => weightGradient(device, problem, source),
  };
}

const gemm: Variant<Convolution> = {
  name: "gemm",
  supports: () => true,
  run: (device, problem) => gemmConvolution(device, problem, { half: false }),
};

/** Less exact, for those who pin it; small gradients would lose most of their digits. */
const halfGemm: Variant<Convolution> = {
  name: "gemm-f16",
  supports: (device, { transposed }) => device.gpu.features.has("shader-f16") && !transposed,
  run: (device, problem) => gemmConvolution(device, problem, { half: true }),
};

const gemmForWeights: Variant<WeightGradient> = {
  name: "gemm",
  supports: () => true,
  run: gemmWeightGradient,
};

/** Kernels for the output and for the gradient to the input. */
export const convolutionVariants: readonly Variant<Convolution>[] = [
  direct("direct", { side: LARGE, source: "buffer" }),
  direct("direct-texture", { side: LARGE, source: "texture" }),
  direct("direct-small", { side: SMALL, source: "buffer" }),
  gemm,
  halfGemm,
  winograd(2, "buffer"),
  winograd(2, "texture"),
  winograd(4, "buffer"),
  winograd(4, "texture"),
];

/** Kernels for the gradient to the weights. */
export const weightGradientVariants: readonly Variant<WeightGradient>[] = [
  walkingRows("buffer"),
  walkingRows("texture"),
  gemmForWeights,
];

/**
 * The names that go first, where they can be used. Loads cost a software adapter most, and least from
 * textures; a GPU has workgroup memory for layers with enough channels to fill a workgroup's tile.
 */
function preferredConvolutions(device: Device, { x, weight, transposed }: Convolution): string[] {
  if (device.adapter.isSoftware) return ["direct-texture", "direct"];
  const terms = x.shape[1] * weight.shape[2] ** 2;
  const isWide = terms >= 64 && weight.shape[transposed ? 1 : 0] >= 32;
  return [isWide ? "gemm" : "direct-small"];
}

function preferredWeightGradients(device: Device): string[] {
  return device.adapter.isSoftware ? ["rows-texture", "rows"] : ["gemm"];
}

/** Computes a convolution with the kernel that serves this device and size. */
export function convolve(device: Device, problem: Convolution): Tensor<"f32"> {
  return runVariant(device, {
    pass: problem.transposed ? "conv2d dx" : "conv2d forward",
    size: describeConvolution(problem),
    problem,
    variants: convolutionVariants,
    preferred: preferredConvolutions(device, problem),
  });
}

/** Computes a weight gradient with the kernel that serves this device and size. */
export function gradientToWeights(device: Device, problem: WeightGradient): Tensor<"f32"> {
  return runVariant(device, {
    pass: "conv2d dw",
    size: describeWeightGradient(problem),
    problem,
    variants: weightGradientVariants,
    preferred: preferredWeightGradients(device),
  });
}
