/**
 * The list of everything that several kernels can compute: what the tuner and files of kernel choices
 * know.
 *
 * @module
 */

import { convolutionFamilies, weightGradientFamily } from "./ops/conv2d/variants.ts";
import { upConvolutionFamily, upWeightGradientFamily } from "./ops/up_conv2d/variants.ts";
import type { AnyFamily } from "./choice/variant.ts";

/**
 * Every family of kernels.
 *
 * @category Tuning
 */
export const kernelFamilies: readonly AnyFamily[] = /* @__PURE__ */ (() => [
  convolutionFamilies.forward,
  convolutionFamilies.dx,
  weightGradientFamily,
  upConvolutionFamily,
  upWeightGradientFamily,
])();
