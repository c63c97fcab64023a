/**
 * The two image types that travel through training, prediction and evaluation.
 *
 * @module
 */

/** One grey image plane: row-major intensities in the units of the file it came from. */
export interface Plane {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** `height * width` intensities, row by row. */
  readonly data: Float32Array<ArrayBuffer>;
}

/** One label image: 0 is background, every object has its own positive id. */
export interface LabelImage {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** `height * width` ids, row by row. */
  readonly data: Uint32Array<ArrayBuffer>;
}
