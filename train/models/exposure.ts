/**
 * The exposure of a video, chosen without labels: the gain at which its objects are as bright as those of
 * the stills that the network has learned from.
 *
 * @module
 */

import type { Device } from "../../kernels/gpu/device.ts";
import { runSteps } from "../../kernels/masks/mod.ts";
import type { Network } from "../../nn/module.ts";
import { MOST_GAIN } from "../images/exposure.ts";
import type { Channels, Plane } from "../images/image.ts";
import type { Sample } from "../images/sample.ts";
import { type Frames, middlePlane } from "../images/series/frames.ts";
import { contrastsOf, medianOf } from "../objects/contrast.ts";
import type { SettingGroup } from "../settings.ts";
import type { ObjectModel } from "./model_kind.ts";

/** At which exposure videos are seen. */
export interface ExposureSettings {
  /** The gain on the normalised frames of a video, or `auto` to choose it for each video. */
  exposure: "auto" | number;
}

/** The settings of {@linkcode ExposureSettings}. */
export const exposureSettings: SettingGroup<ExposureSettings> = {
  title: "Exposure",
  settings: {
    exposure: {
      value: 1,
      rule: {
        expected: "auto or a number over 0",
        holds: (value) => value === "auto" || (typeof value === "number" && value > 0),
        alsoTakes: (value) => value === "auto",
      },
      sentence: "Gain on the normalised frames of a video, or auto: as bright as the stills",
    },
  },
};

/** Whether a gain is so far from 1 that a user should know. */
export function isUnusual(gain: number): boolean {
  return gain > 4 || gain < 1 / 2;
}

/** The smallest gain that is chosen. */
const LEAST_GAIN = 1 / 4;
/** The most rounds; each finds dimmer objects than the one before. */
const MOST_ROUNDS = 6;
/** A change of the gain by less is none. */
const CLOSE = 1.1;

/** What an exposure is chosen with. */
export interface ExposureChoice {
  /** The network. */
  readonly network: Network;
  /** How its kind finds objects. */
  readonly objects: ObjectModel;
  /** How its answers become objects. */
  readonly decode: object;
  /** Some normalised frames of the video. */
  readonly frames: readonly (Plane | Channels)[];
  /** Median contrast of the objects of the training stills. */
  readonly contrast: number;
}

/**
 * Chooses the exposure: starts with a gain of 1, and brings the median contrast of what is found to that
 * of the stills, until the gain stays.
 *
 * @returns 1 where nothing is found.
 */
export async function chooseExposure(
  device: Device,
  { network, objects, decode, frames, contrast }: ExposureChoice,
): Promise<number> {
  let gain = 1;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const contrasts: number[] = [];
    for (const image of frames) {
      const options = { network, image, decode, exposure: gain };
      const { labels } = await runSteps(device, objects.segment(device, options));
      const shown = "channels" in image ? middlePlane(image) : image;
      contrasts.push(...contrastsOf(shown, labels));
    }
    const found = medianOf(contrasts);
    if (!(found > 0 && contrast > 0)) return gain;
    const next = Math.min(Math.max(contrast / found, LEAST_GAIN), MOST_GAIN);
    const isClose = Math.max(next / gain, gain / next) < CLOSE;
    gain = next;
    if (isClose) break;
  }
  return gain;
}

/**
 * The exposure of a video: as it is given, or chosen.
 *
 * @returns 1 where it is to be chosen and the contrast of the stills is not known.
 */
export async function exposureFor(
  device: Device,
  { exposure, contrast, frames, ...parts }:
    & Omit<ExposureChoice, "frames" | "contrast">
    & ExposureSettings
    & { contrast: number | null; frames: Pick<Frames, "length" | "frame"> },
): Promise<number> {
  if (exposure !== "auto") return exposure;
  if (contrast === null) return 1;
  return await chooseExposure(device, { ...parts, contrast, frames: await someFrames(frames) });
}

/** Frames that stand for a video when its exposure is chosen. */
const SAMPLED_FRAMES = 6;

/** Some frames, evenly spread over a video. */
async function someFrames(
  frames: Pick<Frames, "length" | "frame">,
): Promise<Channels[]> {
  const count = Math.min(SAMPLED_FRAMES, frames.length);
  return await Promise.all(
    Array.from(
      { length: count },
      (_, i) => frames.frame(Math.floor((i + 0.5) * frames.length / count)),
    ),
  );
}

/** Median contrast of the objects of labelled stills; NaN without any. */
export function stillContrast(stills: readonly Sample[]): number {
  return medianOf(
    stills.flatMap(({ channels, width, height, image, labels }) =>
      labels
        ? contrastsOf(middlePlane({ channels, width, height, data: image }), {
          width,
          height,
          data: labels,
        })
        : []
    ),
  );
}
