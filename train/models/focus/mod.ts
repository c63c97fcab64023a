/**
 * Planes in focus: training of the classifier, finding the planes of sequences, and their tables.
 *
 * @module
 */

export * from "../../learn/focus/batches.ts";
export * from "../../learn/focus/events.ts";
export * from "../../learn/focus/learner.ts";
export * from "./model_file.ts";
export * from "./predict.ts";
export * from "./reader.ts";
export * from "./settings.ts";
export * from "./stacks.ts";
export * from "../../images/series/focus_table.ts";
export * from "../../learn/focus/train.ts";
