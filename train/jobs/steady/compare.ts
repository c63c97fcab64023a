/**
 * Comparing the adapted model of a run folder with the control and with the model as it was.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import type { Video } from "../../images/series/video.ts";
import { compareModels, leftAsIs } from "../../learn/steady/compare.ts";
import type { Adapted, Chosen, Seen } from "../../learn/steady/findings.ts";
import { readModelFile } from "../disk/model_files.ts";
import type { Progress } from "../progress/progress.ts";

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
  { run, adapted: { alarm, left }, ...parts }: CompareOptions,
): Promise<Chosen> {
  if (left !== null) return leftAsIs(left);
  const models = {
    control: await readModelFile(`${run}/control.safetensors`),
    adapted: await readModelFile(adaptedWeights(run)),
  };
  return await compareModels(device, { ...parts, models, alarm });
}
