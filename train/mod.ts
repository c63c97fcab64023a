/**
 * Training, prediction and evaluation: everything that touches files and time.
 *
 * @module
 */

export * from "./learn/batches.ts";
export * from "./jobs/train/check_config.ts";
export * from "./jobs/train/config.ts";
export * from "./learn/augment.ts";
export * from "./images/formats/decode.ts";
export * from "./learn/elastic.ts";
export * from "./images/formats/encode.ts";
export * from "./images/formats/encode_png.ts";
export * from "./images/formats/encode_stack.ts";
export type { Bytes } from "./images/bytes.ts";
export type { ImageFormat, ImageStack, PixelArray, SampleFormat } from "./images/formats/format.ts";
export { imageFormats } from "./images/formats/list.ts";
export {
  fileSource,
  type FolderContent,
  type FolderNames,
  heldSource,
  listFolder,
  type Source,
} from "./images/source.ts";
export { frameNumber, imageStem, naturalCompare } from "./images/names.ts";
export * from "./jobs/disk/files.ts";
export * from "./learn/foreground_positions.ts";
export * from "./images/series/frames.ts";
export * from "./images/image.ts";
export * from "./images/normalize.ts";
export * from "./images/orientation.ts";
export * from "./learn/patches.ts";
export * from "./images/percentiles.ts";
export * from "./images/plane_cache.ts";
export * from "./images/random.ts";
export * from "./images/sample.ts";
export * from "./images/series/still_stacks.ts";
export * from "./images/series/stills.ts";
export * from "./images/series/sub_stack.ts";
export * from "./synthetic/mod.ts";
export * from "./images/series/truth.ts";
export * from "./images/series/video.ts";
export * from "./images/series/z_stack.ts";
export * from "./models/decode_changes.ts";
export * from "./jobs/doctor.ts";
export * from "./objects/mod.ts";
export * from "./jobs/evaluate_files.ts";
export * from "./jobs/train/events.ts";
export * from "./jobs/filter_files.ts";
export * from "./models/focus/mod.ts";
export * from "./jobs/train/focus_source.ts";
export * from "./jobs/train/holotomography.ts";
export * from "./models/import/import_model.ts";
export * from "./jobs/import_run.ts";
export * from "./jobs/disk/kernel_file.ts";
export * from "./learn/learner.ts";
export * from "./models/model_file.ts";
export type { TargetEncoder } from "./models/objective.ts";
export * from "./models/pixel_classifier/mod.ts";
export * from "./models/postprocess.ts";
export * from "./jobs/predict/predict_any.ts";
export * from "./jobs/predict/predict_files.ts";
export * from "./jobs/predict/predict_focus.ts";
export * from "./models/probability.ts";
export * from "./models/ray_outlines.ts";
export * from "./report/data.ts";
export * from "./jobs/train/measure.ts";
export * from "./report/results.ts";
export * from "./report/results_table.ts";
export * from "./jobs/disk/run_folder.ts";
export * from "./learn/schedule.ts";
export type { DecodeSettings } from "./models/segment.ts";
export * from "./jobs/train/stack_set.ts";
export * from "./images/series/stack_video.ts";
export * from "./learn/stage.ts";
export * from "./learn/stage_data.ts";
export * from "./learn/stages.ts";
export * from "./jobs/synth_files.ts";
export * from "./jobs/train/train.ts";
export * from "./jobs/train/train_any.ts";
export * from "./jobs/train/train_focus.ts";
export * from "./jobs/train/training_set.ts";
export * from "./jobs/tune.ts";
export * from "./jobs/disk/version.ts";
