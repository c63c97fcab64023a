/**
 * Kymo: WebGPU compute kernels, automatic differentiation and networks, and on them the training and
 * prediction of segmentations of microscopy videos that do not flicker.
 *
 * @module
 */

export * from "./kernels/mod.ts";
export * from "./nn/mod.ts";
export * from "./train/mod.ts";
