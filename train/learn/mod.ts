/**
 * Learning without files: patches and augmentation, streams of batches, a learner of named tasks, its
 * schedule, stages with validation and saved states, and a teacher for videos without labels. Knows no
 * disk and no operating system, so a page can train.
 *
 * @example An image and its labels, turned and brightened as training does
 * ```ts
 * import { sampleFromPlanes } from "@kymo/kymo/images";
 * import { applyAugmentation, defaultAugmentation, drawAugmentation } from "@kymo/kymo/learn";
 * import { Random } from "@kymo/kymo/random";
 *
 * const plane = { width: 2, height: 2, data: Float32Array.of(0, 1, 0, 1) };
 * const labels = { width: 2, height: 2, data: Uint32Array.of(0, 1, 0, 1) };
 * const draw = drawAugmentation(new Random(1), defaultAugmentation);
 * const sample = applyAugmentation(draw, sampleFromPlanes([plane], labels));
 * console.log(sample.image, sample.labels);
 * ```
 *
 * @module
 */

// What is learned from.
export {
  type KnownLabels,
  type SplitSettings,
  splitSettings,
  splitStills,
  type TrainingSet,
  type TrainingVideo,
} from "./training_set.ts";
export {
  type Batch,
  type BatchSettings,
  batchSettings,
  type BatchStream,
  PairStream,
  type StillSettings,
  StillStream,
  type StreamSettings,
  type StreamState,
} from "./batches.ts";
export {
  applyAugmentation,
  type AugmentationDraw,
  type AugmentationSettings,
  augmentationSettings,
  defaultAugmentation,
  drawAugmentation,
} from "./patches/augment.ts";
export { AheadStream } from "./patches/ahead.ts";
export {
  type AugmentationTask,
  type Augmenter,
  augmentHere,
  type SampleStack,
  type SharedPatch,
} from "./patches/augmenter.ts";
export type { PackedParts, SharedSample } from "../images/packed/packed_sample.ts";
export type { ElasticDraw } from "./patches/elastic.ts";
export {
  PairSampler,
  type PatchPlace,
  PatchSampler,
  type PatchSettings,
  type SamplerState,
} from "./patches/patches.ts";

// The network in training.
export { Learner, type LearnerParts, type Measurement, type OptimiserState } from "./learner.ts";
export {
  consistencyTask,
  focusTask,
  pupilTask,
  segmentationTask,
  type TargetForm,
  type Task,
  type TaskInputs,
} from "./tasks.ts";

// When which task is learned, and how it is watched and saved.
export {
  type EpochLengths,
  Schedule,
  type ScheduleParts,
  type ScheduleSettings,
  scheduleSettings,
  stageSchedule,
  taughtSchedule,
  type Turn,
  warmupSchedule,
} from "./schedule.ts";
export {
  runStage,
  type StageOutcome,
  type StageParts,
  type StageSettings,
  stageSettings,
} from "./stage.ts";
export {
  parseStageState,
  type SavedState,
  type StageState,
  type StageStore,
} from "./stage_state.ts";
export {
  type AlarmSettings,
  alarmSettings,
  type Examination,
  type Examiner,
  StageExaminer,
  type StageExaminerParts,
  type ValidationBatches,
} from "./examiner.ts";
export type { NoteEvent, Scores, StageRunEvent, StepEvent, ValidationEvent } from "./events.ts";
export { type Stage, STAGES } from "./stages.ts";
export { StoppedError } from "./stopped.ts";

// A teacher and its student.
export {
  type Lesson,
  teach,
  type Teacher,
  type TeacherSettings,
  teacherSettings,
} from "./teacher/teacher.ts";
export { KeptLesson, type LabelStore, type LessonOptions } from "./teacher/kept_lesson.ts";
export { type PupilSettings, PupilStream, type TaughtVideo } from "./teacher/pupil_stream.ts";
export {
  type LabelRuns,
  type RunLabels,
  type VoteCounts,
  type VoteThresholds,
} from "./teacher/pseudo_labels.ts";

// Learning on from a model, in memory.
export {
  type LearnSettings,
  learnSettingsOf,
  type PlainLearnSettings,
} from "./settings/learn_settings.ts";
export {
  type AdaptedModels,
  adaptModel,
  type AdaptParts,
  type LearnEvent,
  type LearnKeeper,
  type LearnParts,
  type LearnPlan,
  teachModel,
  type TeachParts,
} from "./runs/model_run.ts";
export { type ReadSamples, readSamples, type SampleOptions } from "./runs/read_samples.ts";
export { begin, type Progress } from "./progress/progress.ts";
export type { VideoSize } from "./steady/plan.ts";
