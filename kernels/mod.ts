/**
 * WebGPU compute kernels: a device with pooled memory and batched dispatches, tensors, and the
 * operations of neural networks, forward and backward, in hand-written WGSL. Each operation is one
 * record. Runs in Deno, in browsers and, with a WebGPU package, in Node.
 *
 * @example A tensor through a kernel and back
 * ```ts
 * import { elementwise, openDevice } from "@kymo/kymo/kernels";
 *
 * using device = await openDevice();
 * using _scope = device.scope(); // frees what is made from here on
 * const x = device.upload([3], Float32Array.of(1, 2, 3));
 * const y = elementwise(device, { label: "line", inputs: [x], expression: "2.0 * a + 1.0" });
 * console.log(await device.read(y)); // 3, 5, 7
 * ```
 *
 * @module
 */

// The device, and what it can go wrong with.
export { openDevice, type OpenOptions, type SelfTestMemory } from "./open_device.ts";
export {
  type AdapterSummary,
  type CommandCounts,
  Device,
  type DeviceOptions,
  type Dispatch,
  type KernelStyle,
  linearWorkgroups,
  type Plan,
  type Scope,
  TensorBlocks,
  type TensorCopy,
  type Uniforms,
} from "./gpu/device.ts";
export {
  DeviceLostError,
  GpuUnavailableError,
  OutOfMemoryError,
  SelfTestError,
  ShaderError,
} from "./gpu/errors.ts";
export type { PipelineSource } from "./gpu/commands/pipelines.ts";
export type { KernelTime } from "./gpu/commands/profiler.ts";
export type { MemoryUse } from "./gpu/memory/pool.ts";
export { selfTest, type SelfTestResult, testHalves } from "./self_test.ts";

// Tensors, and computations that are captured once and run many times.
export { formatShape, type Shape, sizeOf } from "./gpu/shape.ts";
export { type DType, Tensor, type TensorBlock, type TypedArrayOf } from "./gpu/tensor.ts";
export type { Arena } from "./gpu/memory/arena.ts";
export type { Recording } from "./gpu/commands/recording.ts";

// What an operation is, and all of them.
export {
  type BackwardContext,
  type BackwardRule,
  defineOperation,
  type HalfUse,
  type Operation,
  type OperationParts,
  type OutputStorage,
  type Params,
  runForward,
  type SumOfSlabs,
} from "./operation.ts";
export {
  type AnyOperation,
  operations,
  type OperationsByName,
  operationsByName,
} from "./operations.ts";
export { add, div, mul, sub } from "./ops/arithmetic.ts";
export { averagePool2d, type AveragePool2dParams } from "./ops/average_pool2d.ts";
export {
  batchNorm,
  type BatchNormParams,
  type ChannelMoments,
  channelMoments,
  trackMoments,
} from "./ops/batch_norm.ts";
export { binaryCrossEntropy, maskedBinaryCrossEntropy } from "./ops/binary_cross_entropy.ts";
export {
  binaryCrossEntropyWithLogits,
  maskedBinaryCrossEntropyWithLogits,
} from "./ops/binary_cross_entropy_with_logits.ts";
export { concat, type ConcatParams } from "./ops/concat.ts";
export { conv2d, type Conv2dParams } from "./ops/conv2d/mod.ts";
export { crossEntropy, type CrossEntropyParams } from "./ops/cross_entropy.ts";
export { dense } from "./ops/dense.ts";
export { dice, type DiceParams, maskedDice } from "./ops/dice.ts";
export { dropout, type DropoutParams } from "./ops/dropout.ts";
export { foregroundSum } from "./ops/foreground_sum.ts";
export {
  generalisedDice,
  type GeneralisedDiceParams,
  maskedGeneralisedDice,
} from "./ops/generalised_dice.ts";
export { globalAveragePool, type GlobalAveragePoolParams } from "./ops/global_average_pool.ts";
export { groupNorm, type GroupNormParams } from "./ops/group_norm.ts";
export { localMaximum, type LocalMaximumParams } from "./ops/local_maximum.ts";
export { matmul } from "./ops/matmul.ts";
export { maxPool2d } from "./ops/max_pool2d.ts";
export { maskedMeanSquaredError, meanSquaredError } from "./ops/mean_squared_error.ts";
export { pad, type PadParams } from "./ops/pad.ts";
export { permute, type PermuteParams, transpose } from "./ops/permute.ts";
export {
  exp,
  gelu,
  leakyRelu,
  type LeakyReluParams,
  log,
  neg,
  type Pointwise,
  pointwise,
  type PointwiseParams,
  sqrt,
  square,
  tanh,
} from "./ops/pointwise.ts";
export { max, mean, type ReductionParams, sum } from "./ops/reductions.ts";
export { relu } from "./ops/relu.ts";
export { flatten, type FlattenParams, reshape, type ReshapeParams } from "./ops/reshape.ts";
export { scale, type ScaleParams } from "./ops/scale.ts";
export { sigmoid } from "./ops/sigmoid.ts";
export { slice, type SliceParams } from "./ops/slice.ts";
export { sliceBatch, type SliceBatchParams } from "./ops/slice_batch.ts";
export { logSoftmax, softmax, type SoftmaxParams } from "./ops/softmax.ts";
export { maskedSquaredDice, squaredDice } from "./ops/squared_dice.ts";
export {
  type StarDistanceError,
  starDistanceLoss,
  type StarDistanceLossParams,
} from "./ops/star_distance_loss.ts";
export { tileSum, type TileSumParams } from "./ops/tile_sum.ts";
export { uncovered } from "./ops/uncovered.ts";
export { upConv2d } from "./ops/up_conv2d/mod.ts";
export { upsampleBilinear, upsampleNearest } from "./ops/upsample.ts";
export { asFloats, type Elementwise, elementwise } from "./parts/elementwise.ts";
export { reduceAxes, type ReductionKind } from "./parts/axes/reduction.ts";
export { broadcast } from "./parts/axes/views.ts";
export { type AdamSettings, adamStep, adamStepSizes } from "./parts/training/adam.ts";
export { type SgdSettings, sgdStep } from "./parts/training/sgd.ts";

// Training targets from label images.
export { distanceTransform } from "./targets/distance_transform.ts";
export { IGNORED_LABEL } from "./targets/label_grid.ts";
export { objectProbability } from "./targets/object_probability.ts";
export { type StarDistanceOptions, starDistances } from "./targets/star_distances.ts";

// Post-processing: from probability maps to objects.
export {
  binaryDilation,
  binaryErosion,
  binaryOpening,
  type Components,
  type ComponentsOptions,
  componentSteps,
  type ComponentValues,
  connectedComponents,
  type Connectivity,
  type Footprint,
  type MorphologyOptions,
  objectSizes,
  otsuSteps,
  otsuThreshold,
  pasteTile,
  type PlaneView,
  readAll,
  readValues,
  removeSmallObjects,
  runSteps,
  type Steps,
  threshold,
  type TileArea,
  type ValueRange,
  valueRange,
  valueRangeSteps,
} from "./masks/mod.ts";

// Which kernel computes what, and how fast.
export type { KernelChoices, Pins } from "./gpu/choices.ts";
export type { AnyFamily, Variant, VariantFamily } from "./choice/variant.ts";
export { kernelFamilies } from "./families.ts";
export { pinsOf, type TunedProblem, type TunedVariant, tuneKernels } from "./choice/tuner.ts";
export { timeQueued, type Timing, type TimingOptions } from "./choice/timing.ts";
export { type Ceilings, measureCeilings } from "./choice/ceilings.ts";
