/**
 * The kernels that a convolution can be computed with, and which goes first on which adapter.
 *
 * @module
 */

import { styleOf } from "../../gpu/adapter.ts";
import type { Device } from "../../gpu/device.ts";
import { canRead, type Source } from "../../parts/operand.ts";
import type { Tensor } from "../../gpu/tensor.ts";
import { runVariant, type Variant, type VariantFamily } from "../../choice/variant.ts";
import { type Convolution, formatLayer, parseLayer, type WeightGradient } from "./convolution.ts";
import { directConvolution, type DirectSide } from "./direct.ts";
import { fewInputsConvolution, hasFewInputs } from "./few_inputs.ts";
import { gemmConvolution } from "./gemm/gemm.ts";
import { gemmWeightGradient } from "./gemm/gemm_weight_gradient.ts";
import { canWalk, weightGradient } from "./weight_gradient.ts";
import { winogradBytes, winogradConvolution } from "./winograd/winograd.ts";
import type { TileSide } from "./winograd/winograd_matrices.ts";

/** A large tile needs few loads for its arithmetic, a small one few registers. */
const LARGE: DirectSide = { rows: 4, columns: 8 };
const SMALL: DirectSide = { rows: 2, columns: 4 };

function direct(name: string, { side, source }: { side: DirectSide; source: Source }) {
  return {
    name,
    supports: (device: Device, { x, weight }: Convolution) => canRead(device, [x, weight], source),
    run: (device: Device, problem: Convolution) =>
      directConvolution(device, problem, { side, source }),
  };
}

function winograd(m: TileSide): Variant<Convolution> {
  return {
    name: `winograd${m}`,
    supports: (device, problem) =>
      problem.weight.shape[2] === 3 && problem.x.shape[3] % 4 === 0 &&
      !problem.x.isHalf && !problem.isHalf &&
      winogradBytes(problem, m) <= device.maxTensorBytes,
    run: (device, problem) => winogradConvolution(device, problem, m),
  };
}

function walkingRows(source: Source): Variant<WeightGradient> {
  return {
    name: source === "texture" ? "rows-texture" : "rows",
    supports: (device, { x, dz }) => canWalk(x.shape[3]) && canRead(device, [x, dz], source),
    run: (device, problem) => weightGradient(device, problem, source),
  };
}

const fewInputs: Variant<Convolution> = {
  name: "few-inputs",
  supports: (_device, problem) => hasFewInputs(problem),
  run: fewInputsConvolution,
};

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
export const convolutionVariants: readonly Variant<Convolution>[] = /* @__PURE__ */ (() => [
  direct("direct", { side: LARGE, source: "buffer" }),
  direct("direct-texture", { side: LARGE, source: "texture" }),
  direct("direct-small", { side: SMALL, source: "buffer" }),
  fewInputs,
  gemm,
  halfGemm,
  winograd(2),
  winograd(4),
])();

/** Kernels for the gradient to the weights. */
export const weightGradientVariants: readonly Variant<WeightGradient>[] = /* @__PURE__ */ (() => [
  walkingRows("buffer"),
  walkingRows("texture"),
  gemmForWeights,
])();

/** Terms of a sum below which what it reads and writes decides, and one read for many channels wins. */
const FEW_TERMS = 18;

/**
 * The names that go first, where they can be used. Loads cost Mesa's software adapters most, and least
 * from textures; a GPU has workgroup memory for layers with enough channels to fill a workgroup's tile.
 */
function preferredConvolutions(device: Device, { x, weight, transposed }: Convolution): string[] {
  const terms = x.shape[1] * weight.shape[2] ** 2;
  const few = terms <= FEW_TERMS ? ["few-inputs"] : [];
  const style = styleOf(device.adapter);
  if (style === "textures") return [...few, "direct-texture", "direct"];
  if (style === "products") return [...few, "gemm"];
  const isWide = terms >= 64 && weight.shape[transposed ? 1 : 0] >= 32;
  return [...few, isWide ? "gemm" : "direct-small"];
}

function convolutionFamily(pass: string, transposed: boolean): VariantFamily<Convolution> {
  return {
    pass,
    variants: convolutionVariants,
    sizeOf: ({ x, weight }) =>
      formatLayer({
        x: x.shape,
        outputs: weight.shape[transposed ? 1 : 0],
        k: weight.shape[2],
      }),
    preferred: preferredConvolutions,
    problemOf(size, make) {
      const layer = parseLayer(size);
      if (!layer) return null;
      const { x, outputs, k } = layer;
      return {
        x: make(x),
        weight: make(transposed ? [x[1], outputs, k, k] : [outputs, x[1], k, k]),
        bias: transposed ? null : make([outputs]),
        relu: !transposed,
        transposed,
      };
    },
  };
}

/** The output, and the gradient to the input. */
export const convolutionFamilies: Readonly<Record<"forward" | "dx", VariantFamily<Convolution>>> = {
  forward: /* @__PURE__ */ convolutionFamily("conv2d forward", false),
  dx: /* @__PURE__ */ convolutionFamily("conv2d dx", true),
};

/** The gradient to the weights. */
export const weightGradientFamily: VariantFamily<WeightGradient> = {
  pass: "conv2d dw",
  variants: weightGradientVariants,
  sizeOf: ({ x, dz, k }) => formatLayer({ x: x.shape, outputs: dz.shape[1], k }),
  preferred: ({ adapter }) => [
    ...styleOf(adapter) === "textures" ? ["rows-texture", "rows"] : [],
    "gemm",
  ],
  problemOf(size, make) {
    const layer = parseLayer(size);
    if (!layer) return null;
    const { x, outputs, k } = layer;
    return { x: make(x), dz: make([x[0], outputs, x[2], x[3]]), k };
  },
};

/** Computes a convolution with the kernel that serves this device and size. */
export function convolve(device: Device, problem: Convolution): Tensor<"f32"> {
  return runVariant(device, convolutionFamilies[problem.transposed ? "dx" : "forward"], problem);
}

/** Computes a weight gradient with the kernel that serves this device and size. */
export function gradientToWeights(device: Device, problem: WeightGradient): Tensor<"f32"> {
  return runVariant(device, weightGradientFamily, problem);
}
