/**
 * Outlines as GeoJSON (RFC 7946), which QuPath and geographic programs read. Coordinates are `[x, y]`
 * in pixels, counted from the upper left corner of the first pixel. Geometries are valid in the sense
 * of OGC's Simple Features. QuPath shows each at the slice and time point of its `plane`, and takes
 * numbers from `measurements`.
 *
 * @module
 */

import type { Loop } from "../contours.ts";
import type { Outline } from "../outline.ts";
import { areaOf, type Polygon, polygonsOf } from "../polygons.ts";
import type { FileOptions, OutputFormat, OutputLayout } from "./output_format.ts";

/**
 * Outlines as GeoJSON, `NAME.geojson` beside the labels.
 *
 * @category Output formats
 */
export const geoJson: OutputFormat = {
  flag: "geojson",
  sentence: "Also write outlines as GeoJSON for QuPath, NAME.geojson",
  needs: ["outlines"],
  file: (stem) => `${stem}.geojson`,
  open: geoJsonLayout,
  join: joinCollections,
};

/**
 * A place in an image.
 *
 * @category Output formats
 */
export type Position = [x: number, y: number];

/**
 * Where in a stack an object is, in QuPath's words.
 *
 * @category Output formats
 */
export interface OutlinePlane {
  /** The channel; −1 for all. */
  readonly c: number;
  /** The slice in depth, from 0. */
  readonly z: number;
  /** The time point, from 0. */
  readonly t: number;
}

/**
 * One object of a {@linkcode OutlineCollection}.
 *
 * @category Output formats
 */
export interface OutlineFeature {
  /** A feature, in GeoJSON's words. */
  readonly type: "Feature";
  /** Its outline: closed rings, the last position repeating the first, those of holes after the outer. */
  readonly geometry:
    & { readonly plane: OutlinePlane }
    & (
      | { readonly type: "Polygon"; readonly coordinates: Position[][] }
      | { readonly type: "MultiPolygon"; readonly coordinates: Position[][][] }
    );
  /** What is known about it. */
  readonly properties: {
    /** What QuPath takes it for. */
    readonly objectType: "detection";
    /** What QuPath calls it: its label. */
    readonly name: string;
    /** Its id in the label image of its frame. */
    readonly label: number;
    /** Its object probability, if the network gives one. */
    readonly probability?: number;
    /** The frame of the video, from 0. */
    readonly frame: number;
    /** What QuPath shows in its tables: the area of its outline in pixels, and its probability. */
    readonly measurements: { readonly area: number; readonly probability?: number };
  };
}

/**
 * The objects of an image or a video.
 *
 * @category Output formats
 */
export interface OutlineCollection {
  /** A collection, in GeoJSON's words. */
  readonly type: "FeatureCollection";
  /** The objects, frame by frame. */
  readonly features: OutlineFeature[];
}

/**
 * Describes outlines as GeoJSON, with three digits behind the point.
 *
 * @param frames The outlines of each frame of a video, or of one image.
 * @returns An object for `JSON.stringify`.
 *
 * @example
 * ```ts
 * import { outlinesToGeoJson } from "@kymo/kymo/objects";
 * import { assertEquals } from "@std/assert";
 *
 * const square = { label: 1, parts: [[[2, 1], [4, 1], [4, 3], [2, 3]]] as const };
 * const { features } = outlinesToGeoJson([[square]]);
 * assertEquals(features[0].geometry.coordinates, [[[2, 1], [4, 1], [4, 3], [2, 3], [2, 1]]]);
 * ```
 *
 * @category Output formats
 */
export function outlinesToGeoJson(frames: readonly (readonly Outline[])[]): OutlineCollection {
  const features = frames.flatMap((outlines, frame) =>
    outlines.map((outline) => outlineFeature(outline, { frame, plane: { z: 0, t: frame } }))
  );
  return { type: "FeatureCollection", features };
}

/**
 * Describes one outline, see {@linkcode outlinesToGeoJson}.
 *
 * @param options The `frame` in the file, and the slice and time point of the image it is from.
 * @category Output formats
 */
export function outlineFeature(
  outline: Outline,
  { frame, plane: { z, t } }: { frame: number; plane: { z: number; t: number } },
): OutlineFeature {
  const { label, probability } = outline;
  const polygons = polygonsIn(outline);
  const rings = polygons.map(({ shell, holes }) => [shell, ...holes].map(ring));
  const plane = { c: -1, z, t };
  const known = probability === undefined ? {} : { probability: rounded(probability) };
  const area = rounded(polygons.reduce((sum, polygon) => sum + areaOf(polygon), 0));
  return {
    type: "Feature",
    geometry: rings.length === 1
      ? { type: "Polygon", coordinates: rings[0], plane }
      : { type: "MultiPolygon", coordinates: rings, plane },
    properties: {
      objectType: "detection",
      ...{ name: `${label}`, label, ...known, frame },
      measurements: { area, ...known },
    },
  };
}

/** The polygons of an outline; one without any area is shown as the pixel that it is in. */
function polygonsIn({ parts, holes = [] }: Outline): Polygon[] {
  const polygons = polygonsOf([...parts, ...holes]);
  if (polygons.length > 0) return polygons;
  const [x, y] = parts[0][0].map(Math.floor);
  return [{ shell: [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]], holes: [] }];
}

const HEAD = '{"type":"FeatureCollection","features":[\n';
const TAIL = "]}\n";

/** The features of all collections, which {@linkcode geoJsonLayout} has laid out, in one. */
function joinCollections(parts: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const decoder = new TextDecoder();
  const lists = parts.map((part) =>
    decoder.decode(part).slice(HEAD.length, -TAIL.length).trimEnd()
  );
  const features = lists.filter((list) => list !== "").join(",\n");
  return new TextEncoder().encode(`${HEAD}${features}${features === "" ? "" : "\n"}${TAIL}`);
}

/** A collection that grows frame by frame, one line for each outline. */
function geoJsonLayout({ first = 0 }: Pick<FileOptions, "first">): OutputLayout {
  const encoder = new TextEncoder();
  let frame = first;
  let count = 0;
  return {
    add({ outlines, plane = { z: 0, t: frame } }) {
      const lines = outlines!.map((outline) =>
        (count++ === 0 ? HEAD : ",\n") + JSON.stringify(outlineFeature(outline, { frame, plane }))
      );
      frame++;
      return encoder.encode(lines.join(""));
    },
    end: () => [encoder.encode(`${count === 0 ? HEAD : "\n"}${TAIL}`)],
  };
}

/** A closed ring; outlines and holes already run the way that GeoJSON wants them to run. */
function ring(loop: Loop): Position[] {
  return [...loop, loop[0]].map(([x, y]) => [x, y]);
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
