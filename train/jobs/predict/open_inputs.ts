/**
 * The inputs of a prediction, opened: files, stacks, folders of frames and of stills. What is no image is
 * passed over; all files that cannot be opened are named at once.
 *
 * @module
 */

import { counted } from "../../counted.ts";
import { InvalidArgumentError } from "../../invalid_argument.ts";
import { unusable } from "../../images/faults/input_fault.ts";
import type { Device } from "../../../kernels/gpu/device.ts";
import { damagedError, type DamagedFile, errorOf } from "../../images/faults/damaged_files.ts";
import { imageFolder } from "../../images/folders/image_folder.ts";
import { isImage } from "../../images/formats/decode.ts";
import { formatsOf, namesOf } from "../../images/formats/list.ts";
import { isImageName, notNumbered } from "../../images/names.ts";
import { dirname, join } from "../../images/paths.ts";
import { openStackVideo } from "../../images/series/stack_video.ts";
import { openChannels } from "../../images/series/several_channels.ts";
import { folderSet, type Video } from "../../images/series/video.ts";
import { channelList } from "../../images/series/plane_choice.ts";
import type { Reading } from "../../models/model_file.ts";
import { listFolder, type Source } from "../../images/source.ts";
import { FOCUS, openFocus } from "../disk/focus_source.ts";
import { disk } from "../disk/files.ts";
import { runOf } from "../disk/model_files.ts";
import { goOn, type Progress } from "../progress/progress.ts";
import type { PredictOptions } from "./predict_options.ts";

/** What to do about files that cannot be read. */
export const MEND = "mend them or take them out, or go on without them with --skip-damaged";

/** What the inputs hold. */
export interface OpenedInputs {
  /** Videos, stacks and single images, in the order of the inputs. */
  readonly videos: readonly Video[];
  /** The folder that each of those comes from that was not given as a file. */
  readonly folders: ReadonlyMap<Video, string>;
  /** What a user should know. */
  readonly notes: readonly string[];
  /** Files that cannot be opened; none unless they may be left out. */
  readonly damaged: readonly DamagedFile[];
}

/** Opens an input as one or more videos; what is amiss in it is told. */
type Open = (path: string, tell: Tell) => Promise<Video[]>;

interface Tell {
  note(text: string): void;
  damaged(file: DamagedFile): void;
}

/**
 * Opens all inputs.
 *
 * @param options.progress Notes how far it is.
 * @param options.reading What the model takes: z-stacks, or which channels.
 * @throws {SyntaxError | RangeError} If a file cannot be opened and may not be left out, or all.
 * @throws {TypeError} If a setting is not for the model.
 */
export async function openInputs(
  device: Device,
  { options, reading, progress }: {
    options: PredictOptions;
    reading: Pick<Reading, "planes" | "channels">;
    progress: Progress;
  },
): Promise<OpenedInputs> {
  const { inputs, source: given = disk, level, skipDamaged = false } = options;
  const source = level === undefined ? given : { ...given, level };
  const { planes } = reading;
  const channels = channelsFor(options, reading);
  const open = planes === null
    ? openerOfPlanes(source, { options, channels })
    : await openerOfStacks(device, { options, source, planes, progress });
  const videos: Video[] = [];
  const folders = new Map<Video, string>();
  const notes: string[] = [];
  const damaged: DamagedFile[] = [];
  const known = new Set<string>();
  let images = 0;
  goOn(progress, "opening the images", inputs.length);
  for (const [at, path] of inputs.entries()) {
    progress.done = at;
    if (known.has(path)) continue;
    const junk = inputs.length > 1 ? await whyJunk(source, path) : null;
    if (junk !== null) {
      notes.push(`${path}: ${junk}: passed over`);
      continue;
    }
    try {
      const opened = await open(path, {
        note: (text) => notes.push(text),
        damaged: (file) => damaged.push(file),
      });
      videos.push(...opened);
      if (await source.isFolder(path)) opened.forEach((video) => folders.set(video, path));
      images += opened.reduce((sum, { length }) => sum + length, 0);
      // Of a data set in several files each may be given: it is read once.
      for (const { path, files = [] } of opened) {
        files.forEach((name) => known.add(join(dirname(path), name)));
      }
    } catch (error) {
      damaged.push({ path, error: errorOf(error) });
    }
  }
  const of = images + damaged.length;
  if (damaged.length > 0 && (!skipDamaged || videos.length === 0)) {
    throw damagedError(damaged, { of, remedy: MEND });
  }
  if (videos.length === 0) {
    throw unusable(
      `Cannot predict ${inputs[0]} and ${inputs.length - 1} more: none of them is an image; give ` +
        `${namesOf(formatsOf(source))} files or folders of them`,
    );
  }
  const seen = [...notes, ...videos.flatMap(({ notes }) => notes)];
  return {
    videos,
    folders,
    notes: channels.length === 0 ? seen : [
      `The model takes ${counted(channels.length, "channel")}: ${channels.join(", ")}${
        options.channels ? "" : ", as it learned from; --channels takes others"
      }`,
      ...seen,
    ],
    damaged,
  };
}

/**
 * The channels that are read together; none where the model takes one.
 *
 * @throws {InvalidArgumentError} If others are asked for than the model takes.
 */
export function channelsFor(
  { model, channel, channels: given }: Pick<PredictOptions, "model" | "channel" | "channels">,
  { planes, channels }: Pick<Reading, "planes" | "channels">,
): readonly string[] {
  const refuse = (flag: string, what: string) =>
    new InvalidArgumentError(`Cannot use --${flag} with ${model}: ${what}`);
  if (!channels) {
    if (given === undefined) return [];
    throw refuse(
      "channels",
      planes === null
        ? "its images have one channel; choose it with --channel"
        : "the channels of its images are planes of z-stacks; choose one of the files' with --channel",
    );
  }
  if (channel !== undefined) {
    const remedy = `it takes the channels ${
      channels.join(",")
    } together; others are chosen with --channels`;
    throw refuse("channel", remedy);
  }
  if (given === undefined) return channels;
  const list = channelList(given);
  if (list.length === channels.length) return list;
  throw refuse(
    `channels ${list.join(",")}`,
    `it takes ${counted(channels.length, "channel")} (it learned from ${channels.join(",")})`,
  );
}

/** What an input is that holds no image, such as what a shell finds for `*` beside images. */
async function whyJunk(source: Source, path: string): Promise<string | null> {
  try {
    if (await source.isFolder(path)) {
      return (await listFolder(source, path)).images.length === 0 ? "no images are in it" : null;
    }
    const isKnown = isImageName(path, formatsOf(source)) || await isImage(source, path);
    return isKnown ? null : "it is no image";
  } catch {
    return null; // Whoever opens it says what is wrong.
  }
}

/** Opens inputs for models whose images are single planes. */
function openerOfPlanes(
  source: Source,
  { options, channels }: { options: PredictOptions; channels: readonly string[] },
): Open {
  const { model, focus, channel, slice, skipDamaged, normalize } = options;
  if (focus !== undefined) {
    throw new InvalidArgumentError(
      `Cannot use --focus with ${model}: its images are single planes; leave the flag out`,
    );
  }
  const as = options.as ?? (normalize === "video" ? "video" : undefined);
  const choice = channels.length > 0 ? { slice, together: channels } : { channel, slice };
  return async (path, tell) => {
    const stills = await source.isFolder(path)
      ? await stillsIn(source, path, { as, choice })
      : null;
    if (stills === null) {
      const onDamaged = skipDamaged ? tell.damaged : undefined;
      return [await openChannels(source, path, { channel, channels, slice, onDamaged })];
    }
    const { names, notes, choice: inFile } = stills;
    notes.forEach(tell.note);
    if (as === undefined && names.length > 1) {
      tell.note(
        `${notNumbered(path, names)}, so each stands for itself; --as video takes them for one`,
      );
    }
    const videos: Video[] = [];
    for (const name of names) {
      const file = join(path, name);
      try {
        videos.push(await openChannels(source, file, { ...inFile, channels }));
      } catch (error) {
        tell.damaged({ path: file, error: errorOf(error) });
      }
    }
    return videos;
  };
}

/** The images of a folder where each stands for itself; null where they are a video. */
async function stillsIn(
  source: Source,
  path: string,
  { as, choice }: { as: PredictOptions["as"]; choice: Pick<PredictOptions, "channel" | "slice"> },
) {
  const { images } = await listFolder(source, path);
  if (as === "video" || images.length === 0) return null;
  if (as === undefined && await folderSet(source, path, images).catch(() => null) !== null) {
    return null;
  }
  const folder = imageFolder(source, path, { images, choice, areStills: as === "stills" });
  return as === "stills" || !(folder.isNumbered || folder.names.length === 1) ? folder : null;
}

/** Opens inputs for models whose images are the planes around focus of z-stacks. */
async function openerOfStacks(
  device: Device,
  { options: { model, focus, channel, slice }, source, planes, progress }: {
    options: PredictOptions;
    source: Source;
    planes: number;
    progress: Progress;
  },
): Promise<Open> {
  if (slice !== undefined) {
    throw new InvalidArgumentError(
      `Cannot use --slice with ${model}: its images are the planes around focus; leave the flag out`,
    );
  }
  const findFocus = await openFocus(device, focus ?? `${runOf(model)}/${FOCUS}`, progress);
  return async (path) => [await openStackVideo(source, path, { planes, findFocus, channel })];
}
