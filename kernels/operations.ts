/**
 * The list of operations: what tests, golden cases and benchmarks walk.
 *
 * @module
 */

import type { Operation } from "./operation.ts";
import { add, div, mul, sub } from "./ops/arithmetic.ts";
import { binaryCrossEntropy, maskedBinaryCrossEntropy } from "./ops/binary_cross_entropy.ts";
import {
  binaryCrossEntropyWithLogits,
  maskedBinaryCrossEntropyWithLogits,
} from "./ops/binary_cross_entropy_with_logits.ts";
import { concat } from "./ops/concat.ts";
import { conv2d } from "./ops/conv2d/mod.ts";
import { dense } from "./ops/dense.ts";
import { dice, maskedDice } from "./ops/dice.ts";
import { foregroundSum } from "./ops/foreground_sum.ts";
import { generalisedDice, maskedGeneralisedDice } from "./ops/generalised_dice.ts";
import { globalAveragePool } from "./ops/global_average_pool.ts";
import { groupNorm } from "./ops/group_norm.ts";
import { localMaximum } from "./ops/local_maximum.ts";
import { matmul } from "./ops/matmul.ts";
import { maxPool2d } from "./ops/max_pool2d.ts";
import { maskedMeanSquaredError, meanSquaredError } from "./ops/mean_squared_error.ts";
import { pad } from "./ops/pad.ts";
import { permute, transpose } from "./ops/permute.ts";
import { exp, gelu, leakyRelu, log, neg, sqrt, square, tanh } from "./ops/pointwise.ts";
import { max, mean, sum } from "./ops/reductions.ts";
import { relu } from "./ops/relu.ts";
import { flatten, reshape } from "./ops/reshape.ts";
import { scale } from "./ops/scale.ts";
import { sigmoid } from "./ops/sigmoid.ts";
import { slice } from "./ops/slice.ts";
import { sliceBatch } from "./ops/slice_batch.ts";
import { maskedSquaredDice, squaredDice } from "./ops/squared_dice.ts";
import { starDistanceLoss } from "./ops/star_distance_loss.ts";
import { stridedConv2d } from "./ops/strided_conv2d.ts";
import { tileSum } from "./ops/tile_sum.ts";
import { uncovered } from "./ops/uncovered.ts";
import { upConv2d } from "./ops/up_conv2d/mod.ts";
import { upsampleBilinear, upsampleNearest } from "./ops/upsample.ts";

/** An operation whatever its parameters: what a walk over all of them sees. */
export type AnyOperation = Operation;

/** Every differentiable operation. */
export const operations: readonly AnyOperation[] = [
  conv2d,
  upConv2d,
  stridedConv2d,
  dense,
  matmul,
  groupNorm,
  maxPool2d,
  globalAveragePool,
  localMaximum,
  upsampleNearest,
  upsampleBilinear,
  concat,
  sliceBatch,
  slice,
  pad,
  permute,
  transpose,
  reshape,
  flatten,
  sum,
  mean,
  max,
  relu,
  sigmoid,
  neg,
  exp,
  log,
  sqrt,
  square,
  tanh,
  leakyRelu,
  gelu,
  add,
  sub,
  mul,
  div,
  scale,
  dice,
  maskedDice,
  squaredDice,
  maskedSquaredDice,
  generalisedDice,
  maskedGeneralisedDice,
  binaryCrossEntropy,
  maskedBinaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  maskedBinaryCrossEntropyWithLogits,
  meanSquaredError,
  maskedMeanSquaredError,
  foregroundSum,
  tileSum,
  uncovered,
  starDistanceLoss,
];
