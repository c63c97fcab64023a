/**
 * The discrete Fourier transform of square images.
 *
 * @module
 */

/** A square of complex numbers, row by row. */
export interface Spectrum {
  /** Width and height, a power of two. */
  readonly size: number;
  /** Real parts, shape [size, size]. */
  readonly real: Float64Array;
  /** Imaginary parts. */
  readonly imaginary: Float64Array;
}

/** A square of zeros. */
export function newSpectrum(size: number): Spectrum {
  return {
    size,
    real: new Float64Array(size * size),
    imaginary: new Float64Array(size * size),
  };
}

/**
 * Transforms in place: X[k, l] = Σ x[m, n] e^(∓ 2πi (k m + l n) / size). The inverse divides by the
 * number of pixels.
 *
 * @throws {RangeError} If the size is no power of two.
 */
export function fourierTransform(
  { size, real, imaginary }: Spectrum,
  { inverse = false }: { inverse?: boolean } = {},
): void {
  if (!(size > 0 && Number.isInteger(Math.log2(size)))) {
    throw new RangeError(`Cannot transform ${size}x${size} numbers: the size is no power of two`);
  }
  const turns = Float64Array.from(
    { length: size },
    (_, k) => (inverse ? 2 : -2) * Math.PI * k / size,
  );
  const tables = { cos: turns.map(Math.cos), sin: turns.map(Math.sin) };
  const line = { real: new Float64Array(size), imaginary: new Float64Array(size) };
  for (const [step, next] of [[1, size], [size, 1]]) {
    for (let start = 0; start < size * next; start += next) {
      for (let i = 0; i < size; i++) {
        line.real[i] = real[start + i * step];
        line.imaginary[i] = imaginary[start + i * step];
      }
      transformLine(line, tables);
      for (let i = 0; i < size; i++) {
        real[start + i * step] = line.real[i];
        imaginary[start + i * step] = line.imaginary[i];
      }
    }
  }
  if (!inverse) return;
  for (let i = 0; i < real.length; i++) {
    real[i] /= size * size;
    imaginary[i] /= size * size;
  }
}

/** Cooley and Tukey's transform of one line: bit-reversed order, then butterflies of 2, 4, 8 … */
function transformLine(
  { real, imaginary }: { real: Float64Array; imaginary: Float64Array },
  { cos, sin }: { cos: Float64Array; sin: Float64Array },
): void {
  const n = real.length;
  for (let i = 0, j = 0; i < n; i++) {
    if (i < j) {
      [real[i], real[j]] = [real[j], real[i]];
      [imaginary[i], imaginary[j]] = [imaginary[j], imaginary[i]];
    }
    let bit = n >> 1;
    for (; bit > 0 && j & bit; bit >>= 1) j ^= bit;
    j |= bit;
  }
  for (let half = 1; half < n; half *= 2) {
    const stride = n / (2 * half);
    for (let start = 0; start < n; start += 2 * half) {
      for (let k = 0; k < half; k++) {
        const a = start + k;
        const b = a + half;
        const [c, s] = [cos[k * stride], sin[k * stride]];
        const re = real[b] * c - imaginary[b] * s;
        const im = real[b] * s + imaginary[b] * c;
        real[b] = real[a] - re;
        imaginary[b] = imaginary[a] - im;
        real[a] += re;
        imaginary[a] += im;
      }
    }
  }
}
