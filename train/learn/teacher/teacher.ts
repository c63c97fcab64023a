/**
 * A teacher: the network of the first stage, unchanged, which sees each frame several times, at the right
 * exposure, and asks the frames around it. What it is sure of then is what its student learns.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import type { Network } from "../../../nn/module.ts";
import { looksLabelFree } from "../../images/quality/movie_facts.ts";
import { type Frames, pickFrames } from "../../images/series/frames.ts";
import type { ObjectModel } from "../../models/model_kind.ts";
import { proposalsIn } from "../../models/proposals.ts";
import { MOST_VIEWS, viewsOf } from "../../models/views.ts";
import { type ScoredFrame, type Voted, votesOver } from "../../objects/sequence/votes.ts";
import { oneOf, rate, type SettingGroup, share, wholeNumber, yesOrNo } from "../../settings.ts";
import type { KeptLesson } from "./kept_lesson.ts";
import type { Progress } from "../progress/progress.ts";
import { labelsByVote, RunLabels, type VoteCounts } from "./pseudo_labels.ts";
import type { TaughtVideo } from "./pupil_stream.ts";

/**
 * How the second stage learns from video.
 *
 * @category Teacher
 */
export interface TeacherSettings {
  /**
   * What the second stage learns from video: a student learns what a teacher found in it (`teacher`),
   * or the answers to frames are pulled towards each other (`siamese`, as in the paper).
   */
  consistency: "siamese" | "teacher";
  /** Learning rate of a student, on stills and on video alike. */
  teacherRate: number;
  /** Patches of video in a student's batch. */
  teacherBatch: number;
  /** Views that the teacher averages. */
  teacherViews: number;
  /** Whether the frames around it vote on what a frame shows. */
  votes: boolean;
  /** The vote from which a proposal is an object. */
  voteObject: number;
  /** The vote from which a proposal is at least ignored, not background. */
  voteIgnore: number;
  /** How much worse than its best a student's loss on stills may be. */
  stillsMargin: number;
  /** The most frames of a video that the teacher labels, in runs of five; 0 for all. */
  taughtFrames: number;
}

/**
 * The settings of {@linkcode TeacherSettings}.
 *
 * @category Teacher
 */
export const teacherSettings: SettingGroup<TeacherSettings> = {
  title: "Second stage",
  settings: {
    consistency: {
      value: "teacher",
      rule: oneOf(["siamese", "teacher"]),
      sentence:
        "What the second stage learns from video: what a teacher found in it (teacher), or to agree " +
        "with itself from frame to frame (siamese); shares, windows, depth and the rates and losses of " +
        "consistency are for siamese alone, and who gives one of them means siamese",
      isCommon: true,
    },
    teacherRate: {
      value: 3e-4,
      rule: rate,
      sentence: "Learning rate of a student, on stills and on video alike",
    },
    teacherBatch: {
      value: 4,
      rule: wholeNumber({ least: 1 }),
      sentence: "Patches of video in a student's batch",
    },
    teacherViews: {
      value: 4,
      rule: {
        expected: `a whole number from 1 to ${MOST_VIEWS}`,
        holds: (value) => wholeNumber({ least: 1 }).holds(value) && Number(value) <= MOST_VIEWS,
      },
      sentence: "Views, turned and exposed otherwise, that the teacher averages, up to 8",
    },
    votes: {
      value: true,
      rule: yesOrNo,
      sentence: "Let the frames around it vote on what a frame shows",
    },
    voteObject: {
      value: 0.45,
      rule: share,
      sentence: "The vote from which a proposal of the teacher is an object",
    },
    voteIgnore: {
      value: 0.25,
      rule: share,
      sentence: "The vote from which a proposal of the teacher is at least ignored",
    },
    stillsMargin: {
      value: 0.05,
      rule: share,
      sentence: "How much worse than its best a student's validation loss on stills may be",
    },
    taughtFrames: {
      value: 0,
      rule: wholeNumber({ least: 0 }),
      sentence:
        "The most frames of a video that the teacher labels, in runs of five spread evenly; 0 for all",
    },
  },
};

/**
 * A teacher, and how it looks.
 *
 * @category Teacher
 */
export interface Teacher {
  /** The network, with the weights of the first stage. */
  readonly network: Network;
  /** How its kind finds objects. */
  readonly objects: ObjectModel;
  /** How its answers become objects. */
  readonly decode: object;
  /** Views, votes and thresholds. */
  readonly settings: TeacherSettings;
}

/**
 * What a teacher made of a video.
 *
 * @category Teacher
 */
export interface Lesson {
  /** The video with labels. */
  readonly video: TaughtVideo;
  /** What votes changed, over all frames. */
  readonly counts: VoteCounts;
  /** Bytes that its labels hold. */
  readonly bytes: number;
}

/**
 * Labels the frames of a video.
 *
 * @param options.exposure The gain at which the teacher sees them, see `expose`.
 * @param options.kept What is kept of this work: frames that are there are not looked at again, and the others
 *   are kept as they come, to the same labels; nothing is kept unless told.
 * @param options.progress Notes how many frames are labelled.
 * @throws {TypeError} If this kind of model cannot teach.
 * @throws {SyntaxError | RangeError} If a frame has to be read and its file is damaged.
 * @category Teacher
 */
export async function teach(
  device: Device,
  { network, objects, decode, settings }: Teacher,
  { frames, exposure, kept, progress }: {
    frames: Frames;
    exposure: number;
    kept?: KeptLesson;
    progress?: Progress;
  },
): Promise<Lesson> {
  const propose = objects.propose;
  if (!propose) throw new TypeError("Cannot teach with this kind of model: it proposes no objects");
  const views = viewsOf(settings.teacherViews);
  const among = ({ first, end }: { first: number; end: number }) =>
    proposalsIn(device, {
      ...{ propose, network, decode, exposure, views, first },
      frames: { ...frames, length: end },
    });
  const proposed = kept
    ? kept.proposals(among, { frames, exposure })
    : among({ first: 0, end: frames.length });
  const labels: RunLabels[] = [];
  const totals = { objects: 0, rescued: 0, dropped: 0, ignored: 0 };
  const thresholds = { object: settings.voteObject, ignore: settings.voteIgnore };
  for await (const frame of settings.votes ? votesOver(proposed) : ownVotes(proposed)) {
    const { labels: image, counts } = labelsByVote(frame, thresholds);
    labels.push(new RunLabels(image));
    // Those that are kept are voted on again, which takes no time.
    if (progress) progress.done = Math.max(progress.done, labels.length);
    for (const key of Object.keys(totals) as (keyof VoteCounts)[]) totals[key] += counts[key];
  }
  await kept?.finish(labels);
  return {
    video: { frames, labels, exposure, isLabelFree: await looksLabelFree(frames) },
    counts: totals,
    bytes: labels.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/**
 * What the labels of a video depend on, as plain JSON. A video under the name of another one is told from it by
 * its size and its first frame.
 *
 * @param options.teacher What tells the teacher's network from others.
 * @param options.exposure How the teacher sees the video, or is to find out.
 * @throws {SyntaxError | RangeError} If the first frame has to be read and its file is damaged.
 */
export async function causesOf(
  { teacher, settings, exposure, video: { name, frames } }: {
    teacher: unknown;
    settings: TeacherSettings;
    exposure: unknown;
    video: { readonly name: string; readonly frames: Frames };
  },
): Promise<object> {
  const names = Object.keys(teacherSettings.settings) as (keyof TeacherSettings)[];
  const { length, width, height, channels, times } = frames;
  const { data } = await frames.frame(0);
  const first = [...new Uint8Array(await crypto.subtle.digest("SHA-256", data))];
  return {
    teacher,
    settings: [...names.map((name) => settings[name]), exposure],
    video: { name, length, width, height, channels, times, first },
  };
}

/** Every frame votes for itself alone. */
async function* ownVotes(
  frames: AsyncIterable<ScoredFrame>,
): AsyncGenerator<ScoredFrame & Voted> {
  for await (const frame of frames) yield { ...frame, votes: frame.scores };
}

/** Consecutive frames that are labelled together: what votes reach. */
const RUN = 5;

/**
 * The frames of a video that a teacher labels: all of them, or runs of five spread evenly over it. Runs that
 * do not touch are no neighbours.
 */
export function taughtPart(frames: Frames, most: number): Frames {
  if (most === 0 || most >= frames.length) return frames;
  const runs = Math.max(1, Math.floor(most / RUN));
  const side = Math.min(RUN, most, frames.length);
  const indices = Array.from({ length: runs }, (_, run) => {
    const middle = (run + 0.5) * frames.length / runs;
    const first = Math.min(frames.length - side, Math.max(0, Math.round(middle - side / 2)));
    return Array.from({ length: side }, (_, i) => first + i);
  }).flat();
  const { times = Array.from({ length: frames.length }, (_, i) => i) } = frames;
  return pickFrames({ ...frames, times }, indices);
}
