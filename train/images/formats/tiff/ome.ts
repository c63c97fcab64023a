/**
 * OME-XML, as far as it says which page of which file holds which plane (OME-TIFF specification 6).
 *
 * @module
 */

import { counted, wordFor } from "../../../counted.ts";
import { unreadable } from "../../bytes.ts";
import { basename } from "../../paths.ts";
import type { DescribedFile, PlanePlace, StackAxis, StackLayout } from "./layout.ts";
import { xmlTags } from "./xml.ts";

/** A run of planes and the pages that hold them: one `TiffData` element. */
interface PageRun {
  /** First channel (of samples), slice and frame. */
  readonly first: Readonly<Record<StackAxis, number>>;
  readonly page?: number;
  readonly planes?: number;
  /** The file that holds them, by name and by identifier. */
  file?: string;
  uuid?: string;
}

/** One `Image` with its `Pixels`: a position. */
interface OmeImage {
  readonly name: string;
  readonly sizes: Readonly<Record<StackAxis, number>>;
  /** Axes, the fastest first. */
  readonly order: readonly StackAxis[];
  readonly channelNames: (string | undefined)[];
  readonly runs: PageRun[];
}

/** What an OME-XML text says. */
export interface OmeDescription {
  /** The identifier of the file that it is in. */
  readonly uuid?: string;
  /** Name of the file that has the description, where this one has none. */
  readonly companion?: string;
  readonly images: readonly OmeImage[];
}

/** Whether a description is OME-XML. */
export function isOme(description: string): boolean {
  return /<(?:\w+:)?OME[\s>]/.test(description.slice(0, 4096));
}

/** Reads an OME-XML text. */
export function parseOme(xml: string): OmeDescription {
  let uuid: string | undefined;
  let companion: string | undefined;
  const images: OmeImage[] = [];
  let imageName = "";
  let run: PageRun | null = null;
  for (const tag of xmlTags(xml)) {
    if (!tag.isStart) {
      if (tag.name === "TiffData") run = null;
      continue;
    }
    const image = images.at(-1);
    const number = (name: string) => wholeNumber(tag.attribute(name));
    if (tag.name === "OME") uuid = tag.attribute("UUID");
    else if (tag.name === "BinaryOnly") companion = tag.attribute("MetadataFile");
    else if (tag.name === "Image") imageName = tag.attribute("Name") ?? "";
    else if (tag.name === "Pixels") {
      const order = tag.attribute("DimensionOrder")?.match(/^XY([CZT]{3})$/)?.[1] ?? "CZT";
      images.push({
        name: imageName,
        sizes: { T: number("SizeT") ?? 1, Z: number("SizeZ") ?? 1, C: number("SizeC") ?? 1 },
        order: [...order] as StackAxis[],
        channelNames: [],
        runs: [],
      });
    } else if (tag.name === "Channel") image?.channelNames.push(tag.attribute("Name"));
    else if (tag.name === "TiffData") {
      run = {
        first: { T: number("FirstT") ?? 0, Z: number("FirstZ") ?? 0, C: number("FirstC") ?? 0 },
        page: number("IFD"),
        planes: number("PlaneCount"),
      };
      image?.runs.push(run);
      if (tag.isEmpty) run = null;
    } else if (tag.name === "UUID" && run !== null) {
      run.file = tag.attribute("FileName");
      run.uuid = tag.text();
    }
  }
  return { uuid, companion, images };
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined;
}

/** What the layout of an OME description depends on. */
export interface OmeFile extends DescribedFile {
  /** The identifier that the file has for itself. */
  readonly uuid?: string;
  /** Names of the files beside it. */
  readonly beside: readonly string[];
}

/** More planes than any data set has. */
const MOST_PLANES = 2 ** 24;

/**
 * The layout of the data set that an OME description is about: of the image (position) that this file
 * has a part of, the time points of which all planes are there.
 *
 * @returns Null if it describes no image.
 * @throws {SyntaxError} If it speaks of planes that are nowhere, or of other files alone.
 */
export function omeLayout(description: OmeDescription, file: OmeFile): StackLayout | null {
  const images = description.images.filter(({ sizes }) =>
    Object.values(sizes).every((size) => size > 0)
  );
  if (images.length === 0) return null;
  const isOwn = ownRuns(images, file);
  const own = images.findIndex(({ runs }) => runs.length === 0 || runs.some(isOwn));
  if (own < 0) {
    const others = [...new Set(images.flatMap(({ runs }) => runs.map(({ file }) => file ?? "?")))];
    throw unreadable(
      file.path,
      `its OME description speaks of ${others.slice(0, 3).join(", ")}, not of this file`,
      "give it back the name that it had",
    );
  }
  const image = images[own];
  const first = images.slice(0, own).reduce(
    (pages, { runs, sizes: { T, Z, C } }) => runs.length === 0 ? pages + T * Z * C : pages,
    0,
  );
  const others = images.filter((other, i) => i !== own && other.runs.every(isOwn))
    .reduce((pages, { sizes: { T, Z, C } }) => pages + T * Z * C, 0);
  const layout = layoutOf(image, { ...file, isOwn, first, others });
  if (images.length === 1) return layout;
  const name = image.name === "" ? "" : ` (${image.name})`;
  const note = `it is one of ${images.length} positions: number ${own + 1}${name} is read`;
  return { ...layout, notes: [note, ...layout.notes] };
}

/**
 * Which runs of pages are in this file: those without a file, those with its identifier or, where there
 * is none, its name. A file that was renamed is the one that its description is about alone.
 */
function ownRuns(
  images: readonly OmeImage[],
  { path, uuid, beside }: OmeFile,
): (run: PageRun) => boolean {
  const name = basename(path);
  const runs = images.flatMap(({ runs }) => runs);
  const isOwn = (run: PageRun) => {
    if (run.file === undefined && run.uuid === undefined) return true;
    if (run.file === name) return true;
    if (uuid === undefined || !run.uuid) return run.file === undefined;
    return run.uuid === uuid && !beside.includes(run.file ?? name);
  };
  const files = new Set(runs.map(({ file }) => file));
  return runs.some(isOwn) || files.size !== 1 ? isOwn : () => true;
}

/** A file, and how it finds its own pages. */
type Located = OmeFile & {
  readonly isOwn: (run: PageRun) => boolean;
  /** The page from which planes follow each other where no run says more. */
  readonly first: number;
  /** Pages that hold other images of the description. */
  readonly others: number;
};

/** Where planes are, as far as they are anywhere. */
interface Found {
  readonly sizes: Readonly<Record<StackAxis, number>>;
  /** For each plane its place, as in a layout. */
  readonly places: readonly (PlanePlace | undefined)[];
  /** Names of files that are not there. */
  readonly missing: readonly string[];
  /** Whether pages of this file were named that it does not have. */
  readonly isCut: boolean;
}

function layoutOf(image: OmeImage, file: Located): StackLayout {
  const found = findPlanes(image, file);
  const { sizes: { T: t, Z: z, C: c }, places } = found;
  const { channelNames } = image;
  const names = channelNames.some(Boolean) && channelNames.length === c
    ? { channelNames: channelNames.map((name) => name ?? "") }
    : {};
  if (!places.every(isFound)) return { ...names, ...someOf(image, { found, file }) };
  const isAlone = image.runs.every(file.isOwn);
  const left = file.pages - file.others - new Set(places.map(({ page }) => page)).size;
  const notes = isAlone && left > 0
    ? [`${counted(left, "page")} that its OME description does not name: left out`]
    : [];
  return { t, z, c, places, ...names, notes };
}

function findPlanes(image: OmeImage, file: Located): Found {
  const { path, pages, samples, beside } = file;
  // OME counts the samples of an RGB page as channels.
  const inPixel = samples > 1 && image.sizes.C % samples === 0 ? samples : 1;
  const sizes = { ...image.sizes, C: image.sizes.C / inPixel };
  const count = sizes.T * sizes.Z * sizes.C;
  if (!(count <= MOST_PLANES)) {
    throw unreadable(path, `its OME description speaks of ${count} planes`, "export it again");
  }
  const all: PageRun = { first: { T: 0, Z: 0, C: 0 }, page: file.first, planes: count };
  const found = new Map<number, PlanePlace>();
  const missing = new Set<string>();
  let isCut = false;
  for (const run of image.runs.length > 0 ? image.runs : [all]) {
    const other = file.isOwn(run) ? null : basename(run.file ?? "");
    if (other !== null && !beside.includes(other)) {
      missing.add(other);
      continue;
    }
    const at = { ...run.first, C: Math.floor(run.first.C / inPixel) };
    const start = image.order.reduceRight((sum, axis) => sum * sizes[axis] + at[axis], 0);
    // Without a count, a named page is one plane and an unnamed one stands for all that follow.
    const isOne = run.page !== undefined || other !== null;
    const planes = Math.min(run.planes ?? (isOne ? 1 : count), count - start);
    for (let i = 0; i < planes; i++) {
      const page = (run.page ?? 0) + i;
      if (other === null && page >= pages) isCut = true;
      else found.set(tzcOf(start + i, { sizes, order: image.order }), { file: other, page });
    }
  }
  const places = Array.from({ length: count }, (_, i) => found.get(i));
  return { sizes, places, missing: [...missing], isCut };
}

function isFound(place: PlanePlace | undefined): place is PlanePlace {
  return place !== undefined;
}

/**
 * The part of a data set that is there: its whole time points, else the planes of this file.
 *
 * @throws {SyntaxError} If neither makes a stack, or a file without a list of its planes is too short.
 */
function someOf(
  image: OmeImage,
  { found: { sizes, places, missing, isCut }, file }: { found: Found; file: Located },
): StackLayout {
  const { T, Z: z, C: c } = sizes;
  const there = places.filter(isFound).length;
  const shown = missing.slice(0, 3).join(", ") + (missing.length > 3 ? ", …" : "");
  const what = missing.length > 0
    ? `of its OME data set ${counted(missing.length, "file")} ${
      wordFor(missing.length, "is", "are")
    } not beside it ` +
      `(${shown})`
    : `its OME description speaks of ${counted(places.length, "plane")}, ${there} ${
      wordFor(there, "is", "are")
    } in this file`;
  const planesAt = (t: number) => places.slice(t * z * c, (t + 1) * z * c);
  const isListed = image.runs.length > 1 || image.runs.length === 1 && !isCut;
  const whole = Array.from({ length: isListed ? T : 0 }, (_, t) => t)
    .filter((t) => planesAt(t).every(isFound));
  if (whole.length > 0) {
    const read = `${counted(whole.length, "whole time point")} of ${T} ${
      wordFor(whole.length, "is", "are")
    } read`;
    const kept = whole.flatMap((t) => planesAt(t).filter(isFound));
    return { t: whole.length, z, c, places: kept, notes: [`${what}: ${read}`] };
  }
  const own = missing.length > 0 ? ownPlanes(places, { sizes }) : null;
  if (own !== null) {
    const read = `its own ${counted(own.places.length, "plane")} ${
      wordFor(own.places.length, "is", "are")
    } read`;
    return { ...own, notes: [`${what}: ${read}`] };
  }
  throw unreadable(
    file.path,
    what,
    missing.length > 0
      ? "copy the files of the set into one folder, under the names that they had"
      : "it was cut short, or its recording stopped: save what is there as a new file",
  );
}

/** The index of a plane by time, slice and channel from its index in the order of its description. */
function tzcOf(
  plane: number,
  { sizes, order }: Pick<OmeImage, "sizes" | "order">,
): number {
  const at = { T: 0, Z: 0, C: 0 };
  for (const axis of order) {
    at[axis] = plane % sizes[axis];
    plane = Math.floor(plane / sizes[axis]);
  }
  return (at.T * sizes.Z + at.Z) * sizes.C + at.C;
}

/** The planes of this file alone, where they make a stack: some times by some slices by some channels. */
function ownPlanes(
  all: readonly (PlanePlace | undefined)[],
  { sizes: { Z, C } }: Pick<OmeImage, "sizes">,
): Omit<StackLayout, "notes"> | null {
  const own = all.flatMap((place, i) => place?.file === null ? [{ place, i }] : []);
  const distinct = (of: (i: number) => number) => new Set(own.map(({ i }) => of(i))).size;
  const t = distinct((i) => Math.floor(i / (Z * C)));
  const z = distinct((i) => Math.floor(i / C) % Z);
  const c = distinct((i) => i % C);
  if (own.length === 0 || t * z * c !== own.length) return null;
  return { t, z, c, places: own.map(({ place }) => place) };
}
