/**
 * Training, prediction and evaluation: everything that touches files and time, and the records with
 * which a program of one's own extends it. Runs in Deno.
 *
 * @example What `kymo predict` does, in a program
 * ```ts
 * import { predict } from "@kymo/kymo/train";
 *
 * const places = { model: "runs/mine", inputs: ["video"], out: "labels" };
 * for await (const event of predict(places)) {
 *   if (event.type === "frame") console.log(event.name, event.objects);
 * }
 * ```
 *
 * @module
 */

// Jobs: files in, files out, events on the way.
export { train } from "./jobs/train/train.ts";
export type { TrainOptions } from "./jobs/train/run.ts";
export type { ExampleStacks } from "./jobs/train/holotomography.ts";
export type {
  FocusPlanEvent,
  NoteEvent,
  PlanEvent,
  PlanOfSteps,
  ResultEvent,
  StageEvent,
  StageRunEvent,
  StepEvent,
  TrainEvent,
  ValidationEvent,
} from "./jobs/train/events.ts";
export type { InputEvent, RangeEvent } from "./jobs/progress/inputs.ts";
export { type Progress, type ProgressEvent, StoppedError } from "./jobs/progress/progress.ts";
export { steady } from "./jobs/steady/steady.ts";
export type {
  SteadyDone,
  SteadyEvent,
  SteadyOptions,
  SteadyWarning,
  Task,
  TaskEvent,
} from "./jobs/steady/steady_options.ts";
export { trackFiles } from "./jobs/track/track_files.ts";
export type {
  FrameTracked,
  TrackEvent,
  TrackFilesOptions,
  TrackingDone,
  TrackNote,
} from "./jobs/track/track_options.ts";
export { predict } from "./jobs/predict/predict.ts";
export type {
  FramePredicted,
  PredictEvent,
  PredictionDone,
  PredictNote,
  PredictOptions,
} from "./jobs/predict/predict_options.ts";
export type { FocusFound } from "./jobs/predict/predict_focus.ts";
export {
  evaluateFiles,
  type EvaluateFilesOptions,
  type FilesEvaluation,
} from "./jobs/evaluate_files.ts";
export {
  type FilterEvent,
  filterFiles,
  type FilterFilesOptions,
  type FilteringDone,
  type FilterNote,
  type FrameFiltered,
} from "./jobs/filter_files.ts";
export { type ImportOptions, importRun, type ModelImported } from "./jobs/import_run.ts";
export {
  type AnnotateEvent,
  type AnnotateNote,
  annotateToMask,
  type AnnotateToMaskOptions,
  type ClassifierTrained,
  type MaskMade,
  type MasksDone,
} from "./jobs/annotate/annotate_to_mask.ts";
export {
  type SynthFiles,
  synthFiles,
  type SynthFilesOptions,
  type SynthStackFiles,
  synthStackFiles,
  type SynthStackFilesOptions,
} from "./jobs/synth_files.ts";
export { findRanges, type RangesEvent, type RangesFound } from "./jobs/predict/find_ranges.ts";
export { type FrameRange, parseFrameRange } from "./jobs/predict/frame_range.ts";
export { listShards, type Shard } from "./jobs/predict/list_shards.ts";
export {
  type RunsSummarised,
  type SummariseOptions,
  summariseRuns,
} from "./jobs/summarise_runs.ts";
export {
  type FileMerged,
  type MergeDone,
  type MergeEvent,
  type MergeOptions,
  mergeParts,
} from "./jobs/merge/merge_parts.ts";
export { tune, type TunedEvent, type TuneDone, type TuneOptions } from "./jobs/tune.ts";
export { type DoctorReport, examine } from "./jobs/doctor.ts";
export type { Sample } from "./images/sample.ts";
export type { SyntheticStackOptions } from "./synthetic/mod.ts";
export {
  experiment,
  type ExperimentDone,
  type ExperimentEvent,
  type ExperimentOptions,
  type RecipeMeasured,
} from "./jobs/experiment/experiment.ts";
export { disk, DiskFullError } from "./jobs/disk/files.ts";
export { readModelFile } from "./jobs/disk/model_files.ts";

// Settings.
export {
  changeConfig,
  type ConfigChangeOptions,
  configOf,
  type ConfigOptions,
  defaultConfig,
  defaultConfigOf,
  type RunSettings,
  settingGroups,
  syntheticConfig,
  type TrainConfig,
} from "./jobs/train/config.ts";
export { checkConfig } from "./jobs/train/check_config.ts";
export type { DataSettings } from "./jobs/train/data_settings.ts";
export type { IntensitySettings } from "./images/normalization_settings.ts";
export type { LearnSettings } from "./learn/settings/learn_settings.ts";
export type { AugmentationSettings } from "./learn/patches/augment.ts";
export type { BatchSettings } from "./learn/batches.ts";
export type { AlarmSettings } from "./learn/examiner.ts";
export type { ScheduleSettings } from "./learn/schedule.ts";
export type { StageSettings } from "./learn/stage.ts";
export type { TeacherSettings } from "./learn/teacher/teacher.ts";
export type { ExposureSettings } from "./models/exposure.ts";
export type { SplitSettings } from "./learn/training_set.ts";
export {
  anyNumber,
  defaultsOf,
  notNegative,
  oneOf,
  positive,
  type Rule,
  type Setting,
  type SettingEntry,
  type SettingGroup,
  type Settings,
  share,
  wholeNumber,
  yesOrNo,
} from "./settings.ts";

// What is built in.
export {
  BUILTIN,
  builtinModel,
  type BuiltinOptions,
  builtinStills,
  builtinWeights,
} from "./models/builtin/mod.ts";
export {
  type BuiltinMade,
  makeBuiltin,
  type MakeBuiltinOptions,
} from "./jobs/builtin/make_builtin.ts";

// Kinds of models, and models.
export { defaultKinds, type Kinds, modelKinds } from "./models/list.ts";
export type {
  DecodeChanges,
  ModelKind,
  ObjectModel,
  Segmentation,
  SegmentOptions,
  SettingChange,
  Wish,
} from "./models/model_kind.ts";
export type {
  RowImage,
  RowSegmentation,
  RowSegmentOptions,
  RowStore,
  RowStores,
} from "./models/tiles/row_blocks.ts";
export type { Objective, TargetEncoder } from "./models/objective.ts";
export type { LabelChoice, LossChoice, LossSettings } from "./models/loss_settings.ts";
export type { TrunkSettings } from "./models/trunk.ts";
export { uNet, type UNetRead, type UNetSettings } from "./models/unet/kind.ts";
export { starDist, type StarDistRead, type StarDistSettings } from "./models/stardist/kind.ts";
export { focusClassifier, type FocusRead, type FocusSettings } from "./models/focus/kind.ts";
export {
  buildModel,
  decodeModel,
  type Model,
  type ModelFile,
  type Reading,
} from "./models/model_file.ts";
export { MOST_VIEWS, type View, viewsOf } from "./models/views.ts";
export { postprocess, type PostprocessSettings } from "./models/unet/postprocess.ts";

// What is measured and shown.
export type { ModelResults, Precision, SeedResults, TunedResults } from "./report/results.ts";
export type { EventStrip, ShownFrame, TrackReportData, TrackSeries } from "./report/data.ts";
export type { Stage } from "./learn/stages.ts";
export type {
  LabelSource,
  Measured,
  ModelName,
  ResultsTable,
  Rival,
  TableColumn,
  TableRow,
} from "./report/data.ts";
