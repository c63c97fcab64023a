/**
 * The list of operations, by name: what tests, golden cases and benchmarks walk, and what the fluent way
 * of writing takes its methods from. Here stands nothing but operations, each under its own name.
 *
 * @module
 */

export { add, div, mul, sub } from "./arithmetic.ts";
export { averagePool2d } from "./average_pool2d.ts";
export { batchNorm } from "./batch_norm.ts";
export { binaryCrossEntropy, maskedBinaryCrossEntropy } from "./binary_cross_entropy.ts";
export {
  binaryCrossEntropyWithLogits,
  maskedBinaryCrossEntropyWithLogits,
} from "./binary_cross_entropy_with_logits.ts";
export { concat } from "./concat.ts";
export { conv2d } from "./conv2d/mod.ts";
export { crossEntropy } from "./cross_entropy.ts";
export { dense } from "./dense.ts";
export { dice, maskedDice } from "./dice.ts";
export { dropout } from "./dropout.ts";
export { foregroundSum } from "./foreground_sum.ts";
export { generalisedDice, maskedGeneralisedDice } from "./generalised_dice.ts";
export { globalAveragePool } from "./global_average_pool.ts";
export { groupNorm } from "./group_norm.ts";
export { localMaximum } from "./local_maximum.ts";
export { matmul } from "./matmul.ts";
export { maxPool2d } from "./max_pool2d.ts";
export { maskedMeanSquaredError, meanSquaredError } from "./mean_squared_error.ts";
export { pad } from "./pad.ts";
export { permute, transpose } from "./permute.ts";
export { exp, gelu, leakyRelu, log, neg, sqrt, square, tanh } from "./pointwise.ts";
export { max, mean, sum } from "./reductions.ts";
export { relu } from "./relu.ts";
export { flatten, reshape } from "./reshape.ts";
export { scale } from "./scale.ts";
export { sigmoid } from "./sigmoid.ts";
export { slice } from "./slice.ts";
export { sliceBatch } from "./slice_batch.ts";
export { logSoftmax, softmax } from "./softmax.ts";
export { maskedSquaredDice, squaredDice } from "./squared_dice.ts";
export { starDistanceLoss } from "./star_distance_loss.ts";
export { tileSum } from "./tile_sum.ts";
export { uncovered } from "./uncovered.ts";
export { upConv2d } from "./up_conv2d/mod.ts";
export { upsampleBilinear, upsampleNearest } from "./upsample.ts";
