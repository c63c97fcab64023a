/**
 * Comparing the adapted model with the control and with the model as it was.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import type { Channels } from "../../images/image.ts";
import { normalize } from "../../images/normalize.ts";
import type { Video } from "../../images/series/video.ts";
import { buildModel, type ModelFile } from "../../models/model_file.ts";
import { goOn, type Progress } from "../progress/progress.ts";
import { choose } from "./choose.ts";
import type { Chosen, Seen } from "./findings.ts";
import { framesOfJudgement, judge, type Judgement } from "./judge.ts";
import { onlyPlane, shownPairs } from "./see.ts";

/** What is compared on what. */
export interface ModelComparison {
  /** The video. */
  readonly video: Video;
  /** What was seen in it. */
  readonly seen: Seen;
  /** The models besides the one that it was seen with. */
  readonly models: { readonly control: ModelFile; readonly adapted: ModelFile };
  /** What the collapse alarm said; null if it was silent. */
  readonly alarm: string | null;
  /** Notes how far it is. */
  readonly progress: Progress;
}

/**
 * Judges control and adapted model on the frames that the unadapted one was judged on, and chooses.
 *
 * @throws {SyntaxError | RangeError} If a frame cannot be read, or a model does not fit.
 */
export async function compareModels(
  device: Device,
  { video, seen, models, alarm, progress }: ModelComparison,
): Promise<Chosen> {
  const { range, exposure, pairs: firsts, unadapted } = seen;
  const frame = async (i: number): Promise<Channels> => ({
    ...normalize(onlyPlane(await video.frame(i)), range),
    channels: 1,
  });
  const pairs = await shownPairs(firsts, frame);
  goOn(progress, "comparing models", 2 * framesOfJudgement(pairs.length));
  const judged = async (file: ModelFile): Promise<Judgement> => {
    using _scope = device.scope();
    const onFrame = () => void progress.done++;
    return await judge(device, buildModel(device, file), { exposure, pairs, onFrame });
  };
  const candidates = {
    unadapted,
    control: await judged(models.control),
    adapted: await judged(models.adapted),
    alarm,
  };
  return { ...choose(candidates), candidates };
}

/** The choice where there is nothing to choose from, because the model was not adapted. */
export function leftAsIs(reason: string): Chosen {
  return {
    chosen: "unadapted",
    reasons: [`The model is taken as it was: ${reason}`],
    candidates: null,
  };
}
