/**
 * What each operation is held against, by its name: a list beside that of the operations, so that a page
 * that computes loads neither references nor samples.
 *
 * @module
 */

export {
  addCheck as add,
  divCheck as div,
  mulCheck as mul,
  subCheck as sub,
} from "./arithmetic.ts";
export { averagePool2dCheck as averagePool2d } from "./average_pool2d.ts";
export { batchNormCheck as batchNorm } from "./batch_norm.ts";
export {
  binaryCrossEntropyCheck as binaryCrossEntropy,
  maskedBinaryCrossEntropyCheck as maskedBinaryCrossEntropy,
} from "./binary_cross_entropy.ts";
export {
  binaryCrossEntropyWithLogitsCheck as binaryCrossEntropyWithLogits,
  maskedBinaryCrossEntropyWithLogitsCheck as maskedBinaryCrossEntropyWithLogits,
} from "./binary_cross_entropy_with_logits.ts";
export { concatCheck as concat } from "./concat.ts";
export { conv2dCheck as conv2d } from "./conv2d/mod.ts";
export { crossEntropyCheck as crossEntropy } from "./cross_entropy.ts";
export { denseCheck as dense } from "./dense.ts";
export { diceCheck as dice, maskedDiceCheck as maskedDice } from "./dice.ts";
export { dropoutCheck as dropout } from "./dropout.ts";
export { foregroundSumCheck as foregroundSum } from "./foreground_sum.ts";
export {
  generalisedDiceCheck as generalisedDice,
  maskedGeneralisedDiceCheck as maskedGeneralisedDice,
} from "./generalised_dice.ts";
export { globalAveragePoolCheck as globalAveragePool } from "./global_average_pool.ts";
export { groupNormCheck as groupNorm } from "./group_norm.ts";
export { localMaximumCheck as localMaximum } from "./local_maximum.ts";
export { matmulCheck as matmul } from "./matmul.ts";
export { maxPool2dCheck as maxPool2d } from "./max_pool2d.ts";
export {
  maskedMeanSquaredErrorCheck as maskedMeanSquaredError,
  meanSquaredErrorCheck as meanSquaredError,
} from "./mean_squared_error.ts";
export { padCheck as pad } from "./pad.ts";
export { permuteCheck as permute, transposeCheck as transpose } from "./permute.ts";
export {
  expCheck as exp,
  geluCheck as gelu,
  leakyReluCheck as leakyRelu,
  logCheck as log,
  negCheck as neg,
  sqrtCheck as sqrt,
  squareCheck as square,
  tanhCheck as tanh,
} from "./pointwise.ts";
export { maxCheck as max, meanCheck as mean, sumCheck as sum } from "./reductions.ts";
export { reluCheck as relu } from "./relu.ts";
export { flattenCheck as flatten, reshapeCheck as reshape } from "./reshape.ts";
export { scaleCheck as scale } from "./scale.ts";
export { sigmoidCheck as sigmoid } from "./sigmoid.ts";
export { sliceCheck as slice } from "./slice.ts";
export { sliceBatchCheck as sliceBatch } from "./slice_batch.ts";
export { logSoftmaxCheck as logSoftmax, softmaxCheck as softmax } from "./softmax.ts";
export {
  maskedSquaredDiceCheck as maskedSquaredDice,
  squaredDiceCheck as squaredDice,
} from "./squared_dice.ts";
export { starDistanceLossCheck as starDistanceLoss } from "./star_distance_loss.ts";
export { tileSumCheck as tileSum } from "./tile_sum.ts";
export { uncoveredCheck as uncovered } from "./uncovered.ts";
export { upConv2dCheck as upConv2d } from "./up_conv2d/mod.ts";
export {
  upsampleBilinearCheck as upsampleBilinear,
  upsampleNearestCheck as upsampleNearest,
} from "./upsample.ts";
