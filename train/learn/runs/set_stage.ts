/**
 * A stage on a set of stills and videos: its batches, its validation, its schedule.
 *
 * @module
 */

import type { ObjectModel } from "../../models/model_kind.ts";
import type { Objective } from "../../models/objective.ts";
import type { BatchSettings } from "../batches.ts";
import type { StageRunEvent } from "../events.ts";
import { type AlarmSettings, StageExaminer } from "../examiner.ts";
import type { Learner } from "../learner.ts";
import type { AugmentationSettings } from "../patches/augment.ts";
import type { Augmenter } from "../patches/augmenter.ts";
import type { ScheduleSettings } from "../schedule.ts";
import { runStage, type StageOutcome, type StageParts, type StageSettings } from "../stage.ts";
import { scheduleOf, stageStreams, validationBatches } from "../stage_data.ts";
import type { Stage } from "../stages.ts";
import type { TaughtVideo } from "../teacher/pupil_stream.ts";
import type { TeacherSettings } from "../teacher/teacher.ts";
import type { TrainingSet } from "../training_set.ts";

/** What of the settings a stage on a set reads. */
export interface SetStageSettings
  extends BatchSettings, ScheduleSettings, TeacherSettings, StageSettings, AlarmSettings {
  /** Seed of order, places and augmentation. */
  seed: number;
  /** Augmentation of patches. */
  augmentation: AugmentationSettings;
}

/** What a stage on a set works with. */
export interface SetStageParts extends Pick<StageParts, "store" | "resume" | "stop"> {
  /** The network in training, with the weights that the stage begins from. */
  readonly learner: Learner;
  /** How its kind finds objects. */
  readonly objects: ObjectModel;
  /** What it is trained for. */
  readonly objective: Objective;
  /** What it learns from and is validated on. */
  readonly set: TrainingSet;
  /** How. */
  readonly settings: SetStageSettings;
  /** What a teacher found in the videos, for a student. */
  readonly lessons?: readonly TaughtVideo[];
  /** Augments batches, which are then made ahead; this thread does unless told. */
  readonly augment?: Augmenter;
  /** Whether it begins from a baseline: only that may stop early itself. */
  readonly isSecond: boolean;
}

/**
 * Runs a stage, from its start or from a saved state.
 *
 * @throws As {@linkcode runStage}.
 */
export async function* runSetStage(
  stage: Stage,
  { learner, objects, objective: { encode }, set, settings, lessons, augment, isSecond, ...parts }:
    SetStageParts,
): AsyncGenerator<StageRunEvent, StageOutcome> {
  const examiner = new StageExaminer(stage, {
    learner,
    batches: await validationBatches(set, { settings, encode }),
    settings,
    canDie: objects.canDie ?? false,
    countsConsistency: settings.consistency === "siamese",
  });
  return yield* runStage(stage, {
    ...{ ...parts, learner, examiner },
    schedule: scheduleOf(stage, { set, settings }),
    streams: stageStreams(stage, { set, settings, encode, lessons, augment }),
    // Only the baseline may stop early.
    settings: isSecond ? { ...settings, patience: 0, ...toleranceOf(settings) } : settings,
    stopsOnCollapse: settings.stopOnCollapse,
    seed: settings.seed,
  });
}

/** A student's last weights are its result unless they are clearly worse on stills. */
function toleranceOf(
  { consistency, stillsMargin, tolerance }: SetStageSettings,
): { tolerance: number } {
  return { tolerance: consistency === "teacher" ? stillsMargin : tolerance };
}
