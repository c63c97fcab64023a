/**
 * What is found out about a video before its first frame goes through a model: the intensities that become
 * 0 and 1, and the exposure.
 *
 * @module
 */

import { counted, wordFor } from "../../counted.ts";
import type { Device } from "../../../kernels/gpu/device.ts";
import { unusable } from "../../images/faults/input_fault.ts";
import type { Plane } from "../../images/image.ts";
import { aboveNoise, noiseOf } from "../../images/intensity/noise.ts";
import {
  joinStray,
  type SteadyRange,
  steadyRange,
  type StrayFrame,
  strayNotes,
} from "../../images/intensity/steady_range.ts";
import {
  type IntensityRange,
  intensityRange,
  joinRanges,
  type NormalizationSettings,
  normalize,
  rangesOf,
} from "../../images/normalize.ts";
import { frameName } from "../../images/series/frames.ts";
import type { Video } from "../../images/series/video.ts";
import { exposureFor, type ExposureSettings } from "../exposure.ts";
import { objectModelOf } from "../list.ts";
import type { Model } from "../model_file.ts";

/**
 * A video for {@linkcode prepareVideo}, and what is wanted otherwise than the model says.
 *
 * @category Models
 */
export interface PrepareOptions {
  /** The model that will see it. */
  readonly model: Model;
  /** The video. */
  readonly video: Video;
  /** How it is normalised; as the model says unless told. */
  readonly settings?: NormalizationSettings;
  /** The exposure; as the model says unless told. */
  readonly exposure?: ExposureSettings["exposure"];
  /** The range that all frames share, where it is known from before. */
  readonly known?: IntensityRange;
  /**
   * Reads what decides on the range of frame i, see {@linkcode referencesOf}, and of which channel from 0 where
   * each has its own; null where it is to be left out.
   */
  readonly read?: (i: number, channel: number) => Promise<Plane | null>;
  /** Whether frame i is left out for good, known once it was read; none unless told. */
  readonly isLeft?: (i: number) => boolean;
  /** Told of a frame whose percentiles lie within the noise, or with null that those of all do. */
  readonly onSparse?: (i: number | null) => void;
  /** Whether it is still wanted: to choose an exposure, which takes long, ends with the reason where it is not. */
  readonly stop?: AbortSignal;
}

/**
 * How a video is shown to a model.
 *
 * @category Models
 */
export interface PreparedVideo {
  /**
   * The range that all frames share but for stray ones, of each channel where these have their own; null where
   * each frame has its own.
   */
  readonly range: IntensityRange | null;
  /** Frames that are not like the others and have ranges of their own. */
  readonly stray: readonly StrayFrame[];
  /** The range of frame i. */
  rangeOf(i: number): Promise<IntensityRange>;
  /** The gain at which it is seen. */
  readonly exposure: number;
  /** What a user should know about stray frames. */
  readonly notes: readonly string[];
}

/** Read what decides how frame i is normalised; one for each channel where these have ranges of their own. */
export function referencesOf(
  { channelFrames, reference, frame }: Video,
): readonly ((i: number) => Promise<Plane>)[] {
  return channelFrames ?? [reference ?? frame];
}

/**
 * Finds range and exposure of a video, by reading all of it where frames share a range.
 *
 * @throws {SyntaxError | RangeError} If a frame cannot be read, or the model takes other channels.
 *
 * @example All frames of a movie that a user gave to a page
 * ```ts ignore
 * const video = await openVideo(fileSource(files), "movie.tif");
 * const { rangeOf, exposure } = await prepareVideo(device, { model, video });
 * for (let i = 0; i < video.length; i++) {
 *   const image = await video.frame(i);
 *   const range = await rangeOf(i);
 *   const { labels } = await segmentImage(device, model, { image, range, exposure });
 * }
 * ```
 *
 * @category Models
 */
export async function prepareVideo(
  device: Device,
  { model, video, exposure = model.exposure, ...options }: PrepareOptions,
): Promise<PreparedVideo> {
  const { settings = video.length > 1 ? model.video : model.stills, known, isLeft, stop } = options;
  const { onSparse = () => {} } = options;
  refuseOtherChannels(model, video);
  const references = referencesOf(video);
  const { read = (i, channel) => references[channel](i) } = options;
  const earlier = known && rangesOf(known);
  const commons = settings.mode !== "video" ? null : await Array.fromAsync(
    references,
    (_, c) =>
      commonRange({
        ...{ model, video, settings, known: earlier?.[c], onSparse },
        read: (i) => read(i, c),
      }),
  );
  const ownRange = async (i: number, reference: (i: number) => Promise<Plane>) => {
    const plane = await reference(i);
    const range = intensityRange([plane], settings);
    const above = aboveNoise(range, noiseOf(plane));
    if (above !== null) onSparse(i);
    return model.exactRange ? range : above ?? range;
  };
  const rangeOf = async (i: number): Promise<IntensityRange> => {
    const ranges = references.map((reference, c) =>
      commons?.[c].of(i, () => reference(i)) ?? ownRange(i, reference)
    );
    return joinRanges(await Promise.all(ranges));
  };
  const { path } = video;
  const named = { path, nameOf: (i: number) => frameName(video, i) };
  const stray = joinStray((commons ?? []).map(({ stray }) => stray));
  const range = commons && joinRanges(commons.map(({ range }) => range));
  return {
    ...{ range, stray, rangeOf, notes: strayNotes(stray, named) },
    exposure: await exposureOf(device, { model, video, exposure, rangeOf, isLeft, stop }),
  };
}

function refuseOtherChannels({ channels }: Model, { path, channelFrames }: Video): void {
  const [wanted, has] = [channels?.length ?? 1, channelFrames?.length ?? 1];
  if (wanted === has) return;
  throw unusable(
    `Cannot show ${path} to a model that takes ${counted(wanted, "channel")}` +
      `${channels ? ` (${channels.join(", ")})` : ""}: ${has} ${
        wordFor(has, "is", "are")
      } read of it; ` +
      "read those that the model takes",
  );
}

/** What is read, and what it is normalised for. */
type Reading =
  & Required<Pick<PrepareOptions, "model" | "video" | "settings" | "onSparse">>
  & Pick<PrepareOptions, "known">
  & { read(i: number): Promise<Plane | null> };

/** The range that all frames of a video share that can be read, but for stray ones. */
async function commonRange(
  { model, video, settings, known, read, onSparse }: Reading,
): Promise<SteadyRange> {
  const { length, kinds } = video;
  const steady = await steadyRange({ length, kinds, read }, { ...settings, known });
  const left = new Set(steady.stray.map(({ frame }) => frame));
  const above = known ? null : aboveNoise(steady.range, await noiseIn(video, { left, read }));
  if (above !== null) onSparse(null);
  if (above === null || model.exactRange) return steady;
  return {
    ...steady,
    range: above,
    of: (i, reference) => left.has(i) ? steady.of(i, reference) : Promise.resolve(above),
  };
}

/** The noise of a video, by the median of some frames that are like the others. */
async function noiseIn(
  video: Video,
  { left, read }: { left: ReadonlySet<number>; read: Reading["read"] },
): Promise<number> {
  const usual = [...video.sourceNames.keys()].filter((i) => !left.has(i));
  const levels: number[] = [];
  for (const share of [0.25, 0.5, 0.75]) {
    const plane = await read(usual[Math.floor(share * usual.length)]);
    if (plane !== null) levels.push(noiseOf(plane));
  }
  return levels.sort((a, b) => a - b)[levels.length >> 1] ?? 0;
}

/** The exposure of a video; a single image has the one that was asked for by number, if any. */
async function exposureOf(
  device: Device,
  { model: { network, kind, decode }, video, exposure, rangeOf, isLeft = () => false, stop }:
    & Required<Pick<PrepareOptions, "model" | "video" | "exposure">>
    & Pick<PrepareOptions, "isLeft" | "stop">
    & Pick<PreparedVideo, "rangeOf">,
): Promise<number> {
  if (exposure === "auto" && video.length === 1) return 1;
  const indices = [...video.sourceNames.keys()].filter((i) => !isLeft(i));
  const frame = async (k: number) => {
    const i = indices[k];
    const image = normalize(await video.frame(i), await rangeOf(i));
    return "channels" in image ? image : { ...image, channels: 1 };
  };
  const objects = objectModelOf(kind);
  const frames = { length: indices.length, frame };
  return await exposureFor(device, { network, objects, decode, exposure, frames, stop });
}
