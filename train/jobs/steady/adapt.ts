/**
 * Adapting a model to a video: a second stage with a teacher, from the model, with the stills in between
 * and a control aside.
 *
 * @module
 */

import { scaledSize } from "../../images/scale/resize.ts";
import type { Source } from "../../images/source.ts";
import { type ModelFile, settingsOfModel } from "../../models/model_file.ts";
import { RunFolder } from "../disk/run_folder.ts";
import { configOf, type TrainConfig } from "../train/config.ts";
import type { TrainEvent } from "../train/events.ts";
import { train } from "../train/train.ts";
import { taughtFrames, TEACHER_VIEWS, type VideoSize } from "./plan.ts";
import type { Adapted, Seen, SteadyHead } from "./steady_record.ts";

/** What is adapted to what. */
export interface AdaptOptions {
  /** The run folder. */
  readonly out: string;
  /** The model, the video and the stills. */
  readonly head: SteadyHead;
  /** The weights of the model. */
  readonly file: ModelFile;
  /** What was seen in the video. */
  readonly seen: Seen;
  /** Where images are read from. */
  readonly source: Source;
  /** Says when to stop. */
  readonly stop?: AbortSignal;
}

/**
 * The settings of the second stage. All stills are learned from and none is held back: few patches tell
 * weights and thresholds apart worse than the model's own training did.
 */
export function adaptConfig(
  { head, file, seen }: Pick<AdaptOptions, "head" | "file" | "seen">,
): TrainConfig {
  const { model, video, settings } = head;
  const { stills, seed, rounds, channel, slice, rescale = 1 } = settings;
  const size: VideoSize = seenSize(head);
  return configOf({
    ...settingsOfModel(file),
    ...{ resumeFrom: model.path, stills, video: [video.path], seed },
    ...(channel !== undefined && { channel: String(channel) }),
    ...(slice !== undefined && { slice }),
    rescale,
    ...{ validation: 0, test: 0, control: true, stopOnCollapse: true },
    ...{ consistency: "teacher", warmup: 0, rounds, teacherViews: TEACHER_VIEWS },
    taughtFrames: taughtFrames(size) < size.frames ? taughtFrames(size) : 0,
    exposure: seen.exposure,
    ...{ validateEvery: Math.max(1, rounds >> 1), saveEvery: Math.max(1, rounds >> 2) },
  }, { source: "the settings of steady" });
}

/** How large the video is that models see. */
export function seenSize(
  { video, settings: { rescale = 1 } }: Pick<SteadyHead, "video" | "settings">,
): VideoSize {
  return { frames: video.frames, ...scaledSize(video, rescale) };
}

/** How the words of the collapse alarm begin. */
const ALARM = "Collapse alarm";

/**
 * Trains student and control, or goes on with it.
 *
 * @throws As {@linkcode train}.
 */
export async function* adapt(
  { out, source, stop, ...parts }: AdaptOptions,
): AsyncGenerator<TrainEvent, Adapted> {
  const folder = new RunFolder(out);
  const resume = await folder.holdsRun().catch(() => false);
  const config = adaptConfig(parts);
  yield* train({ config, out, resume, source, stop, isMeasured: false });
  // A stage that was over when training went on tells its alarm no more: the log has it.
  const alarms = (await folder.readMetrics()).flatMap(({ type, text }) =>
    type === "warning" && typeof text === "string" && text.startsWith(ALARM) ? [text] : []
  );
  return { left: null, alarm: alarms[0] ?? null };
}
