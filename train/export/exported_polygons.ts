/**
 * The polygons of an image, as the exports take them.
 *
 * @module
 */

/** Polygons side by side in arrays; the object with index k has label k + 1. */
export interface ExportedPolygons {
  /** Row and column of each polygon's vertices, counted from pixel centres, `[count, rays, 2]`. */
  readonly vertices: Float32Array;
  /** Vertices of each. */
  readonly rays: number;
  /** Object probabilities, shape `[count]`. */
  readonly prob: Float32Array;
}
