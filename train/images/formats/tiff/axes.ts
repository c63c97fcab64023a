/**
 * What the pages of a TIFF stack mean: time, depth and channel, from the description that ImageJ or
 * OME software writes into the first page.
 *
 * @module
 */

/** Sizes of a stack, and which page holds which image. */
export interface StackAxes {
  /** Number of frames in time. */
  readonly t: number;
  /** Number of slices in depth. */
  readonly z: number;
  /** Number of channels. */
  readonly c: number;
  /** Page of frame t, slice z, channel c at `(t * axes.z + z) * axes.c + c`. */
  readonly order: readonly number[];
}

/**
 * Finds the axes of a stack. Without a description, pages are frames in time.
 *
 * @param description Text of the first page (ImageJ's `key=value` lines, or OME-XML).
 * @param stack Number of pages in the file, and samples per pixel.
 * @throws {SyntaxError} If the description needs pages that the file does not have; the message
 * says only what is wrong, the caller adds the file.
 *
 * @example
 * ```ts
 * import { stackAxes } from "./axes.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { t, c } = stackAxes("ImageJ=1.53\nchannels=2\nframes=3\n", { pages: 6, samples: 1 });
 * assertEquals([t, c], [3, 2]);
 * ```
 */
export function stackAxes(
  description: string,
  { pages, samples }: { pages: number; samples: number },
): StackAxes {
  if (description.startsWith("ImageJ=")) {
    const axes = imageJAxes(description, pages);
    if (axes !== null) return axes;
  }
  if (/<(\w+:)?OME[\s>]/.test(description)) {
    const axes = omeAxes(description, { pages, samples });
    if (axes !== null) return axes;
  }
  return { t: pages, z: 1, c: 1, order: Array.from({ length: pages }, (_, i) => i) };
}

/** The number of images an ImageJ description speaks of, or 1. */
export function imageJCount(description: string): number {
  if (!description.startsWith("ImageJ=")) return 1;
  return imageJNumber(description, "images") ?? 1;
}

function imageJNumber(description: string, key: string): number | undefined {
  const value = description.match(new RegExp(`^${key}=(\\d+)\\s*$`, "m"))?.[1];
  return value === undefined ? undefined : Number(value);
}

/** ImageJ's order of pages: channel fastest, then slice, then frame. */
function imageJAxes(description: string, pages: number): StackAxes | null {
  const c = imageJNumber(description, "channels") ?? 1;
  const z = imageJNumber(description, "slices") ?? 1;
  const t = imageJNumber(description, "frames") ?? 1;
  const claimed = imageJNumber(description, "images") ?? c * z * t;
  if (claimed > pages) {
    throw new SyntaxError(`its ImageJ description speaks of ${claimed} images, ${pages} are there`);
  }
  // A description left over from another image says nothing about these pages.
  if (c * z * t !== pages) return null;
  return { t, z, c, order: Array.from({ length: pages }, (_, i) => i) };
}

/** One attribute of an XML start tag. */
function attribute(tag: string, name: string): string | undefined {
  return tag.match(new RegExp(`\\s${name}\\s*=\\s*["']([^"']*)["']`))?.[1];
}

/** The axes of the first image of an OME-XML description. */
function omeAxes(
  xml: string,
  { pages, samples }: { pages: number; samples: number },
): StackAxes | null {
  const head = xml.match(/<(?:\w+:)?Pixels\s[^>]*>/)?.[0];
  if (head === undefined) return null;
  const inside = head.endsWith("/>")
    ? ""
    : xml.slice(xml.indexOf(head) + head.length).replace(/<\/(\w+:)?Pixels>[^]*$/, "");
  const size = (name: string) => Number(attribute(head, `Size${name}`) ?? 1);
  const sizeC = size("C");
  // OME counts the samples of an RGB page as channels.
  const c = samples > 1 && sizeC % samples === 0 ? sizeC / samples : sizeC;
  const sizes: Record<string, number> = { C: c, Z: size("Z"), T: size("T") };
  if (!Object.values(sizes).every((n) => Number.isInteger(n) && n > 0)) return null;
  const fastest = attribute(head, "DimensionOrder")?.match(/^XY([CZT]{3})$/)?.[1] ?? "CZT";
  const count = c * sizes.Z * sizes.T;
  if (count > pages) {
    throw new SyntaxError(
      `its OME description speaks of ${count} planes, ${pages} are in this file (an OME data set ` +
        "of several files has to be joined first)",
    );
  }
  const order = new Array<number>(count).fill(-1);
  const place = (linear: number, page: number) => {
    const at: Record<string, number> = { C: 0, Z: 0, T: 0 };
    for (const axis of fastest) {
      at[axis] = linear % sizes[axis];
      linear = Math.floor(linear / sizes[axis]);
    }
    if (linear === 0 && page < pages) order[(at.T * sizes.Z + at.Z) * c + at.C] = page;
  };
  for (const block of tiffData(inside, { samples, fastest, sizes, count })) {
    for (let i = 0; i < block.planes; i++) place(block.first + i, block.page + i);
  }
  const missing = order.indexOf(-1);
  if (missing >= 0) throw new SyntaxError("its OME description names no page for some planes");
  return { t: sizes.T, z: sizes.Z, c, order };
}

/** The runs of planes and pages that OME's TiffData elements name; one for all without any. */
function tiffData(
  inside: string,
  { samples, fastest, sizes, count }: {
    samples: number;
    fastest: string;
    sizes: Record<string, number>;
    count: number;
  },
): { first: number; page: number; planes: number }[] {
  const blocks = [...inside.matchAll(/<(?:\w+:)?TiffData\b[^>]*>/g)].map(([tag]) => {
    const given = (name: string) => attribute(tag, name);
    const at: Record<string, number> = {
      C: Math.floor(Number(given("FirstC") ?? 0) / samples),
      Z: Number(given("FirstZ") ?? 0),
      T: Number(given("FirstT") ?? 0),
    };
    let first = 0;
    for (const axis of [...fastest].reverse()) first = first * sizes[axis] + at[axis];
    const page = given("IFD");
    // Without a count, a named page is one plane and an unnamed one stands for all that follow.
    const planes = Number(given("PlaneCount") ?? (page === undefined ? count - first : 1));
    return { first, page: Number(page ?? 0), planes: Math.min(planes, count) };
  });
  return blocks.length > 0 ? blocks : [{ first: 0, page: 0, planes: count }];
}
