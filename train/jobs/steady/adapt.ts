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
import type { Adapted, Seen } from "../../learn/steady/findings.ts";
import { adaptSettings, ALARM, type VideoSize } from "../../learn/steady/plan.ts";
import type { SteadyHead } from "./steady_record.ts";

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

/** The settings of the run that adapts. */
export function adaptConfig(
  { head, file, seen }: Pick<AdaptOptions, "head" | "file" | "seen">,
): TrainConfig {
  const { model, video, settings } = head;
  const { stills, seed, rounds, channel, slice, rescale = 1 } = settings;
  return configOf({
    ...settingsOfModel(file),
    ...{ resumeFrom: model.path, stills, video: [video.path], seed },
    ...(channel !== undefined && { channel: String(channel) }),
    ...(slice !== undefined && { slice }),
    rescale,
    ...{ control: true, ...adaptSettings(seenSize(head), { rounds, exposure: seen.exposure }) },
  }, { source: "the settings of steady" });
}

/** How large the video is that models see. */
export function seenSize(
  { video, settings: { rescale = 1 } }: Pick<SteadyHead, "video" | "settings">,
): VideoSize {
  return { frames: video.frames, ...scaledSize(video, rescale) };
}

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
