/**
 * Polygons as GeoJSON (RFC 7946), which QuPath, napari and every geographic tool read. Coordinates are
 * `[column, row]` in pixels, counted from the upper left corner of the first pixel: half a pixel is
 * added to the network's, which count from its centre.
 *
 * @module
 */

import type { ExportedPolygons } from "./exported_polygons.ts";

/** One object of a {@linkcode PolygonCollection}. */
export interface PolygonFeature {
  /** A feature, in GeoJSON's words. */
  readonly type: "Feature";
  /** Its outline: one closed ring, the last position repeating the first. */
  readonly geometry: { readonly type: "Polygon"; readonly coordinates: [number, number][][] };
  /** What is known about it. */
  readonly properties: {
    /** What QuPath takes it for. */
    readonly objectType: "detection";
    /** Its id in the label image of its frame. */
    readonly label: number;
    /** Its object probability. */
    readonly probability: number;
    /** The frame of the video, from 0. */
    readonly frame: number;
  };
}

/** The objects of an image or a video. */
export interface PolygonCollection {
  /** A collection, in GeoJSON's words. */
  readonly type: "FeatureCollection";
  /** The objects, frame by frame. */
  readonly features: PolygonFeature[];
}

/**
 * Describes polygons as GeoJSON, with three digits behind the point.
 *
 * @param frames The polygons of each frame of a video, or of one image.
 * @returns An object for `JSON.stringify`.
 *
 * @example
 * ```ts
 * import { polygonsToGeoJson } from "@kymo/kymo/train";
 * import { assertEquals } from "@std/assert";
 *
 * const vertices = Float32Array.of(1, 2, 1, 4, 3, 2);
 * const { features } = polygonsToGeoJson([{ vertices, rays: 3, prob: Float32Array.of(0.5) }]);
 * assertEquals(features[0].geometry.coordinates, [[[2.5, 1.5], [4.5, 1.5], [2.5, 3.5], [2.5, 1.5]]]);
 * ```
 */
export function polygonsToGeoJson(frames: readonly ExportedPolygons[]): PolygonCollection {
  const features = frames.flatMap(({ vertices, rays, prob }, frame) =>
    Array.from(prob, (probability, index): PolygonFeature => ({
      type: "Feature",
      geometry: {
        type: "Polygon",
        coordinates: [ring(vertices.subarray(2 * rays * index, 2 * rays * (index + 1)))],
      },
      properties: {
        objectType: "detection",
        label: index + 1,
        probability: rounded(probability),
        frame,
      },
    }))
  );
  return { type: "FeatureCollection", features };
}

/** A closed ring; vertices already run the way that GeoJSON wants outlines to run. */
function ring(vertices: Float32Array): [number, number][] {
  const places = Array.from(
    { length: vertices.length / 2 },
    (_, at): [number, number] => [
      rounded(vertices[2 * at + 1] + 0.5),
      rounded(vertices[2 * at] + 0.5),
    ],
  );
  return [...places, places[0]];
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
