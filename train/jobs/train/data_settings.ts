/**
 * The data of a run, as settings.
 *
 * @module
 */

import type { PlaneChoice } from "../../images/series/plane_choice.ts";
import { LEAST_SCALE, MOST_SCALE } from "../../images/scale/rescaled_video.ts";
import type { MaskKind, MaskOptions } from "../../images/masks/reading.ts";
import {
  oneOf,
  refuseValue,
  type SettingGroup,
  text,
  texts,
  wholeNumber,
  yesOrNo,
} from "../../settings.ts";

/**
 * What a run trains on and is measured on.
 *
 * @category Settings
 */
export interface DataSettings {
  /** Folder of labelled stills; `builtin` for those of Kymo; empty for the built-in synthetic set. */
  stills: string;
  /** What the built-in set is like: `fluorescence`, or z-stacks of `holotomography`. */
  synthetic: "fluorescence" | "holotomography";
  /** Unlabelled videos, each a folder of frames or a multi-page TIFF. */
  video: string[];
  /**
   * Which frames of a video are neighbours: those whose numbers follow each other, so that a missing one
   * is a gap, or all in their order.
   */
  neighbours: "numbers" | "order";
  /** Unlabelled volumes, each a stack of slices, for consistency in depth. */
  volume: string[];
  /** Channel of files that have several, by its number from 1 or its name; empty for the first. */
  channel: string;
  /** Slice of files that have several, from 1; 0 for the middle one. */
  slice: number;
  /**
   * By how much videos are enlarged before they are learned from and measured, with their truth; `auto` brings
   * them to the scale of the stills, by the size of pixels; 1 leaves them.
   */
  rescale: "auto" | number;
  /**
   * For z-stacks: a table (.csv) of the planes in focus, or the run folder of a model `focus` that
   * finds them; to train such a model, the table to learn from.
   */
  focus: string;
  /** Label images of the first video, for the final table only; never used in training. */
  truth: string;
  /** Markers of the first video, for DET in the final table. */
  markers: string;
  /** Rim in pixels whose objects a second measurement on the video leaves out; 0 for none. */
  field: number;
  /** Whether videos are registered, and cut to what all of their frames show. */
  stabilise: boolean;
  /** Whether what the networks find in the first video is tracked, for the report. */
  track: boolean;
  /**
   * What the numbers in masks are: each an object (`instances`), or foreground and background alone
   * (`binary`), so that objects are the connected pixels of all numbers but the lowest. Truth that
   * tells objects apart is taken as it is.
   */
  masks: MaskKind;
  /**
   * Whether the holes of objects in masks of stills are filled, as StarDist's notebooks do. Its polygons have
   * none, and a pixel that is missing ends the rays of all others behind it.
   */
  fillHoles: boolean;
  /** Whether all objects of a mask are taken as one foreground. */
  mergeInstances: boolean;
  /**
   * The number that pixels hold of which nothing is known, in masks of stills and in truth; 0 for none. They
   * are left out of the loss on stills, of the choice of thresholds and of patches with foreground, and
   * of all measures: a prediction that lies mostly there is neither right nor wrong.
   */
  ignoreLabel: number;
}

/** How masks are read. */
export function maskOptions(
  { masks, fillHoles, mergeInstances, ignoreLabel }: DataSettings,
): MaskOptions {
  return { masks, fillHoles, mergeInstances, ignoreLabel };
}

/** Which plane of files is read. */
export function planeChoice({ channel, slice }: DataSettings): PlaneChoice {
  return { ...channel !== "" && { channel }, ...slice !== 0 && { slice } };
}

/** The settings of {@linkcode DataSettings}. */
export const dataSettings: SettingGroup<DataSettings> = {
  title: "Data",
  settings: {
    stills: {
      value: "",
      rule: text,
      sentence:
        "Folder of labelled stills, or builtin for forty of nuclei; without one the built-in synthetic set is used",
      isCommon: true,
    },
    video: {
      value: [],
      rule: texts,
      sentence:
        "Unlabelled video, a folder of frames or one TIFF stack; may be given several times",
      isCommon: true,
      isRepeated: true,
    },
    truth: {
      value: "",
      rule: text,
      sentence: "Label images of the first video, for the final table only",
      isCommon: true,
    },
    markers: {
      value: "",
      rule: text,
      sentence: "Markers of the first video, one per object, for DET in the final table",
    },
    neighbours: {
      value: "numbers",
      rule: oneOf(["numbers", "order"]),
      sentence: "Which frames are neighbours: those whose numbers follow each other, so that a " +
        "missing one is a gap (numbers), or all of them (order)",
    },
    volume: {
      value: [],
      rule: texts,
      sentence: "Unlabelled volume, a stack of slices, for consistency in depth",
      isRepeated: true,
    },
    channel: {
      value: "",
      rule: text,
      sentence: "Channel of files that have several, by its number from 1 or its name",
      placeholder: "N|NAME",
    },
    slice: {
      value: 0,
      rule: wholeNumber({ least: 0 }),
      sentence: "Slice of files that have several, from 1; 0 for the middle one",
    },
    rescale: {
      value: 1,
      rule: {
        expected: "auto or a number from 1/16 to 16",
        holds: (value) =>
          value === "auto" ||
          (typeof value === "number" && value >= LEAST_SCALE && value <= MOST_SCALE),
        alsoTakes: (value) => value === "auto",
      },
      placeholder: "auto|F",
      sentence:
        "Enlarge videos and their truth so many times for training and the table; auto brings them to the " +
        "scale of the stills, by the size of pixels as files know it",
    },
    focus: {
      value: "",
      rule: text,
      sentence: "For z-stacks: a table (.csv) of planes in focus, or the run of a model focus",
      placeholder: "TABLE.csv|RUN",
    },
    synthetic: {
      value: "fluorescence",
      rule: oneOf(["fluorescence", "holotomography"]),
      sentence: "What the built-in set is like: fluorescence, or z-stacks of holotomography",
    },
    field: {
      value: 0,
      rule: wholeNumber({ least: 0 }),
      sentence: "Also measure the video without objects wholly within so many pixels of the edge",
    },
    stabilise: {
      value: false,
      rule: yesOrNo,
      sentence:
        "Register the frames of videos by phase correlation, and learn from and measure what all " +
        "of them show; how far each has moved is in shifts.csv",
    },
    track: {
      value: false,
      rule: yesOrNo,
      sentence:
        "Track what the networks find in the first video: constant colours, lineage and lengths in " +
        "the report, tracks.csv and objects.csv of the last",
    },
    masks: {
      value: "instances",
      rule: oneOf(["instances", "binary"]),
      sentence: "What numbers in masks are: each an object (instances), or all but the lowest " +
        "foreground, whose connected pixels are objects (binary)",
    },
    fillHoles: {
      value: false,
      rule: yesOrNo,
      sentence: "Fill holes of objects in masks of stills; for StarDist that is usual",
    },
    mergeInstances: {
      value: false,
      rule: yesOrNo,
      sentence: "Take all objects of a mask as one foreground",
    },
    ignoreLabel: {
      value: 0,
      rule: { expected: "a whole number, 0 for none", holds: Number.isSafeInteger },
      sentence:
        "Number in masks and truth that marks pixels to leave out of learning and measuring",
    },
  },
  check({ masks, mergeInstances }) {
    if (masks === "instances" || !mergeInstances) return;
    const expected = "false with masks binary: objects are either merged or told apart";
    refuseValue("mergeInstances", { value: mergeInstances, expected });
  },
};
