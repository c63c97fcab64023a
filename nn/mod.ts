/**
 * Networks: reverse-mode autodiff on a tape, the U-Net, StarDist, the Siamese pass, losses, Adam, schedules, and
 * weights as safetensors.
 *
 * @module
 */

export * from "./adam.ts";
export * from "./autodiff.ts";
export * from "./focus.ts";
export * from "./labels/focus.ts";
export * from "./labels/foreground.ts";
export * from "./losses.ts";
export * from "./module.ts";
export * from "./safetensors.ts";
export * from "./schedule.ts";
export * from "./siamese.ts";
export * from "./stardist.ts";
export * from "./stardist_loss.ts";
export * from "./unet.ts";
export * from "./weights.ts";
export * from "./labels/stardist/mod.ts";
