/**
 * What a teacher finds in the videos, for its student. Labelling takes minutes to hours, so what is
 * labelled is kept in the folder as it comes, and stays until the student has learned from it.
 *
 * @module
 */

import { looksLabelFree } from "../../../images/quality/movie_facts.ts";
import { crc32 } from "node:zlib";
import { counted } from "../../../counted.ts";
import { KeptLesson } from "../../../learn/teacher/kept_lesson.ts";
import type { TaughtVideo } from "../../../learn/teacher/pupil_stream.ts";
import { causesOf, taughtPart, teach } from "../../../learn/teacher/teacher.ts";
import type { TrainingVideo } from "../../../learn/training_set.ts";
import { begin, waitingFor } from "../../progress/progress.ts";
import type { TrainEvent } from "../events.ts";
import { exposureOf, keepExposure, type SeedRun, type TrainedModel } from "./seed_run.ts";

/** Labels of all videos by the baseline, which is the teacher: those in the folder, or new ones. */
export async function* teachAll(
  seed: SeedRun,
  baseline: TrainedModel,
): AsyncGenerator<TrainEvent, TaughtVideo[]> {
  const lessons: TaughtVideo[] = [];
  for (const [at, video] of seed.set.videos.entries()) {
    lessons.push(yield* lessonOf(seed, { at, video, baseline }));
  }
  return lessons;
}

/** A video to be labelled. */
interface Pending {
  readonly at: number;
  readonly video: TrainingVideo;
  readonly baseline: TrainedModel;
}

/** The labels of a video: those in the folder, or new ones. */
async function* lessonOf(
  seed: SeedRun,
  pending: Pending,
): AsyncGenerator<TrainEvent, TaughtVideo> {
  const { folder, config } = seed;
  const { at, video, baseline } = pending;
  const teacher = crc32(baseline.content);
  const of = await causesOf({ teacher, settings: config, exposure: config.exposure, video });
  const kept = await KeptLesson.open(folder, { video: at, of });
  const { exposure, labels } = kept;
  if (exposure !== null) keepExposure(seed, { stage: "baseline", video, exposure });
  if (exposure === null || labels === null) return yield* newLesson(seed, { ...pending, kept });
  const frames = taughtPart(video.frames, config.taughtFrames);
  return { exposure, labels, frames, isLabelFree: await looksLabelFree(frames) };
}

async function* newLesson(
  seed: SeedRun,
  { video: seen, baseline: { decode }, kept }: Pending & { kept: KeptLesson },
): AsyncGenerator<TrainEvent, TaughtVideo> {
  const { run: { device, stop }, config, objects, network } = seed;
  const { name, frames } = seen;
  const start = performance.now();
  const teacher = { network, objects, decode, settings: config };
  const taught = taughtPart(frames, config.taughtFrames);
  const progress = begin(`labelling ${name} for the student`, taught.length);
  const before = progress.done = kept.frames;
  const teachOne = async () => {
    const exposure = await exposureOf(seed, { stage: "baseline", decode, video: seen });
    const lesson = await teach(device, teacher, { frames: taught, exposure, kept, progress });
    return { exposure, lesson };
  };
  const { exposure, lesson: { video, counts, bytes } } = yield* waitingFor(teachOne(), {
    ...{ progress, stop },
  });
  const { objects: found, rescued, dropped, ignored } = counts;
  const plainly = video.isLabelFree ? "; it looks label-free: its student sees it plainly" : "";
  const seconds = (performance.now() - start) / 1000;
  const goneOn = before === 0 ? "" : `, ${before} of them labelled before it was stopped`;
  yield {
    type: "note",
    text: `Teacher on ${name}: exposure ${exposure.toFixed(2)}; ${counted(found, "object")} in ` +
      `${
        counted(taught.length, "frame")
      }${goneOn}, ${rescued} rescued and ${dropped} dropped by votes, ` +
      `${ignored} ignored; ${(bytes / 2 ** 20).toFixed(1)} MiB, ${seconds.toFixed(0)} s${plainly}`,
  };
  if (found === 0) yield { type: "warning", text: nothingTaught(name, ignored) };
  return { ...video, frames: taught };
}

function nothingTaught(video: string, ignored: number): string {
  const doubtful = ignored === 0
    ? ""
    : ` (${counted(ignored, "proposal")} too uncertain to be one)`;
  return `The teacher found no object in ${video}${doubtful}, so its student learns from it that ` +
    "nothing is there: look at what the baseline finds in stills first; more --warmup, more " +
    "stills, or images scaled to smaller objects may help";
}
