/**
 * Planes in focus: training of the classifier, finding the planes of sequences, and their tables.
 *
 * @module
 */

export * from "./batches.ts";
export * from "./events.ts";
export * from "./learner.ts";
export * from "./model_file.ts";
export * from "./predict.ts";
export * from "./reader.ts";
export * from "./settings.ts";
export * from "./stacks.ts";
export * from "./table.ts";
export * from "./train.ts";
