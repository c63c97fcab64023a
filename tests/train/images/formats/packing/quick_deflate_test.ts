import { assert, assertEquals } from "@std/assert";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { quickDeflate } from "../../../../../train/images/formats/packing/quick_deflate.ts";
import { Random } from "../../../../../train/images/random.ts";

/** What zlib makes of a stream. */
function inflated(stream: Uint8Array): number[] {
  return [...new Uint8Array(inflateRawSync(stream))];
}

Deno.test("quickDeflate() writes what zlib reads: nothing, little, noise, runs, and any number of values", () => {
  const random = new Random(3);
  for (let turn = 0; turn < 120; turn++) {
    const size = [0, 1, 2, 3, 4, 5, 258, 259, 4096, 20_000][turn % 10];
    const values = [1, 2, 3, 20, 256][Math.floor(turn / 10) % 5];
    // Small numbers come more often the higher the exponent.
    const power = 1 + turn % 4;
    const bytes = Uint8Array.from(
      { length: size },
      () => Math.floor(random.next() ** power * values),
    );
    const stride = turn % 2 === 0 ? 0 : 1 + random.integer(3000);
    assertEquals(inflated(quickDeflate(bytes, { stride })), [...bytes], `turn ${turn}`);
  }
});

Deno.test("quickDeflate() writes several blocks, and repetitions as far and as long as there may be", () => {
  const random = new Random(4);
  const part = Uint8Array.from({ length: 32_768 }, () => random.integer(256));
  const bytes = new Uint8Array(5 * part.length + 7);
  for (let i = 0; i < 5; i++) bytes.set(part, i * part.length);
  const packed = quickDeflate(bytes);
  assertEquals(inflated(packed), [...bytes]);
  assert(packed.length < 40_000, `${packed.length}`);
  // What does not get smaller hardly grows.
  const noise = Uint8Array.from({ length: 200_000 }, () => random.integer(256));
  const kept = quickDeflate(noise);
  assertEquals(inflated(kept), [...noise]);
  assert(kept.length < noise.length + 100, `${kept.length}`);
});

Deno.test("quickDeflate() takes codes that would be too long, for values of very different frequency", () => {
  // Counts like Fibonacci's make the deepest tree of all.
  const bytes: number[] = [];
  for (let [value, count, next] = [0, 1, 1]; value < 21; value++) {
    for (let i = 0; i < count; i++) bytes.push(value * 7 % 256);
    [count, next] = [next, count + next];
  }
  const random = new Random(9);
  const shuffled = Uint8Array.from(random.permutation(bytes.length), (at) => bytes[at]);
  assertEquals(inflated(quickDeflate(shuffled)), [...shuffled]);
});

Deno.test("quickDeflate() finds the rows of an image above each other", () => {
  const random = new Random(5);
  const row = Uint8Array.from({ length: 1000 }, () => random.integer(256));
  const image = new Uint8Array(40 * row.length);
  for (let y = 0; y < 40; y++) image.set(row, y * row.length);
  const packed = quickDeflate(image, { stride: row.length });
  assertEquals(inflated(packed), [...image]);
  assert(packed.length < 1500, `${packed.length}`);
});

Deno.test("quickDeflate() makes labels hardly larger than zlib does", () => {
  const side = 256;
  for (const objects of [2, 6]) {
    const labels = new Uint16Array(side * side);
    const pitch = side / objects;
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const [column, row] = [Math.floor(x / pitch), Math.floor(y / pitch)];
        const from = [x - (column + 0.5) * pitch, y - (row + 0.5) * pitch];
        if (Math.hypot(...from) < 0.4 * pitch) labels[y * side + x] = 1 + row * objects + column;
      }
    }
    const bytes = new Uint8Array(labels.buffer);
    const [own, other] = [quickDeflate(bytes, { stride: 2 * side }), deflateRawSync(bytes)];
    assertEquals(inflated(own), [...bytes]);
    assert(own.length < 1.1 * other.length, `${own.length} and ${other.length}`);
  }
});
