/**
 * The image types that travel through training, prediction and evaluation.
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

/** The channels of an image: planes of one size, `data` has them one after the other. */
export interface Channels extends Plane {
  /** How many planes. */
  readonly channels: number;
}

/** The number of planes that an image has. */
export function channelCount(image: Plane | Channels): number {
  return "channels" in image ? image.channels : 1;
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

/** The foreground of a label image: all its objects as one with id 1. */
export function foregroundOf({ width, height, data }: LabelImage): LabelImage {
  return { width, height, data: data.map((id) => Math.min(1, id)) };
}
