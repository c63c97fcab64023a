/**
 * WebGPU compute kernels: a device with pooled memory and batched dispatches, tensors, and the
 * operations of convolutional networks, forward and backward, in hand-written WGSL. Each operation is
 * one record that also holds its float64 reference.
 *
 * @module
 */

export * from "./parts/adam.ts";
export * from "./gpu/choices.ts";
export { Arena, type ArenaSource } from "./gpu/memory/arena.ts";
export * from "./choice/ceilings.ts";
export * from "./gpu/device.ts";
export type { MemoryNeed } from "./gpu/memory/device_memory.ts";
export * from "./gpu/errors.ts";
export * from "./families.ts";
export * from "./features/mod.ts";
export * from "./open_device.ts";
export * from "./operation.ts";
export * from "./operations.ts";
export * from "./gpu/memory/pool.ts";
export * from "./gpu/memory/memory_plan.ts";
export type { PipelineSource } from "./gpu/commands/pipelines.ts";
export type { KernelTime } from "./gpu/commands/profiler.ts";
export { Recording } from "./gpu/commands/recording.ts";
export * from "./masks/mod.ts";
export * from "./self_test.ts";
export * from "./gpu/shape.ts";
export { distanceTransform } from "./targets/distance_transform.ts";
export { IGNORED_LABEL } from "./targets/label_grid.ts";
export { objectProbability } from "./targets/object_probability.ts";
export { type StarDistanceOptions, starDistances } from "./targets/star_distances.ts";
export * from "./gpu/tensor.ts";
export * from "./choice/tuner.ts";
export type { Variant, VariantFamily } from "./choice/variant.ts";
export * from "./choice/timing.ts";
export * from "./ops/add.ts";
export * from "./ops/binary_cross_entropy.ts";
export * from "./ops/concat.ts";
export * from "./ops/conv2d/mod.ts";
export * from "./ops/dense.ts";
export * from "./ops/dice.ts";
export * from "./ops/foreground_sum.ts";
export * from "./ops/generalised_dice.ts";
export * from "./ops/global_average_pool.ts";
export * from "./ops/group_norm.ts";
export * from "./ops/local_maximum.ts";
export * from "./ops/max_pool2d.ts";
export * from "./ops/masked_binary_cross_entropy.ts";
export * from "./ops/mean_squared_error.ts";
export * from "./ops/relu.ts";
export * from "./ops/scale.ts";
export * from "./ops/sigmoid.ts";
export * from "./ops/slice_batch.ts";
export * from "./ops/squared_dice.ts";
export * from "./ops/star_distance_loss.ts";
export * from "./ops/strided_conv2d.ts";
export * from "./ops/tile_sum.ts";
export * from "./ops/uncovered.ts";
export * from "./ops/up_conv2d/mod.ts";
export * from "./ops/upsample.ts";
