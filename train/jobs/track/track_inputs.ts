/**
 * The frames that are tracked: labels with, where they are given, the channels of their images and their
 * probability maps.
 *
 * @module
 */

import { counted } from "../../counted.ts";
import { unusable } from "../../images/faults/input_fault.ts";
import type { Calibration, LabelImage, Plane } from "../../images/image.ts";
import { dirname, frameNumbers, imageStem, join } from "../../images/names.ts";
import type { Source } from "../../images/source.ts";
import { type ImageShift, Registration } from "../../images/registration/phase_correlation.ts";
import { frameTimes } from "../../images/series/frame_times.ts";
import { matchTruth, type NamedImages } from "../../images/series/match_truth.ts";
import { type LabelSequence, openLabels } from "../../images/series/truth.ts";
import { openVideo, type Video } from "../../images/series/video.ts";
import { doubtfulTiff } from "../../objects/formats/doubtful_tiff.ts";
import type { OutputFormat } from "../../objects/formats/output_format.ts";
import { probabilityTiff } from "../../objects/formats/probability_tiff.ts";
import type { TimedFrame } from "../../objects/sequence/timed_frame.ts";
import { objectsOf } from "./read_labels.ts";
import type { TrackFilesOptions } from "./track_options.ts";

/** A frame with what belongs to it. */
export interface InputFrame extends TimedFrame {
  /** When it was taken. */
  readonly time: number;
  /** What to call it. */
  readonly name: string;
  /** The channels of its image; none without images. */
  readonly images: readonly Plane[];
  /** Its probability map, where it is looked at. */
  readonly map: Plane | null;
  /** What was proposed in it and not kept, where that is known. */
  readonly doubtful: LabelImage | null;
  /** How far its image has moved since the first one, where that is to be found; how clear it is. */
  readonly shift?: ImageShift;
}

/** All that is read. */
export interface TrackInputs {
  /** The labels. */
  readonly labels: LabelSequence;
  /** When each of them was taken. */
  readonly times: readonly number[];
  /** Names of the channels. */
  readonly channels: readonly string[];
  /** How large a pixel is, as the images or else the labels say. */
  readonly calibration?: Calibration;
  /** What a user should know. */
  readonly notes: readonly string[];
  /** The frames, one decoded at a time. */
  frames(): AsyncGenerator<InputFrame>;
}

/**
 * Opens what is to be tracked.
 *
 * @throws {SyntaxError | RangeError | TypeError} If files are damaged or do not fit each other.
 */
export async function openTrackInputs(
  source: Source,
  options: TrackFilesOptions,
): Promise<TrackInputs> {
  const { labels: path, images, fill = "none", slice, stabilise = false } = options;
  if (stabilise && images === undefined) {
    throw new TypeError(`Cannot stabilise ${path} without its images: name them with --images`);
  }
  const opened = await openLabels(source, path);
  const { labels, notes: ofLabels } = await objectsOf(opened, options.masks);
  const { times, notes } = frameTimes({ name: path, numbers: labels.numbers });
  const channels = images === undefined ? [] : await openChannels(source, images, { slice });
  const doubtful = fill === "probable" ? await openDoubtful(source, { ...options, labels }) : null;
  const maps = fill === "probable" && doubtful === null
    ? await openMaps(source, { ...options, labels })
    : null;
  const placeOf = channels.length === 0 ? [] : partnersOf(labels, namedImages(channels[0]));
  const mapOf = maps === null ? [] : partnersOf(labels, namedImages(maps));
  const doubtOf = doubtful === null ? [] : partnersOf(labels, doubtful);
  const frames = async function* (): AsyncGenerator<InputFrame> {
    const size = await labels.frame(0);
    const registration = stabilise ? new Registration() : null;
    for (let i = 0; i < labels.length; i++) {
      const frame = await labels.frame(i);
      const name = labels.names[i];
      checkSize({ path, name, first: labels.names[0] }, { frame, size });
      const planes = await Promise.all(channels.map((video) => planeOf(video, placeOf[i])));
      const map = maps === null ? null : await planeOf(maps, mapOf[i]);
      const doubts = doubtful === null ? null : await doubtful.frame(doubtOf[i]);
      for (const plane of [...planes, ...map ? [map] : [], ...doubts ? [doubts] : []]) {
        checkSize({ path, name: `what belongs to ${name}`, first: "its labels" }, {
          ...{ frame: plane, size: frame },
        });
      }
      const shift = registration?.add(planes[0]);
      const shown = { map, doubtful: doubts };
      yield { ...frame, time: times[i], name, images: planes, ...shown, ...(shift && { shift }) };
    }
  };
  const calibration = channels[0]?.calibration ?? labels.calibration;
  const names = channels.map((_, i) => `${i + 1}`);
  return { labels, times, channels: names, calibration, notes: [...ofLabels, ...notes], frames };
}

/** The channels of images as videos of one channel each. */
async function openChannels(
  source: Source,
  path: string,
  { slice }: Pick<TrackFilesOptions, "slice">,
): Promise<Video[]> {
  const first = await openVideo(source, path, { channel: "1", slice });
  const count = first.measures?.axes.c ?? 1;
  const others = Array.from({ length: count - 1 }, (_, i) => `${i + 2}`);
  return [
    first,
    ...await Promise.all(others.map((channel) => openVideo(source, path, { channel, slice }))),
  ];
}

/** What the model proposed and did not keep, where that lies beside the labels and no maps were given. */
async function openDoubtful(
  source: Source,
  { probability, labels }: { probability?: string; labels: LabelSequence },
): Promise<LabelSequence | null> {
  if (probability !== undefined) return null;
  const inside = besideOf(labels, { source, format: doubtfulTiff });
  const isThere = await source.isFolder(inside).then(() => true, () => false);
  return isThere ? await openLabels(source, inside) : null;
}

/** The maps that were given, or those beside the labels. */
async function openMaps(
  source: Source,
  { probability, labels }: { probability?: string; labels: LabelSequence },
): Promise<Video> {
  if (probability !== undefined) return await openVideo(source, probability);
  const inside = besideOf(labels, { source, format: probabilityTiff });
  const isThere = await source.isFolder(inside).then(() => true, () => false);
  if (isThere) return await openVideo(source, inside);
  throw unusable(
    `Cannot fill gaps of ${labels.path} by what is probable: there are no maps in ${inside}; predict with ` +
      "--probability, or with --doubtful where the model is a StarDist, or name maps with --probability",
  );
}

/** Where `predict` writes results of another format beside labels: a folder, or a file for a stack. */
function besideOf(
  labels: LabelSequence,
  { source, format }: { source: Source; format: OutputFormat },
): string {
  if (!labels.stack) return join(labels.path, dirname(format.file("*")));
  return join(dirname(labels.path), format.file(imageStem(labels.path, source.formats)));
}

/** Where the image of each label image is in a video. */
function partnersOf(labels: LabelSequence, others: NamedImages): number[] {
  const { pairs, withoutTruth } = matchTruth(labels, others);
  if (withoutTruth.length > 0) {
    throw unusable(
      `Cannot track ${labels.path}: ${others.path} has nothing for ${withoutTruth[0]}` +
        (withoutTruth.length > 1 ? ` and ${counted(withoutTruth.length - 1, "other")}` : "") +
        "; give the images of the same frames",
    );
  }
  return pairs.map(({ truth }) => truth);
}

function namedImages({ path, length, sourceNames, stems }: Video): NamedImages {
  const stack = length > 1 && new Set(sourceNames).size === 1;
  const numbers = stack ? [...sourceNames.keys()] : frameNumbers(stems);
  return { path, length, names: sourceNames, stems, stack, numbers };
}

async function planeOf(video: Video, i: number): Promise<Plane> {
  const image = await video.frame(i);
  return { width: image.width, height: image.height, data: image.data };
}

function checkSize(
  { path, name, first }: { path: string; name: string; first: string },
  { frame, size }: { frame: LabelImage | Plane; size: { width: number; height: number } },
): void {
  if (frame.width === size.width && frame.height === size.height) return;
  throw unusable(
    `Cannot track ${path}: ${name} is ${frame.width}x${frame.height}, ${first} ` +
      `${size.width}x${size.height}; keep only frames of one video there`,
  );
}
