/**
 * Making a movie steady, as the command `steady` does it: looking at it, adapting the model, and judging
 * whether that helped.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { PlaneCache } from "../../../train/images/plane_cache.ts";
import { frameTimes } from "../../../train/images/series/frame_times.ts";
import { type Frames, normalizedFrames } from "../../../train/images/series/frames.ts";
import type { Video } from "../../../train/images/series/video.ts";
import { begin, type Progress } from "../../../train/learn/progress/progress.ts";
import {
  adaptModel,
  type LearnEvent,
  type LearnPlan,
} from "../../../train/learn/runs/model_run.ts";
import { readSamples } from "../../../train/learn/runs/read_samples.ts";
import { VERSION } from "../../../train/learn/runs/version.ts";
import { compareModels, leftAsIs } from "../../../train/learn/steady/compare.ts";
import { cannotTeach, reasonToLeave } from "../../../train/learn/steady/reasons.ts";
import { numbersOf, see } from "../../../train/learn/steady/see.ts";
import { BUILTIN, builtinStills } from "../../../train/models/builtin/mod.ts";
import {
  buildModel,
  decodeModel,
  type ModelFile,
  objectScaleIn,
  readingOf,
} from "../../../train/models/model_file.ts";
import { handingOver } from "../../shared/calls.ts";
import { fingerprint } from "../../shared/fingerprint.ts";
import type {
  MovieChoice,
  NoteMessage,
  PlanMessage,
  ProgressMessage,
  StepMessage,
} from "../../shared/messages.ts";
import { keeperFor } from "../learn_keeper.ts";
import { type GivenModel, onDevice, readModel } from "./machine.ts";
import { openMovie, stoppable } from "../movie.ts";
import { openStore } from "../store.ts";
import { inTime, inTimeEach } from "../told.ts";

/** What is made steady. */
export interface SteadyWish {
  /** The movie. */
  readonly movie: MovieChoice;
  /** What tells it from others. */
  readonly key: string;
  /** The model to begin with. */
  readonly model: GivenModel;
  /** The built-in stills, as they are packed. */
  readonly stills: Uint8Array<ArrayBuffer>;
  /** Rounds of learning. */
  readonly rounds: number;
}

/** What came of it. */
export interface SteadyResult {
  /** The adapted model; null where the model is taken as it was. */
  readonly model: Uint8Array<ArrayBuffer> | null;
  /** Why, in words. */
  readonly reasons: readonly string[];
  /** The gain at which the movie is seen. */
  readonly exposure: number;
}

/** What making steady tells. */
export type SteadyMessage = ProgressMessage | NoteMessage | PlanMessage | StepMessage;

/** Bytes of frames that are kept in memory. */
const CACHE_BYTES = 2 ** 28;
const SEED = 1;

/** Makes a movie steady. */
export async function* steady(
  wish: SteadyWish,
  stop: AbortSignal,
): AsyncGenerator<SteadyMessage, SteadyResult> {
  return yield* onDevice((device) => steadily(device, wish, stop), { isKept: false });
}

async function* steadily(
  device: Device,
  { movie, key, model: given, stills, rounds }: SteadyWish,
  stop: AbortSignal,
): AsyncGenerator<SteadyMessage, SteadyResult> {
  const file = await readModel(given);
  const video = yield* openMovie(movie, stop);
  if (video.length < 2) throw new RangeError("Cannot make one frame steady: it takes a movie");
  const progress = begin("opening");
  const tell = (what: ProgressMessage["what"]) => (): ProgressMessage => ({
    ...{ type: "progress", what, done: progress.done, total: progress.total },
  });
  const watched = stoppable(video, () => stop.throwIfAborted());
  const looking = look(device.task({ stop }), { video: watched, file, progress });
  const seen = yield* inTime(looking, tell("looking"));
  for (const text of seen.described) yield { type: "note", text };
  for (const text of seen.warnings) yield { type: "warning", text };
  const { exposure } = seen;
  const left = reasonToLeave(seen) ?? cannotTeach(file);
  if (left !== null) return { model: null, reasons: leftAsIs(left).reasons, exposure };
  const reading = readingOf(file);
  const read = readSamples(await builtinStills({ from: stills }), BUILTIN, {
    ...{ reading: { channels: [] }, settings: reading.stills, progress },
  });
  const { samples } = yield* inTime(read, tell("stills"));
  let isLearning = false;
  // Learning itself is not torn off: it saves its state first.
  const learned = stoppable(video, () => isLearning || stop.throwIfAborted());
  const frames = yield* inTime(framesOf(learned, reading), tell("reading"));
  isLearning = true;
  const work = { kind: "steady", key, model: await fingerprint([given.bytes]), rounds };
  const adapting = adaptModel(device, {
    ...{ file, samples, seed: SEED, progress, stop, exposure, rounds },
    keeper: await keeperFor(await openStore(), work),
    versions: { kymo: VERSION, browser: navigator.userAgent },
    video: { name: video.name, frames },
    size: { frames: video.length, width: video.width, height: video.height },
  });
  const { control, adapted, alarm } = yield* inTimeEach(adapting, {
    ...{ tell: tell("teaching"), event: stepMessages() },
  });
  const models = {
    control: decodeModel(control, { file: "control" }),
    adapted: decodeModel(adapted, { file: "adapted" }),
  };
  const comparing = compareModels(device.task({ stop }), {
    ...{ video: watched, seen, models, alarm, progress },
  });
  const { chosen, reasons } = yield* inTime(comparing, tell("comparing"));
  const model = chosen === "adapted" ? adapted : null;
  return handingOver({ model, reasons, exposure }, model ? [model.buffer] : []);
}

async function look(
  device: Device,
  { video, file, progress }: { video: Video; file: ModelFile; progress: Progress },
) {
  using _scope = device.scope();
  const model = buildModel(device, file);
  const scale = objectScaleIn(file);
  return await see(device, { video, size: video, model, scale, progress });
}

/** The frames that a student learns from: normalised, and with gaps where some are missing. */
async function framesOf(
  video: Video,
  { video: settings }: ReturnType<typeof readingOf>,
): Promise<Frames> {
  const { frames } = await normalizedFrames(video, {
    ...{ settings, cache: new PlaneCache(CACHE_BYTES) },
  });
  return { ...frames, times: frameTimes({ name: video.name, numbers: numbersOf(video) }).times };
}

/** What is passed on of learning: steps are counted over all stages. */
export function stepMessages(): (event: LearnEvent) => SteadyMessage | null {
  let stages: LearnPlan["stages"] = [];
  return (event) => {
    if (event.type === "plan") {
      stages = event.stages;
      return { type: "plan", plannedBytes: event.plannedBytes };
    }
    if (event.type === "validation") return null;
    if (event.type !== "step") return event;
    const { kind, loss, stage, step } = event;
    const at = stages.findIndex((one) => one.stage === stage);
    const sum = (some: LearnPlan["stages"]) => some.reduce((all, { steps }) => all + steps, 0);
    return { type: "step", kind, loss, done: sum(stages.slice(0, at)) + step, total: sum(stages) };
  };
}
