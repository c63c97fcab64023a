/**
 * The image types that travel through training, prediction and evaluation.
 *
 * @module
 */

/**
 * One grey image plane: row-major intensities in the units of the file it came from.
 *
 * @category Images
 */
export interface Plane {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** `height * width` intensities, row by row. */
  readonly data: Float32Array<ArrayBuffer>;
}

/**
 * How large a pixel is.
 *
 * @category Images
 */
export interface Calibration {
  /** Width of a pixel in units. */
  readonly width: number;
  /** Height of a pixel in units. */
  readonly height: number;
  /** Distance of slices in units, where it is known. */
  readonly depth?: number;
  /** The unit, such as `micron`. */
  readonly unit: string;
  /** Seconds from frame to frame, where they are known. */
  readonly interval?: number;
}

/**
 * The channels of an image: planes of one size, `data` has them one after the other.
 *
 * @category Images
 */
export interface Channels extends Plane {
  /** How many planes. */
  readonly channels: number;
}

/**
 * The number of planes that an image has.
 *
 * @category Images
 */
export function channelCount(image: Plane | Channels): number {
  return "channels" in image ? image.channels : 1;
}

/** The channels of an image as planes; their values are shared, not copied. */
export function channelsOf(image: Plane | Channels): Plane[] {
  const { width, height, data } = image;
  const size = width * height;
  return Array.from(
    { length: channelCount(image) },
    (_, c) => ({ width, height, data: data.subarray(c * size, (c + 1) * size) }),
  );
}

/**
 * Planes of one size as the channels of one image.
 *
 * @throws {RangeError} If there are none, or they differ in size.
 */
export function joinPlanes(planes: readonly Plane[]): Channels {
  if (planes.length === 0) throw new RangeError("Cannot join planes: there are none");
  const [{ width, height }] = planes;
  const data = new Float32Array(planes.length * width * height);
  planes.forEach((plane, c) => {
    if (plane.width !== width || plane.height !== height) {
      throw new RangeError(
        `Cannot join channels: one is ${plane.width}x${plane.height}, the first ${width}x${height}`,
      );
    }
    data.set(plane.data, c * width * height);
  });
  return { channels: planes.length, width, height, data };
}

/**
 * The label of pixels of which nothing is known: they are neither background nor an object, no network
 * learns from them, and no measure counts them. The same number as the kernels' `IGNORED_LABEL`.
 *
 * @category Images
 */
export const IGNORED_LABEL: number = 2 ** 32 - 1;

/**
 * Whether a label is the id of an object.
 *
 * @category Images
 */
export function isObject(label: number): boolean {
  return label !== 0 && label !== IGNORED_LABEL;
}

/**
 * How far something has moved in an image.
 *
 * @category Images
 */
export interface Shift {
  /** Downwards, in pixels. */
  readonly y: number;
  /** To the right, in pixels. */
  readonly x: number;
}

/**
 * One label image: 0 is background, every object has its own id, {@linkcode IGNORED_LABEL} is none.
 *
 * @category Images
 */
export interface LabelImage {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** `height * width` ids, row by row. */
  readonly data: Uint32Array<ArrayBuffer>;
}

/** A label image in which what another one of its size ignores is ignored, too. */
export function ignoringAlso<T extends LabelImage>(labels: T, { data }: LabelImage): T {
  if (!data.includes(IGNORED_LABEL)) return labels;
  const ids = labels.data.map((id, i) => data[i] === IGNORED_LABEL ? IGNORED_LABEL : id);
  return { ...labels, data: ids };
}

/**
 * The foreground of a label image: all its objects as one with id 1; what is ignored stays so.
 *
 * @category Images
 */
export function foregroundOf({ width, height, data }: LabelImage): LabelImage {
  return { width, height, data: data.map((id) => isObject(id) ? 1 : id) };
}
