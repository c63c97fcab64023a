/**
 * Training, prediction and evaluation: everything that touches files and time.
 *
 * @module
 */

export * from "./batches.ts";
export * from "./check_config.ts";
export * from "./config.ts";
export * from "./data/augment.ts";
export * from "./data/decode.ts";
export * from "./data/elastic.ts";
export * from "./data/encode.ts";
export * from "./data/encode_png.ts";
export * from "./data/files.ts";
export * from "./data/foreground.ts";
export * from "./data/frames.ts";
export * from "./data/image.ts";
export * from "./data/normalize.ts";
export * from "./data/orientation.ts";
export * from "./data/patches.ts";
export * from "./data/percentiles.ts";
export * from "./data/plane_cache.ts";
export * from "./data/random.ts";
export * from "./data/sample.ts";
export * from "./data/stills.ts";
export * from "./data/synthetic.ts";
export * from "./data/truth.ts";
export * from "./data/video.ts";
export * from "./data/z_stack.ts";
export * from "./decode_changes.ts";
export * from "./doctor.ts";
export * from "./evaluate/ctc.ts";
export * from "./evaluate/dot_matching.ts";
export * from "./evaluate/evaluate.ts";
export * from "./evaluate/flicker.ts";
export * from "./evaluate/group_labels.ts";
export * from "./evaluate/matching.ts";
export * from "./evaluate/matching_scores.ts";
export * from "./evaluate/overlap.ts";
export * from "./evaluate_files.ts";
export * from "./events.ts";
export * from "./export/mod.ts";
export * from "./focus/mod.ts";
export * from "./import/import_model.ts";
export * from "./import/import_run.ts";
export * from "./filter_files.ts";
export * from "./kernel_file.ts";
export * from "./learner.ts";
export * from "./model_file.ts";
export type { TargetEncoder } from "./objective.ts";
export * from "./postprocess.ts";
export * from "./predict_files.ts";
export * from "./probability.ts";
export * from "./report/data.ts";
export * from "./results.ts";
export * from "./results_table.ts";
export * from "./run_folder.ts";
export * from "./schedule.ts";
export type { DecodeSettings } from "./segment.ts";
export * from "./stage.ts";
export * from "./stage_data.ts";
export * from "./synth_files.ts";
export * from "./temporal_filter.ts";
export * from "./train.ts";
export * from "./training_set.ts";
export * from "./tune.ts";
export * from "./version.ts";
