/**
 * The pages of a TIFF or BigTIFF file, all checked before any pixel is decoded. Where they are not alike,
 * those with the most pixels together count. Of each page only the place is kept, so that a file with tens of thousands of pages takes little
 * memory; the strips of a page are looked up again when it is decoded (in `pixels.ts`).
 *
 * @module
 */

import { type Bytes, unreadable } from "../../bytes.ts";
import type { Resolution } from "./calibration.ts";
import { describePage, LITTLE, number, surplusOf, type TiffPage } from "./page.ts";
import type { Compression } from "./compressions/compression.ts";
import { IMAGEJ_COUNTS, IMAGEJ_METADATA, imageJLabels } from "./imagej.ts";
import {
  bytesOfValues,
  numbers,
  readBytesOf,
  readFraction,
  readTags,
  readTexts,
  readTiffHead,
  type TiffSource,
  type TiffTags,
} from "./tags.ts";

const damaged = "copy it again from its source";
/** The tag of directories within a page, such as those of smaller copies. */
const SUB_DIRECTORIES = 330;

/** A TIFF file's pages and the texts of the first one, which says what the pages mean. */
export interface TiffFile {
  /** Number of pages; all have the size and the kind of numbers of the first, others are left out. */
  readonly length: number;
  /** The first page. */
  readonly first: TiffPage;
  /** The descriptions (ImageDescription) of the first page; some programs write two. */
  readonly descriptions: readonly string[];
  /** Names that ImageJ gives the pages; none without any. */
  readonly labels: readonly string[];
  /** Pixels for each unit on the first page. */
  readonly resolution: Resolution;
  /** Pages left out because they are thumbnails, reduced copies or transparency masks. */
  readonly skipped: number;
  /** What there is in the file beside what its pages claim, which may be rows or pages that were cut off. */
  readonly notes: readonly string[];
  /** Looks up page i in file order, from 0, in the open file. */
  readonly page: (bytes: Bytes, i: number) => Promise<TiffPage>;
}

/**
 * Reads and checks all directories of an open TIFF file.
 *
 * Where pages differ in size, those count that have the most pixels together.
 *
 * @param compressions Those that are read besides its own.
 * @throws {SyntaxError} If the file is damaged, or uses a kind of TIFF that is not read.
 */
export async function readTiffDirectories(
  bytes: Bytes,
  compressions: readonly Compression[] = [],
): Promise<TiffFile> {
  const { source, first: start } = await readTiffHead(bytes);
  source.compressions = compressions;
  const { littleEndian, big } = source;
  // Directories that share lists of strips take time that the file does not explain.
  source.budget = { bytes: 2 * bytes.size + 2 ** 20 };
  const seen = new Set<number>();
  const series = new Map<string, Series>();
  const reduced: { offset: number; tags: TiffTags }[] = [];
  let count = 0;
  let known = 0;
  let hasInner = false;
  const add = async (offset: number, tags: TiffTags) => {
    const page = await describePage(source, tags, ++count);
    const kind = kindOf(page);
    const pages = series.get(kind) ?? await startSeries(source, tags, { first: page, at: count });
    series.set(kind, pages);
    pages.places.push(offset);
    known += page.claimed;
    const surplus = surplusOf(page);
    if (surplus !== null) pages.notes.add(surplus);
  };
  for (let offset = start; offset !== 0;) {
    if (seen.has(offset)) {
      throw unreadable(bytes.path, "its page directories form a circle", damaged);
    }
    seen.add(offset);
    const { tags, next } = await readTags(source, offset);
    known += bytesOfValues(tags);
    hasInner ||= tags.has(SUB_DIRECTORIES);
    // NewSubfileType: bit 0 a reduced copy of another page, bit 2 a transparency mask.
    const kind = (await number(source, tags, 254)) ?? 0;
    if ((kind & 5) === 0) await add(offset, tags);
    else reduced.push({ offset, tags });
    offset = next;
  }
  // Some programs mark their only page as a reduced one.
  const isReduced = count === 0 && reduced.length > 0;
  if (isReduced) { for (const { offset, tags } of reduced) await add(offset, tags); }
  if (count === 0) throw unreadable(bytes.path, "it has no image page", damaged);
  const all = [...series.values()];
  const { first, places, notes, ...texts } = largestOf(all, bytes.path);
  const skipped = isReduced ? 0 : reduced.length;
  if (all.length > 1) notes.add(othersOf(all, { first, places }));
  const left = bytes.size - known;
  if (!hasInner && skipped === 0 && left > LITTLE && left >= first.claimed) {
    notes.add(`${left} bytes of the file belong to no page: pages may be missing`);
  }
  return {
    length: places.length,
    notes: [...notes],
    first,
    descriptions: texts.descriptions.length > 0 ? texts.descriptions : all[0].descriptions,
    labels: all[0].labels,
    resolution: texts.resolution,
    skipped,
    page: async (bytes, i) => {
      const source = { bytes, littleEndian, big, compressions };
      const { tags } = await readTags(source, places[i]);
      return await describePage(source, tags, i + 1);
    },
  };
}

/** Pages of a file that are alike. */
interface Series {
  readonly first: TiffPage;
  /** The number of the first page in the file, from 1. */
  readonly at: number;
  readonly descriptions: readonly string[];
  readonly labels: readonly string[];
  readonly resolution: Resolution;
  /** Where the directories are. */
  readonly places: number[];
  readonly notes: Set<string>;
}

async function startSeries(
  source: TiffSource,
  tags: TiffTags,
  { first, at }: Pick<Series, "first" | "at">,
): Promise<Series> {
  return {
    ...{ first, at },
    descriptions: await readTexts(source, tags, 270),
    labels: await readLabels(source, tags),
    resolution: await readResolution(source, tags),
    places: [],
    notes: new Set(),
  };
}

/** Pages of one series are alike: in size, kind of number and samples. */
function kindOf({ width, height, samples, bits, format }: TiffPage): string {
  return `${width}x${height} pixels of ${samples} x ${bits}-bit ${format}`;
}

/**
 * Of several series the one with the most pixels: others are copies of it, or its label.
 *
 * @throws {SyntaxError} If there is no saying which one is meant.
 */
function largestOf(series: readonly Series[], path: string): Series {
  const pixels = ({ first: { width, height }, places }: Series) => width * height * places.length;
  const shape = ({ width, height }: TiffPage) => `${width}x${height}`;
  const kind = ({ samples, bits, format }: TiffPage) => `${samples} x ${bits}-bit ${format}`;
  const [largest, ...others] = series.toSorted((a, b) => pixels(b) - pixels(a) || a.at - b.at);
  for (const other of others) {
    const isOther = shape(other.first) !== shape(largest.first);
    if (isOther && pixels(other) < pixels(largest)) continue;
    const describe = isOther ? shape : kind;
    const what = `page ${other.at} is ${describe(other.first)}, page ${largest.at} is ` +
      describe(largest.first);
    throw unreadable(path, what, "save its pages as separate files");
  }
  return largest;
}

/** What to say of the series that are left out. */
function othersOf(
  series: readonly Series[],
  { first, places }: Pick<Series, "first" | "places">,
): string {
  const others = series.filter((each) => each.first !== first);
  const count = others.reduce((sum, { places }) => sum + places.length, 0);
  const kinds = others.map(({ first }) => kindOf(first)).slice(0, 3).join(", ");
  return `its pages are not alike: the ${places.length} of ${
    kindOf(first)
  } are read, ${count} of ` +
    `${kinds} left out`;
}

/** Names of planes are no reason to refuse a file, either. */
async function readLabels(source: TiffSource, tags: TiffTags): Promise<string[]> {
  if (!tags.has(IMAGEJ_METADATA)) return [];
  try {
    const metadata = await readBytesOf(source, tags, IMAGEJ_METADATA);
    const counts = await numbers(source, tags, IMAGEJ_COUNTS);
    return imageJLabels(metadata, { counts, littleEndian: source.littleEndian });
  } catch {
    return [];
  }
}

/** How large pixels are is no reason to refuse a file: what cannot be read counts as not said. */
async function readResolution(source: TiffSource, tags: TiffTags): Promise<Resolution> {
  const fraction = (tag: number) => readFraction(source, tags, tag).catch(() => 0);
  const unit = await number(source, tags, 296).catch(() => 1) ?? 2;
  return { x: await fraction(282), y: await fraction(283), unit };
}
