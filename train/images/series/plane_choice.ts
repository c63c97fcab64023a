/**
 * Which plane of a stack becomes an image: its channel, and its slice in depth. Both are counted from 1,
 * as image programs show them.
 *
 * @module
 */

import { unusable } from "../faults/input_fault.ts";
import type { ImageStack } from "../formats/format.ts";

/**
 * Which image of a frame to read where it has several.
 *
 * @category Series
 */
export interface PlaneChoice {
  /** Channel, by its number from 1 or its name; the first by default. */
  readonly channel?: number | string;
  /** Slice in depth, from 1; the middle one by default. */
  readonly slice?: number;
  /**
   * All channels that are read together with this one: a file that does not have it is refused, red, green
   * and blue are channels, and numbers are counted from 0 where 0 is among them.
   */
  readonly together?: readonly string[];
}

/**
 * Channels that are read together, as a user names them, trimmed.
 *
 * @param options.called What errors call them, such as `--channels`; `channels` unless told.
 * @throws {RangeError} If one is named twice or has no name.
 */
export function channelList(
  channels: readonly (number | string)[],
  { called = "channels" } = {},
): string[] {
  const list = channels.map((channel) => String(channel).trim());
  const isTwice = (name: string, i: number) =>
    list.findIndex((other) => other.toLowerCase() === name.toLowerCase()) !== i;
  if (!list.some((name, i) => name === "" || isTwice(name, i))) return list;
  throw new RangeError(
    `Cannot read ${called} ${list.join(",")}: give each once, by number or name, such as 1,3`,
  );
}

/**
 * Pages of a stack that become images.
 *
 * @category Series
 */
export interface ChosenPages {
  /** One page for each image. */
  readonly pages: readonly number[];
  /** The slice in depth and the time point of each, from 0. */
  readonly planes: readonly StackPlane[];
  /** Whether they are slices in depth that are read as frames. */
  readonly areSlices: boolean;
  /** What a user should know, with the file's name. */
  readonly notes: readonly string[];
}

/**
 * Where in a stack a plane is, counted from 0.
 *
 * @category Series
 */
export interface StackPlane {
  /** The slice in depth. */
  readonly z: number;
  /** The time point. */
  readonly t: number;
}

/**
 * How {@linkcode chosenPages} takes a stack.
 *
 * @category Series
 */
export interface PageOptions extends PlaneChoice {
  /**
   * Whether slices without a time axis are images one after the other unless one is chosen, as Fiji saves
   * many videos; otherwise the middle one is the image.
   */
  readonly slicesAsFrames?: boolean;
}

/**
 * The pages of a stack that become images: one for each time. What has one channel or slice is taken as
 * it is, whatever was asked for.
 *
 * @throws {RangeError} If the channel or slice asked for is not there.
 * @category Series
 */
export function chosenPages(
  stack: Pick<ImageStack, "axes" | "order" | "path" | "channelNames" | "notes">,
  { channel, slice, slicesAsFrames = false, together }: PageOptions = {},
): ChosenPages {
  const { axes: { t, z, c }, order, path, channelNames } = stack;
  const asFrames = slicesAsFrames && t === 1 && z > 1 && slice === undefined;
  const isOnly = c === 1 && (channel === undefined || !together);
  const at = isOnly ? 0 : channelIndex(channel, {
    ...{ path, names: namesOfChannels(c, channelNames), together },
  });
  const depth = z === 1 || slice === undefined ? Math.floor(z / 2) : slice - 1;
  if (!(Number.isInteger(depth) && depth >= 0 && depth < z)) {
    throw unusable(`Cannot read slice ${slice} of ${path}: it has slices 1 to ${z}`);
  }
  const sentences = [...stack.notes];
  if (asFrames) {
    sentences.push(`no time axis: its ${z} slices are read as frames; --slice reads one of them`);
  } else if (z > 1) {
    const other = slice === undefined ? "; --slice reads another" : "";
    sentences.push(`slice ${depth + 1} of ${z} is read${other}`);
  } else if (slice !== undefined && slice !== 1) sentences.push("it has one slice, which is read");
  if (c > 1) sentences.push(channelSentence(at, { count: c, channelNames, channel }));
  if (c > 1 && channel === undefined && channelNames?.some((name) => name !== "")) {
    sentences.push(`its channels are called ${channelNames.map((name) => name || "?").join(", ")}`);
  }
  if (c === 1 && channel !== undefined && Number(channel) !== 1) {
    sentences.push("it has one channel, which is read");
  }
  const planes = Array.from(
    { length: asFrames ? z : t },
    (_, i): StackPlane => asFrames ? { z: i, t: 0 } : { z: depth, t: i },
  );
  const pages = planes.map((plane) => order[(plane.t * z + plane.z) * c + at]);
  const notes = sentences.map((sentence) => `${path}: ${sentence}`);
  return { pages, planes, areSlices: asFrames, notes };
}

/** How a file is taken for one image. */
export interface SingleOptions {
  /** What it is to be, in errors: `one frame`. */
  readonly as: string;
  /** What to do with a file of several frames. */
  readonly remedy: string;
  /** Whether a channel or slice must be chosen where there are several. */
  readonly mustChoose?: boolean;
}

/**
 * The page of a file that is one image. Of pages without a description it is not known what they are: if
 * a slice is chosen, they are slices.
 *
 * @throws {RangeError} If it has several frames, or what was chosen is not there.
 */
export function singlePage(
  stack: ImageStack,
  choice: PlaneChoice,
  { as, remedy, mustChoose = false }: SingleOptions,
): { page: number; notes: readonly string[] } {
  const { axes: { t, z, c }, path } = stack;
  const refuse = (what: string) => unusable(`Cannot use ${path} as ${as}: ${what}`);
  const isDepth = t > 1 && z === 1 && choice.slice !== undefined;
  if (t > 1 && !isDepth) {
    const orSlices = z === 1 ? ", or choose one with --slice if they are slices" : "";
    throw refuse(`it has ${t} frames; ${remedy}${orSlices}`);
  }
  if (mustChoose && z > 1 && choice.slice === undefined) {
    throw refuse(`it has ${z} slices; choose one with --slice`);
  }
  if (mustChoose && c > 1 && choice.channel === undefined) {
    throw refuse(`it has ${c} channels; choose one with --channel`);
  }
  const axes = isDepth ? { t: 1, z: t, c } : { t, z, c };
  const { pages, notes } = chosenPages({ ...stack, axes }, choice);
  return { page: pages[0], notes };
}

/** What is said of the channel that is read, by its index. */
export function channelSentence(
  index: number,
  { count, channelNames, channel }: {
    count: number;
    channelNames?: readonly string[];
    channel?: number | string;
  },
): string {
  const name = channelNames?.[index] ? ` (${channelNames[index]})` : "";
  const other = channel === undefined ? "; --channel reads another" : "";
  return `channel ${index + 1} of ${count}${name} is read${other}`;
}

/**
 * The index from 0 of a channel among those with some names, "" where one has none; the first one unless told.
 * A name goes before a number.
 *
 * @throws {RangeError} If there is no such channel.
 */
export function channelIndex(
  channel: number | string | undefined,
  { path, names, together }: {
    path: string;
    names: readonly string[];
    together?: readonly string[];
  },
): number {
  if (channel === undefined) return 0;
  const text = String(channel).trim();
  const named = text === ""
    ? -1
    : names.findIndex((name) => name.toLowerCase() === text.toLowerCase());
  if (named >= 0) return named;
  const index = Number(text) - (together?.includes("0") ? 0 : 1);
  if (text !== "" && Number.isInteger(index) && index >= 0 && index < names.length) return index;
  const shown = names.some((name) => name !== "")
    ? ` (${names.map((name) => name || "?").join(", ")})`
    : "";
  const there = names.length === 1 ? "it has one channel" : `it has channels 1 to ${names.length}`;
  const remedy = together
    ? "; give images with all channels that are read together, or name others with --channels"
    : "";
  throw unusable(`Cannot read channel ${text} of ${path}: ${there}${shown}${remedy}`);
}

/** A name for each of so many channels, "" where it has none. */
export function namesOfChannels(count: number, names: readonly string[] = []): string[] {
  return Array.from({ length: count }, (_, i) => names[i] ?? "");
}
