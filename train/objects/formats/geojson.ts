/**
 * Outlines as GeoJSON (RFC 7946), which QuPath and geographic programs read. Coordinates are `[x, y]`
 * in pixels, counted from the upper left corner of the first pixel.
 *
 * @module
 */

import type { Loop } from "../contours.ts";
import type { Outline } from "../outline.ts";
import type { OutputFormat, OutputLayout } from "./output_format.ts";

/** Outlines as GeoJSON, `NAME.geojson` beside the labels. */
export const geoJson: OutputFormat = {
  flag: "geojson",
  sentence: "Also write outlines as GeoJSON for QuPath, NAME.geojson",
  needs: ["outlines"],
  file: (stem) => `${stem}.geojson`,
  open: geoJsonLayout,
};

/** A place in an image. */
export type Position = [x: number, y: number];

/** One object of a {@linkcode OutlineCollection}. */
export interface OutlineFeature {
  /** A feature, in GeoJSON's words. */
  readonly type: "Feature";
  /** Its outline: closed rings, the last position repeating the first. */
  readonly geometry:
    | { readonly type: "Polygon"; readonly coordinates: Position[][] }
    | { readonly type: "MultiPolygon"; readonly coordinates: Position[][][] };
  /** What is known about it. */
  readonly properties: {
    /** What QuPath takes it for. */
    readonly objectType: "detection";
    /** Its id in the label image of its frame. */
    readonly label: number;
    /** Its object probability, if the network gives one. */
    readonly probability?: number;
    /** The frame of the video, from 0. */
    readonly frame: number;
  };
}

/** The objects of an image or a video. */
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
 */
export function outlinesToGeoJson(frames: readonly (readonly Outline[])[]): OutlineCollection {
  const features = frames.flatMap((outlines, frame) =>
    outlines.map((outline) => outlineFeature(outline, { frame }))
  );
  return { type: "FeatureCollection", features };
}

/** Describes one outline, see {@linkcode outlinesToGeoJson}. */
export function outlineFeature(
  { label, parts, probability }: Outline,
  { frame }: { frame: number },
): OutlineFeature {
  const rings = parts.map(ring);
  return {
    type: "Feature",
    geometry: rings.length === 1
      ? { type: "Polygon", coordinates: rings }
      : { type: "MultiPolygon", coordinates: rings.map((part) => [part]) },
    properties: {
      objectType: "detection",
      label,
      ...(probability === undefined ? {} : { probability: rounded(probability) }),
      frame,
    },
  };
}

/** A collection that grows frame by frame, one line for each outline. */
function geoJsonLayout(): OutputLayout {
  const encoder = new TextEncoder();
  const head = '{"type":"FeatureCollection","features":[\n';
  let frame = 0;
  let count = 0;
  return {
    add({ outlines }) {
      const lines = outlines!.map((outline) =>
        (count++ === 0 ? head : ",\n") + JSON.stringify(outlineFeature(outline, { frame }))
      );
      frame++;
      return encoder.encode(lines.join(""));
    },
    end: () => [encoder.encode(`${count === 0 ? head : "\n"}]}\n`)],
  };
}

/** A closed ring; outlines already run the way that GeoJSON wants them to run. */
function ring(loop: Loop): Position[] {
  return [...loop, loop[0]].map(([x, y]) => [rounded(x), rounded(y)]);
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
