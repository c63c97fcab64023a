/**
 * The kernels of the step up: one that reads both images where they are, and the three operations one
 * after the other, for which every kernel of a convolution can serve.
 *
 * @module
 */

import { styleOf } from "../../gpu/adapter.ts";
import type { Device } from "../../gpu/device.ts";
import { canRead, type Source } from "../../parts/operand.ts";
import type { Shape } from "../../gpu/shape.ts";
import type { Tensor } from "../../gpu/tensor.ts";
import { runVariant, type Variant, type VariantFamily } from "../../choice/variant.ts";
import { convolve, gradientToWeights } from "../conv2d/variants.ts";
import { canWalk } from "../conv2d/weight_gradient.ts";
import { foldedConvolution } from "./folded.ts";
import { foldedWeightGradient } from "./folded_weight_gradient.ts";
import { joinImages } from "./join.ts";
import type { UpConvolution, UpWeightGradient } from "./step_up.ts";

type Images = Pick<UpConvolution, "low" | "skip" | "weight">;

function canFold(device: Device, { low, skip, weight }: Images, source: Source): boolean {
  return weight.shape[2] === 3 && low.shape[3] % 4 === 0 &&
    canRead(device, [low, skip, weight], source);
}

function folded(name: string, source: Source): Variant<UpConvolution> {
  return {
    name,
    supports: (device, problem) => canFold(device, problem, source),
    run: (device, problem) => foldedConvolution(device, problem, source),
  };
}

function foldedGradient(name: string, source: Source): Variant<UpWeightGradient> {
  return {
    name,
    supports: (device, problem) =>
      canFold(device, problem, source) && canWalk(problem.dz.shape[3]) &&
      canRead(device, [problem.dz], source),
    run: (device, problem) => foldedWeightGradient(device, problem, source),
  };
}

/** Kernels for the output. */
export const upConvolutionVariants: readonly Variant<UpConvolution>[] = /* @__PURE__ */ (() => [
  {
    name: "separate",
    supports: () => true,
    run(device, problem) {
      using scope = device.scope();
      const x = joinImages(device, problem);
      return scope.keep(convolve(device, { ...problem, x, transposed: false }));
    },
  },
  folded("folded", "buffer"),
  folded("folded-texture", "texture"),
])();

/** Kernels for the gradient to the weights. */
export const upWeightGradientVariants: readonly Variant<UpWeightGradient>[] =
  /* @__PURE__ */ (() => [
    {
      name: "separate",
      supports: () => true,
      run(device, problem) {
        using scope = device.scope();
        const x = joinImages(device, problem);
        const { dz, sum, sumBias, weight: { shape: [, , k] } } = problem;
        let db: Tensor<"f32"> | null = null;
        const keepBias = (partial: Tensor<"f32">) => db = sumBias!(partial);
        const problemOfJoined = { x, dz, k, sum, ...(sumBias && { sumBias: keepBias }) };
        const dw = scope.keep(gradientToWeights(device, problemOfJoined));
        if (db) scope.keep(db);
        return dw;
      },
    },
    foldedGradient("folded", "buffer"),
    foldedGradient("folded-texture", "texture"),
  ])();

/** Folding saves memory everywhere; the matrix product needs its image written out. */
function preferred({ adapter }: Device): string[] {
  const style = styleOf(adapter);
  if (style === "products") return ["separate"];
  return style === "textures" ? ["folded-texture", "folded", "separate"] : ["separate", "folded"];
}

function sizeOf({ low, skip, weight }: Images): string {
  return `${low.shape.join("x")}+${skip.shape[1]}->${weight.shape[0]} k${weight.shape[2]}`;
}

/** Images and weights of a size such as `4x16x64x64+16->16 k3`, and the shape of the result. */
function imagesOf(
  size: string,
  make: (shape: Shape) => Tensor<"f32">,
): Images & { readonly result: Shape } | null {
  const match = size.match(/^(\d+)x(\d+)x(\d+)x(\d+)\+(\d+)->(\d+) k(\d+)$/);
  if (!match) return null;
  const [n, cLow, h, w, cSkip, cOut, k] = match.slice(1).map(Number);
  return {
    low: make([n, cLow, h, w]),
    skip: make([n, cSkip, 2 * h, 2 * w]),
    weight: make([cOut, cLow + cSkip, k, k]),
    result: [n, cOut, 2 * h, 2 * w],
  };
}

/** The output. */
export const upConvolutionFamily: VariantFamily<UpConvolution> = {
  pass: "upConv2d forward",
  variants: upConvolutionVariants,
  sizeOf,
  preferred,
  problemOf(size, make) {
    const images = imagesOf(size, make);
    return images && { ...images, bias: make([images.result[1]]), relu: true };
  },
};

/** The gradient to the weights. */
export const upWeightGradientFamily: VariantFamily<UpWeightGradient> = {
  pass: "upConv2d dw",
  variants: upWeightGradientVariants,
  sizeOf,
  preferred,
  problemOf(size, make) {
    const images = imagesOf(size, make);
    return images && { ...images, dz: make(images.result) };
  },
};

/** Computes a step up with the kernel that serves this device and size. */
export function upConvolve(device: Device, problem: UpConvolution): Tensor<"f32"> {
  return runVariant(device, upConvolutionFamily, problem);
}

/** Computes its weight gradient with the kernel that serves this device and size. */
export function upGradientToWeights(device: Device, problem: UpWeightGradient): Tensor<"f32"> {
  return runVariant(device, upWeightGradientFamily, problem);
}
