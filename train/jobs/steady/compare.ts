/**
 * Comparing the adapted model with the control and with the model as it was.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import type { Channels } from "../../images/image.ts";
import { normalize } from "../../images/normalize.ts";
import type { Video } from "../../images/series/video.ts";
import { buildModel } from "../../models/model_file.ts";
import { readModelFile } from "../disk/model_files.ts";
import { goOn, type Progress } from "../progress/progress.ts";
import { choose } from "./choose.ts";
import { framesOfJudgement, judge, type Judgement } from "./judge.ts";
import { onlyPlane, shownPairs } from "./see.ts";
import type { Adapted, Chosen, Seen } from "./steady_record.ts";

/** What is compared on what. */
export interface CompareOptions {
  /** The run folder of the adaptation. */
  readonly run: string;
  /** The video. */
  readonly video: Video;
  /** What was seen in it. */
  readonly seen: Seen;
  /** What came of adapting. */
  readonly adapted: Adapted;
  /** Notes how far it is. */
  readonly progress: Progress;
}

/** The weights of the adapted model in the run folder of an adaptation. */
export function adaptedWeights(run: string): string {
  return `${run}/consistent.safetensors`;
}

/**
 * Judges control and adapted model on the frames that the unadapted one was judged on, and chooses.
 *
 * @throws {SyntaxError | RangeError} If a frame or a model cannot be read.
 */
export async function compare(
  device: Device,
  { run, video, seen, adapted: { alarm, left }, progress }: CompareOptions,
): Promise<Chosen> {
  if (left !== null) {
    return {
      chosen: "unadapted",
      reasons: [`The model is taken as it was: ${left}`],
      candidates: null,
    };
  }
  const { range, exposure, pairs: firsts, unadapted } = seen;
  const frame = async (i: number): Promise<Channels> => ({
    ...normalize(onlyPlane(await video.frame(i)), range),
    channels: 1,
  });
  const pairs = await shownPairs(firsts, frame);
  goOn(progress, "comparing models", 2 * framesOfJudgement(pairs.length));
  const judged = async (weights: string): Promise<Judgement> => {
    using _scope = device.scope();
    const model = buildModel(device, await readModelFile(weights));
    const onFrame = () => void progress.done++;
    return await judge(device, model, { exposure, pairs, onFrame });
  };
  const candidates = {
    unadapted,
    control: await judged(`${run}/control.safetensors`),
    adapted: await judged(adaptedWeights(run)),
    alarm,
  };
  return { ...choose(candidates), candidates };
}
