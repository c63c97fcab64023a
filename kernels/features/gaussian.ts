/**
 * Sampled Gaussians and their derivatives, and how images go on past their borders.
 *
 * @module
 */

/** The weights of a Gaussian and of its first two derivatives at the offsets −radius … radius. */
export interface GaussianTaps {
  /** How far the weights reach, in pixels. */
  readonly radius: number;
  /** The Gaussian, of sum 1. */
  readonly smooth: readonly number[];
  /** What gives the first derivative of the smoothed values. */
  readonly slope: readonly number[];
  /** What gives their second derivative. */
  readonly curve: readonly number[];
}

/** Standard deviations after which a Gaussian is cut off. */
const TRUNCATE = 4;
/** The most that a standard deviation may be, in pixels. */
const MOST_SIGMA = 100;

/** How far a Gaussian of this standard deviation reaches, in pixels. */
export function gaussianRadius(sigma: number): number {
  return Math.floor(TRUNCATE * sigma + 0.5);
}

/**
 * The weights of a Gaussian: sampled, cut off after 4 standard deviations, scaled to sum 1, and
 * multiplied by k/σ² and k²/σ⁴ − 1/σ² for its derivatives; as `scipy.ndimage.gaussian_filter1d`.
 *
 * The result at a place is the sum of the weight at each offset k times the value k further on.
 *
 * @param sigma Standard deviation in pixels, over 0 and at most 100.
 * @throws {RangeError} If it is not.
 */
export function gaussianTaps(sigma: number): GaussianTaps {
  if (!(sigma > 0 && sigma <= MOST_SIGMA)) {
    throw new RangeError(
      `Cannot smooth: sigma is ${sigma}, expected a number over 0 and at most ${MOST_SIGMA}`,
    );
  }
  const radius = gaussianRadius(sigma);
  const offsets = Array.from({ length: 2 * radius + 1 }, (_, i) => i - radius);
  const heights = offsets.map((k) => Math.exp(-(k * k) / (2 * sigma * sigma)));
  const sum = heights.reduce((total, height) => total + height, 0);
  const smooth = heights.map((height) => height / sum);
  const square = sigma * sigma;
  return {
    radius,
    smooth,
    slope: offsets.map((k, i) => k / square * smooth[i]),
    curve: offsets.map((k, i) => (k * k / square - 1) / square * smooth[i]),
  };
}

/** The weights as the kernels read them: a `vec4f` with smooth, slope, curve and 0 per offset. */
export function packTaps({ smooth, slope, curve }: GaussianTaps): Float32Array<ArrayBuffer> {
  return Float32Array.from(smooth.flatMap((value, i) => [value, slope[i], curve[i], 0]));
}

/**
 * WGSL: the index that a position past an end stands for, mirrored at the last pixel without repeating
 * it. Where no tap reaches past the mirrored image there is no division, which would cost more than
 * all else on a CPU; on the shorter lines the image is mirrored as often as needed.
 */
export function mirrorShader({ length, radius }: { length: number; radius: number }): string {
  const folded = radius < length
    ? "abs(position)"
    : "(position % max(period, 1) + period) % max(period, 1)";
  return /* wgsl */ `
fn mirror(position: i32, length: i32) -> i32 {
  let period = 2 * (length - 1);
  let folded = ${folded};
  return min(folded, period - folded);
}
`;
}

/** Values in rows, on the CPU. */
export interface ReferencePlane {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** `height * width` values, row by row. */
  readonly data: ArrayLike<number>;
}

/** The float64 reference of one pass of weights along an axis, with mirrored borders. */
export function convolveReference(
  { width, height, data }: ReferencePlane,
  { weights, axis }: { weights: readonly number[]; axis: "x" | "y" },
): ReferencePlane {
  const radius = (weights.length - 1) / 2;
  const result = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = -radius; k <= radius; k++) {
        const column = axis === "x" ? mirrored(x + k, width) : x;
        const row = axis === "y" ? mirrored(y + k, height) : y;
        sum += weights[k + radius] * data[row * width + column];
      }
      result[y * width + x] = sum;
    }
  }
  return { width, height, data: result };
}

/** Walks back and forth between the ends until every step is made. */
function mirrored(position: number, length: number): number {
  if (length === 1) return 0;
  let at = position;
  while (at < 0 || at >= length) at = at < 0 ? -at : 2 * (length - 1) - at;
  return at;
}

/** The eigenvalues of the symmetric matrix [[a, b], [b, c]], the larger one first. */
export function eigenvaluesReference(a: number, b: number, c: number): [number, number] {
  const [mean, root] = [(a + c) / 2, Math.hypot((a - c) / 2, b)];
  return [mean + root, mean - root];
}

/** WGSL: the same on the GPU. */
export const EIGENVALUES = /* wgsl */ `
fn eigenvalues(a: f32, b: f32, c: f32) -> vec2f {
  let mean = 0.5 * (a + c);
  let half_difference = 0.5 * (a - c);
  let root = sqrt(half_difference * half_difference + b * b);
  return vec2f(mean + root, mean - root);
}
`;
