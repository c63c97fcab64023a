/**
 * Settings that the networks of all kinds of models share.
 *
 * @module
 */

import { channelList } from "../images/series/plane_choice.ts";
import { type Rule, type SettingGroup, wholeNumber } from "../settings.ts";

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
  /**
   * Channels of files that are the channels of the image, by number from 1 or by name, each scaled by
   * percentiles of its own; none for images of one channel.
   */
  channels: string[];
}

const channelsRule: Rule = {
  expected: "numbers or names of channels, each once, such as 1,3",
  holds(value) {
    if (!Array.isArray(value) || value.some((item) => typeof item !== "string")) return false;
    try {
      channelList(value);
      return true;
    } catch {
      return false;
    }
  },
};

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
    channels: {
      value: [],
      rule: channelsRule,
      sentence:
        "Channels of files that the network sees together, such as 1,3, by numbers from 1 (from 0 where " +
        "0 is among them) or names; images of one channel unless told",
    },
  },
};

/** The trunk of a network as options of its architecture. */
export function trunkOptions(
  { depth, base, planes, channels }: TrunkSettings,
): { depth: number; base: number; inChannels: number } {
  return { depth, base, inChannels: channels.length > 0 ? channels.length : 2 * planes + 1 };
}
