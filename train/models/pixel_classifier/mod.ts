/**
 * Pixel classification: masks from scribbles, by features at several scales and a random forest.
 *
 * @module
 */

export * from "../../jobs/annotate/annotate_to_mask.ts";
export {
  classifyImage,
  type LearnOptions,
  learnPixels,
  type PixelClassifier,
  type TrainingImage,
} from "./classifier.ts";
export type { ChosenPixels } from "./samples.ts";
