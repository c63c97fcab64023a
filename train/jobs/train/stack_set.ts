/**
 * Z-stacks as training data: the planes around focus are the channels of an image. Planes are read
 * when they are needed, so a movie may be far larger than memory.
 *
 * @module
 */

import type { Source } from "../../images/source.ts";
import type { BatchSettings } from "../../learn/batches.ts";
import type { TrunkSettings } from "../../models/trunk.ts";
import { type DataSettings, maskOptions, planeChoice } from "./data_settings.ts";
import type { MaskFacts } from "../../images/masks/reading.ts";
import type { Frames } from "../../images/series/frames.ts";
import {
  intensityRange,
  type NormalizationSettings,
  normalize,
  videoIntensityRange,
} from "../../images/normalize.ts";
import type { IntensitySettings } from "../../images/normalization_settings.ts";
import { steadyRange, strayNotes } from "../../images/intensity/steady_range.ts";
import { type Sample, sampleOf } from "../../images/sample.ts";
import { openStillStacks } from "../../images/series/still_stacks.ts";
import { subStack } from "../../images/series/sub_stack.ts";
import { openZSequence } from "../../images/series/z_stack.ts";
import {
  edgeNotes,
  type FindFocus,
  openStackVideo,
  type StackVideo,
} from "../../images/series/stack_video.ts";

/** The settings that decide on stacks. */
export type StackSettings =
  & DataSettings
  & TrunkSettings
  & BatchSettings
  & Pick<IntensitySettings, "rangeFrames">;

/** Whether the inputs of a run are z-stacks. */
export function takesStacks({ planes, focus }: Pick<StackSettings, "planes" | "focus">): boolean {
  return planes > 0 || focus !== "";
}

/** A movie of stacks as a network sees it. */
export interface StackMovie {
  /** The movie. */
  readonly video: StackVideo;
  /** The planes around focus of each stack. */
  readonly frames: Frames;
  /** Of each stack the planes near focus in order of depth; none unless `depthPairs` is set. */
  readonly volumes: readonly Frames[];
  /** What a user should know about how it is read. */
  readonly notes: readonly string[];
}

/**
 * Opens a movie of stacks. The intensities of the planes in focus become 0 and 1; the other planes
 * follow them.
 *
 * @throws {SyntaxError | RangeError} If a file is damaged or does not fit.
 */
export async function openStackMovie(
  path: string,
  { config, source, findFocus, settings }: StackOptions,
): Promise<StackMovie> {
  const { planes, depthGap, depthPairs } = config;
  const { channel } = planeChoice(config);
  const video = await openStackVideo(source, path, { planes, findFocus, channel });
  const { sequence, focus, length, width, height } = video;
  const leavesOut = config.rangeFrames === "steady";
  const steady = settings.mode === "video"
    ? await steadyRange({ length, read: video.reference }, { ...settings, leavesOut })
    : null;
  const rangeAt = async (t: number) =>
    await steady?.of(t, () => video.reference(t)) ??
      intensityRange([await video.reference(t)], settings);
  const read = async (t: number, z: number) =>
    normalize(await subStack(sequence, { t, focus: z, planes }), await rangeAt(t));
  const size = { width, height, channels: 2 * planes + 1 };
  const volumes = (depthPairs ? [...focus] : []).map((z, t): Frames => {
    const from = Math.max(0, z - depthGap);
    const to = Math.min(sequence.depth, z + depthGap + 1);
    return { ...size, length: to - from, frame: (i) => read(t, from + i) };
  });
  const named = { path, nameOf: (t: number) => sequence.names[t] };
  const notes = [...video.notes, ...strayNotes(steady?.stray ?? [], named)];
  return { video, frames: { ...size, length, frame: (t) => read(t, focus[t]) }, volumes, notes };
}

/** How stacks are read. */
export interface StackOptions {
  /** Planes on each side of the focus, and what is compared in depth. */
  readonly config: StackSettings;
  /** Where they are read from. */
  readonly source: Source;
  /** Finds the plane in focus. */
  readonly findFocus: FindFocus;
  /** Which percentiles become 0 and 1. */
  readonly settings: NormalizationSettings;
}

/**
 * Labelled stills that are stacks, as samples of the planes around focus.
 *
 * @throws {SyntaxError | RangeError} If a file is damaged or does not fit.
 */
export async function readStackStills(
  { config, source, findFocus, settings }: StackOptions,
): Promise<{ samples: Sample[]; facts: MaskFacts[]; notes: string[] }> {
  const { stills, planes } = config;
  const samples: Sample[] = [];
  const opened = await openStillStacks(source, stills, {
    ...maskOptions(config),
    channel: planeChoice(config).channel,
  });
  let nearEdge = 0;
  for (const { stack, labels } of opened) {
    const [focus] = await findFocus(stack);
    const image = await subStack(stack, { t: 0, focus, planes });
    if (image.repeated > 0) nearEdge++;
    const range = intensityRange([await stack.plane(0, focus)], settings);
    samples.push({ ...sampleOf(normalize(image, range)), labels: labels.data });
  }
  const notes = edgeNotes(nearEdge, { planes, what: "stills" });
  return { samples, facts: opened.map(({ facts }) => facts), notes };
}

/**
 * The unlabelled volumes of a run: each stack's planes in order of depth, normalised as a whole.
 *
 * @throws {SyntaxError | RangeError} If a file is damaged, or has too few planes.
 */
export async function readVolumes(
  config: StackSettings,
  { source, settings }: Pick<StackOptions, "source" | "settings">,
): Promise<Frames[]> {
  const { volume, planes, depthGap } = config;
  const { channel } = planeChoice(config);
  const volumes: Frames[] = [];
  for (const path of volume) {
    const sequence = await openZSequence(source, path, { channel });
    const { depth, width, height } = sequence;
    if (depth <= depthGap) {
      throw new RangeError(
        `Cannot use ${path} for consistency in depth: it has ${depth} planes, more than ` +
          `depthGap ${depthGap} are needed; lower --depth-gap or give another volume`,
      );
    }
    for (let t = 0; t < sequence.length; t++) {
      const range = await videoIntensityRange(async function* () {
        for (let z = 0; z < depth; z++) yield await sequence.plane(t, z);
      }, settings);
      volumes.push({
        ...{ length: depth, width, height, channels: 2 * planes + 1 },
        frame: async (z) => normalize(await subStack(sequence, { t, focus: z, planes }), range),
      });
    }
  }
  return volumes;
}
