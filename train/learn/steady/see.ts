/**
 * A first look at a video: what its frames are like, how it is to be shown to the model, and what the model
 * finds in some of them.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { aboveNoise } from "../../images/intensity/noise.ts";
import { steadyRange, strayNotes } from "../../images/intensity/steady_range.ts";
import { channelCount, type Channels, type Plane } from "../../images/image.ts";
import { frameNumbers } from "../../images/names.ts";
import { normalize } from "../../images/normalize.ts";
import { median, MovieWatcher } from "../../images/quality/movie_facts.ts";
import { noiseOf } from "../../images/intensity/noise.ts";
import { frameTimes } from "../../images/series/frame_times.ts";
import { frameName } from "../../images/series/frames.ts";
import type { Video } from "../../images/series/video.ts";
import { exposureFor } from "../../models/exposure.ts";
import { objectModelOf } from "../../models/list.ts";
import type { Model } from "../../models/model_file.ts";
import type { ObjectScale } from "../../models/object_scale.ts";
import { goOn, type Progress } from "../progress/progress.ts";
import { framesOfJudgement, judge } from "./judge.ts";
import { PAIRS } from "./plan.ts";
import type { Seen } from "./findings.ts";
import { describeMovie, warningsOn } from "./warnings.ts";

/** The number by which a user knows each frame: that in its file's name, else its place from 0. */
export function numbersOf({ sourceNames, stems }: Video): number[] {
  const isOwn = new Set(sourceNames).size === sourceNames.length;
  const numbers = isOwn ? frameNumbers(stems) : [];
  return sourceNames.map((_, i) => numbers[i] ?? i);
}

/**
 * Looks at a video with a model.
 *
 * @throws {SyntaxError | RangeError} If a frame cannot be read.
 */
export async function see(
  device: Device,
  { video, size, model, scale, rescale = 1, progress }: {
    video: Video;
    /** How large its frames are as they are seen. */
    size: { readonly width: number; readonly height: number };
    /** By how much they have been enlarged. */
    rescale?: number;
    model: Model;
    scale: ObjectScale | null;
    progress: Progress;
  },
): Promise<Seen> {
  const { path, length } = video;
  const plane = async (i: number) => onlyPlane(await video.frame(i));
  const watcher = new MovieWatcher();
  const watched = new Set<number>();
  goOn(progress, `reading ${path}`, length);
  const read = async (i: number) => {
    const image = await plane(i);
    if (!watched.has(i)) {
      watched.add(i);
      watcher.add(image);
      progress.done++;
    }
    return image;
  };
  const steady = await steadyRange({ length, kinds: video.kinds, read }, model.video);
  const stray = steady.stray.map(({ frame }) => frame);
  const usual = [...Array(length).keys()].filter((i) => !stray.includes(i));
  const noise = await Promise.all(
    [0.25, 0.5, 0.75].map(async (share) =>
      noiseOf(await plane(usual[Math.floor(share * usual.length)] ?? 0))
    ),
  );
  const above = model.exactRange ? null : aboveNoise(steady.range, median(noise));
  const range = above ?? steady.range;
  const frame = async (i: number): Promise<Channels> => ({
    ...normalize(await plane(i), range),
    channels: 1,
  });
  const { network, kind, decode } = model;
  const objects = objectModelOf(kind);
  goOn(progress, `choosing an exposure for ${path}`);
  const exposure = await exposureFor(device, {
    ...{ network, objects, decode, exposure: model.exposure },
    frames: { length: usual.length, frame: (k) => frame(usual[k]) },
  });
  const numbers = numbersOf(video);
  const pairs = pairsOf({ usual, times: frameTimes({ name: path, numbers }).times });
  const shown = await shownPairs(pairs, frame);
  goOn(
    progress,
    "looking with the model at views of some frames",
    framesOfJudgement(pairs.length),
  );
  const start = performance.now();
  const unadapted = await judge(device, model, {
    ...{ exposure, pairs: shown },
    onFrame: () => progress.done++,
  });
  const seconds = (performance.now() - start) / 1000;
  const pixels = framesOfJudgement(pairs.length) * size.width * size.height;
  const parts = { movie: watcher.facts, found: unadapted, scale, rescale, numbers };
  const strays = strayNotes(steady.stray, { path, nameOf: (i) => frameName(video, i) });
  return {
    ...{ movie: parts.movie, range, stray, exposure, pairs, unadapted },
    secondsPerMegapixel: seconds / Math.max(pixels / 1e6, 1e-6),
    warnings: [...warningsOn(parts), ...strays],
    described: describeMovie(parts),
  };
}

/** The frames of pairs, normalised, by the first frame of each. */
export async function shownPairs(
  firsts: readonly number[],
  frame: (i: number) => Promise<Channels>,
): Promise<[Channels, Channels][]> {
  return await Promise.all(
    firsts.map((first) => Promise.all([frame(first), frame(first + 1)])),
  );
}

/** First frames of some pairs of neighbours that are like the others, spread evenly over a video. */
export function pairsOf(
  { usual, times }: { usual: readonly number[]; times: readonly number[] },
): number[] {
  const isUsual = new Set(usual);
  const firsts = usual.filter((i) => isUsual.has(i + 1) && times[i + 1] - times[i] === 1);
  const count = Math.min(PAIRS, firsts.length);
  return Array.from(
    { length: count },
    (_, k) => firsts[Math.floor((k + 0.5) * firsts.length / count)],
  );
}

/** The one plane of a frame. */
export function onlyPlane(image: Plane | Channels): Plane {
  if (channelCount(image) === 1) return image;
  throw new RangeError(`Cannot take ${channelCount(image)} planes for one frame`);
}
