/**
 * What a teacher finds in the videos, for its student. Labelling takes minutes, so the
 * labels stay in the folder until the student has learned from them.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { counted } from "../../../counted.ts";
import type { TaughtVideo } from "../../../learn/teacher/pupil_stream.ts";
import { taughtPart, teach, teacherSettings } from "../../../learn/teacher/teacher.ts";
import type { TrainingVideo } from "../../../learn/training_set.ts";
import { begin, countedFrames, waitingFor } from "../../progress/progress.ts";
import type { TrainEvent } from "../events.ts";
import { packLabels, unpackLabels } from "./kept_labels.ts";
import { exposureOf, keepExposure, type SeedRun, type TrainedModel } from "./seed_run.ts";

/** The file of the labels of a video, counted from 0. */
function lessonFile(video: number): string {
  return `teacher-${video}.labels`;
}

/** Labels of all videos by the baseline, which is the teacher: those in the folder, or new ones. */
export async function* teachAll(
  seed: SeedRun,
  baseline: TrainedModel,
): AsyncGenerator<TrainEvent, TaughtVideo[]> {
  const lessons: TaughtVideo[] = [];
  for (const [at, video] of seed.set.videos.entries()) {
    lessons.push(
      await keptLesson(seed, { at, video, baseline }) ??
        (yield* newLesson(seed, { at, video, baseline })),
    );
  }
  return lessons;
}

/** Removes the labels, as no student needs them any more. */
export async function forgetLessons({ set, folder }: SeedRun): Promise<void> {
  for (const at of set.videos.keys()) await folder.remove(lessonFile(at));
}

/** A video to be labelled. */
interface Pending {
  readonly at: number;
  readonly video: TrainingVideo;
  readonly baseline: TrainedModel;
}

/** What the labels of a video depend on. */
function causesOf({ config }: SeedRun, { video: { name, frames }, baseline }: Pending): object {
  const names = [...Object.keys(teacherSettings.settings), "exposure"] as (keyof typeof config)[];
  const { length, width, height, channels, times } = frames;
  return {
    teacher: crc32(baseline.content),
    settings: names.map((name) => config[name]),
    video: { name, length, width, height, channels, times },
  };
}

async function keptLesson(seed: SeedRun, pending: Pending): Promise<TaughtVideo | null> {
  const { folder, config } = seed;
  const { at, video } = pending;
  if (!await folder.has(lessonFile(at))) return null;
  const file = await Deno.readFile(folder.file(lessonFile(at)));
  const kept = unpackLabels(file, causesOf(seed, pending));
  if (kept === null) return null;
  keepExposure(seed, { stage: "baseline", video, exposure: kept.exposure });
  return { ...kept, frames: taughtPart(video.frames, config.taughtFrames) };
}

async function* newLesson(
  seed: SeedRun,
  pending: Pending,
): AsyncGenerator<TrainEvent, TaughtVideo> {
  const { run: { device, stop }, config, objects, network, folder } = seed;
  const { at, video: seen, baseline: { decode } } = pending;
  const { name, frames } = seen;
  const start = performance.now();
  const teacher = { network, objects, decode, settings: config };
  const taught = taughtPart(frames, config.taughtFrames);
  const progress = begin(`labelling ${name} for the student`, taught.length);
  const teachOne = async () => {
    const exposure = await exposureOf(seed, { stage: "baseline", decode, video: seen });
    const watched = countedFrames(taught, progress);
    const lesson = await teach(device, teacher, { frames: watched, exposure });
    const { labels } = lesson.video;
    await folder.write(
      lessonFile(at),
      packLabels({ of: causesOf(seed, pending), exposure, labels }),
    );
    return { exposure, lesson };
  };
  const { exposure, lesson: { video, counts, bytes } } = yield* waitingFor(teachOne(), {
    ...{ progress, stop },
  });
  const { objects: found, rescued, dropped, ignored } = counts;
  const seconds = (performance.now() - start) / 1000;
  yield {
    type: "note",
    text: `Teacher on ${name}: exposure ${exposure.toFixed(2)}; ${counted(found, "object")} in ` +
      `${counted(taught.length, "frame")}, ${rescued} rescued and ${dropped} dropped by votes, ` +
      `${ignored} ignored; ${(bytes / 2 ** 20).toFixed(1)} MiB, ${seconds.toFixed(0)} s`,
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
