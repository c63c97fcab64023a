/**
 * Settings that the networks of all kinds of models share.
 *
 * @module
 */

import { type SettingGroup, wholeNumber } from "../settings.ts";

/**
 * The size of a network, and the channels of its images.
 *
 * @category Kinds of models
 */
export interface TrunkSettings {
  /** How often the network halves the image. */
  depth: number;
  /** Channels at full resolution. */
  base: number;
  /**
   * Planes on each side of the plane in focus that are channels of the image, for z-stacks; 0 for
   * images of one plane.
   */
  planes: number;
}

/** The settings of {@linkcode TrunkSettings}. */
export const trunkSettings: SettingGroup<TrunkSettings> = {
  title: "Network",
  settings: {
    depth: {
      value: 3,
      rule: wholeNumber({ least: 1 }),
      sentence: "How often the network halves the image",
    },
    base: {
      value: 16,
      rule: wholeNumber({ least: 1 }),
      sentence: "Channels of the network at full resolution",
      isCommon: true,
    },
    planes: {
      value: 0,
      rule: wholeNumber({ least: 0 }),
      sentence: "For z-stacks: planes on each side of the plane in focus that the network sees",
    },
  },
};

/** The trunk of a network as options of its architecture. */
export function trunkOptions(
  { depth, base, planes }: TrunkSettings,
): { depth: number; base: number; inChannels: number } {
  return { depth, base, inChannels: 2 * planes + 1 };
}
