/**
 * Which intensities of stills and videos become 0 and 1, as settings of a run.
 *
 * @module
 */

import { oneOf, refuseValue, type SettingGroup } from "../settings.ts";
import type { Plane } from "./image.ts";
import {
  type NormalizationSettings,
  normalize,
  normalizeAll,
  videoIntensityRange,
} from "./normalize.ts";

/**
 * Percentiles of stills and videos.
 *
 * @category Intensities
 */
export interface IntensitySettings {
  /** Percentile of the intensities that becomes 0. */
  low: number;
  /** Percentile of the intensities that becomes 1. */
  high: number;
  /** Which pixels of a video share their percentiles: the whole `video` or each `frame`. */
  videoNormalization: "video" | "frame";
  /**
   * Which frames decide on the range that all frames of a video share: those that are like the others
   * (`steady`), without flashes, black frames and such, or `all`.
   */
  rangeFrames: "steady" | "all";
}

const percentile = {
  expected: "a percentile from 0 to 100",
  holds: (value: unknown) => typeof value === "number" && !Number.isNaN(value),
};

/** The settings of {@linkcode IntensitySettings}. */
export const intensitySettings: SettingGroup<IntensitySettings> = {
  title: "Intensities",
  settings: {
    low: { value: 1, rule: percentile, sentence: "Percentile of the intensities that becomes 0" },
    high: {
      value: 99.8,
      rule: percentile,
      sentence: "Percentile of the intensities that becomes 1",
    },
    videoNormalization: {
      value: "video",
      rule: oneOf(["video", "frame"]),
      sentence: "Which pixels of a video share their percentiles: the whole video or each frame",
    },
    rangeFrames: {
      value: "steady",
      rule: oneOf(["steady", "all"]),
      sentence:
        "Which frames decide on the range of a video: all, or those that are like the others, " +
        "without flashes and black frames (steady)",
    },
  },
  check({ low, high }) {
    if (!(high <= 100)) refuseValue("high", { value: high, expected: percentile.expected });
    if (0 <= low && low < high) return;
    refuseValue("low", { value: low, expected: `a percentile below high, ${high}` });
  },
};

/**
 * How stills are normalised: each by its own percentiles.
 *
 * @category Intensities
 */
export function stillNormalization(
  { low, high }: Pick<IntensitySettings, "low" | "high">,
): NormalizationSettings {
  return { mode: "image", low, high };
}

/**
 * How videos are normalised.
 *
 * @category Intensities
 */
export function videoNormalization(
  { low, high, videoNormalization: mode }: IntensitySettings,
): NormalizationSettings {
  return { mode, low, high };
}

/** Normalises frames that are in memory by the rule of their video. */
export async function normalizeFrames(
  frames: readonly Plane[],
  settings: NormalizationSettings,
): Promise<Plane[]> {
  if (settings.mode !== "video") return normalizeAll(frames, settings);
  const range = await videoIntensityRange(() => frames, settings);
  return frames.map((frame) => normalize(frame, range));
}
