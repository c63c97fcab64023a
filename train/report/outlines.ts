/**
 * Frames with the outlines of their objects, and what changed since the frame before.
 *
 * @module
 */

import type { LabelImage } from "../images/image.ts";
import { type Loop, traceContours } from "../objects/contours.ts";
import type { FrameView, LabelSource } from "./data.ts";
import { SOURCES } from "./sources.ts";
import { findTurnover } from "./turnover.ts";

/** Frames side by side in one strip. */
const LENGTH = 3;

/** The outlines of one source on one frame. */
export interface Outlines {
  /** The loops of every object. */
  readonly contours: ReadonlyMap<number, readonly Loop[]>;
  /** Ids that were not there in the frame before. */
  readonly appeared: ReadonlySet<number>;
  /** Outlines of the objects of the frame before that are gone. */
  readonly vanished: ReadonlyMap<number, readonly Loop[]>;
}

/** One frame of a strip, ready to draw. */
export interface StripFrame extends FrameView {
  /** Outlines by source. */
  readonly outlines: Readonly<Partial<Record<LabelSource, Outlines>>>;
}

/**
 * Orders the frames and cuts them into strips of at most three consecutive ones.
 *
 * @throws {RangeError} if a label image differs in size from its frame, or a frame from the next.
 */
export function makeStrips(frames: readonly FrameView[]): StripFrame[][] {
  const strips: StripFrame[][] = [];
  let previous: FrameView | undefined;
  for (const frame of frames.toSorted((a, b) => a.index - b.index)) {
    const before = frame.index - 1 === previous?.index ? previous : undefined;
    checkSizes(frame, before);
    const strip = strips.at(-1);
    const ready = { ...frame, outlines: outlinesOf(frame, before) };
    if (strip && before && strip.length < LENGTH) strip.push(ready);
    else strips.push([ready]);
    previous = frame;
  }
  return strips;
}

function outlinesOf(frame: FrameView, before?: FrameView): StripFrame["outlines"] {
  const outlines: Partial<Record<LabelSource, Outlines>> = {};
  for (const source of SOURCES) {
    const [earlier, labels] = [before?.labels[source], frame.labels[source]];
    if (labels === undefined) continue;
    const contours = traceContours(labels);
    if (earlier === undefined) {
      outlines[source] = { contours, appeared: new Set(), vanished: new Map() };
      continue;
    }
    const { appeared, vanished } = findTurnover(earlier, labels);
    const gone = [...traceContours(earlier)].filter(([id]) => vanished.has(id));
    outlines[source] = { contours, appeared, vanished: new Map(gone) };
  }
  return outlines;
}

/**
 * Checks that all labels of a frame, and the frame before, are of the size of its picture.
 *
 * @throws {RangeError} if one differs; the message names it and both sizes.
 */
export function checkSizes({ index, image, labels }: FrameView, before?: FrameView): void {
  for (const source of SOURCES) {
    const size = sizeOf(labels[source] ?? image);
    if (size === sizeOf(image)) continue;
    throw new RangeError(
      `Cannot draw outlines on frame ${index}: it has ${sizeOf(image)} pixels, ` +
        `its labels (${source}) have ${size}`,
    );
  }
  if (before && sizeOf(before.image) !== sizeOf(image)) {
    throw new RangeError(
      `Cannot show frames side by side: frame ${before.index} has ${
        sizeOf(before.image)
      } pixels, ` +
        `frame ${index} has ${sizeOf(image)}`,
    );
  }
}

function sizeOf({ width, height }: Pick<LabelImage, "width" | "height">): string {
  return `${width}×${height}`;
}
