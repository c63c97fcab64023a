/**
 * What the stages of a seed work with, and what they give.
 *
 * @module
 */

import type { Network } from "../../../../nn/module.ts";
import type { NamedArray } from "../../../../nn/safetensors.ts";
import type { Learner } from "../../../learn/learner.ts";
import type { Stage } from "../../../learn/stages.ts";
import type { TrainingSet, TrainingVideo } from "../../../learn/training_set.ts";
import { exposureFor } from "../../../models/exposure.ts";
import type { ModelKind, ObjectModel } from "../../../models/model_kind.ts";
import type { ObjectScale } from "../../../models/object_scale.ts";
import type { Objective } from "../../../models/objective.ts";
import type { OpenedRun, SeedPlace } from "../run.ts";

/** A model that a stage has trained, in memory and as the bytes of its file. */
export interface TrainedModel {
  readonly weights: ReadonlyMap<string, NamedArray>;
  readonly decode: object;
  readonly content: Uint8Array<ArrayBuffer>;
}

/** What all stages of a seed work with. */
export interface SeedRun extends SeedPlace {
  readonly run: OpenedRun;
  readonly set: TrainingSet;
  /** How large the objects of its stills are. */
  readonly scale: ObjectScale | null;
  readonly kind: ModelKind;
  readonly objects: ObjectModel;
  readonly objective: Objective;
  readonly network: Network;
  readonly learner: Learner;
  /** Exposures that were chosen, by video and stage; videos may have the same name. */
  readonly exposures: Map<TrainingVideo, Map<Stage, number>>;
}

/** The file of a stage's weights in the folder of its seed. */
export function stageFile(stage: Stage): string {
  return `${stage}.safetensors`;
}

/** The exposure of a video for the weights of a stage, which the network has now; it is chosen once. */
export async function exposureOf(
  seed: SeedRun,
  { stage, decode, video }: { stage: Stage; decode: object; video: TrainingVideo },
): Promise<number> {
  const { run: { device }, config: { exposure }, objects, network, exposures } = seed;
  const chosen = exposures.get(video)?.get(stage) ??
    await exposureFor(device, { network, objects, decode, exposure, frames: video.frames });
  keepExposure(seed, { stage, video, exposure: chosen });
  return chosen;
}

/** Notes the exposure of a video that was chosen for the weights of a stage. */
export function keepExposure(
  { exposures }: Pick<SeedRun, "exposures">,
  { stage, video, exposure }: { stage: Stage; video: TrainingVideo; exposure: number },
): void {
  const ofVideo = exposures.get(video) ?? new Map<Stage, number>();
  exposures.set(video, ofVideo.set(stage, exposure));
}
