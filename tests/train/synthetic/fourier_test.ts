import { assertAlmostEquals, assertThrows } from "@std/assert";
import { Random } from "../../../train/images/random.ts";
import { fourierTransform, newSpectrum } from "../../../train/synthetic/fourier.ts";

/** A square of random complex numbers. */
function noise(size: number) {
  const random = new Random(size);
  const spectrum = newSpectrum(size);
  for (let i = 0; i < size * size; i++) {
    spectrum.real[i] = random.normal();
    spectrum.imaginary[i] = random.normal();
  }
  return spectrum;
}

Deno.test("fourierTransform() is the sum that it stands for", () => {
  for (const size of [1, 2, 8]) {
    const given = noise(size);
    const transformed = noise(size);
    fourierTransform(transformed);
    for (let k = 0; k < size; k++) {
      for (let l = 0; l < size; l++) {
        let [real, imaginary] = [0, 0];
        for (let m = 0; m < size; m++) {
          for (let n = 0; n < size; n++) {
            const angle = -2 * Math.PI * (k * m + l * n) / size;
            const i = m * size + n;
            real += given.real[i] * Math.cos(angle) - given.imaginary[i] * Math.sin(angle);
            imaginary += given.real[i] * Math.sin(angle) + given.imaginary[i] * Math.cos(angle);
          }
        }
        assertAlmostEquals(transformed.real[k * size + l], real, 1e-10);
        assertAlmostEquals(transformed.imaginary[k * size + l], imaginary, 1e-10);
      }
    }
  }
});

Deno.test("fourierTransform() is undone by its inverse", () => {
  const given = noise(32);
  const back = noise(32);
  fourierTransform(back);
  fourierTransform(back, { inverse: true });
  given.real.forEach((value, i) => assertAlmostEquals(back.real[i], value, 1e-10));
  given.imaginary.forEach((value, i) => assertAlmostEquals(back.imaginary[i], value, 1e-10));
});

Deno.test("fourierTransform() refuses a size that is no power of two", () => {
  for (const size of [0, 3, 12]) {
    assertThrows(() => fourierTransform(newSpectrum(size)), RangeError, `${size}x${size}`);
  }
});
