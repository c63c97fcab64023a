import { assert, assertEquals, assertThrows } from "@std/assert";
import { deform, displacementField } from "../../../../train/learn/patches/elastic.ts";
import { Random } from "../../../../train/images/random.ts";
import type { Sample } from "../../../../train/images/sample.ts";

function randomSample(width: number, height: number, channels = 2): Sample {
  const random = new Random(1);
  const image = Float32Array.from({ length: channels * width * height }, () => random.next());
  const labels = Uint32Array.from({ length: width * height }, () => 1 + random.integer(5));
  return { channels, width, height, image, labels };
}

Deno.test("deform() with amplitude 0 is the identity", () => {
  const sample = randomSample(20, 30);
  assertEquals(deform(sample, { amplitude: 0, spacing: 8, seed: 1 }), sample);
  const barely = deform(sample, { amplitude: 1e-12, spacing: 8, seed: 1 });
  assertEquals(barely.labels, sample.labels);
  assert(barely.image.every((value, i) => Math.abs(value - sample.image[i]) <= 1e-6));
});

Deno.test("deform() reads a ramp where the displacement field points", () => {
  const [width, height] = [64, 48];
  const image = Float32Array.from(
    { length: 2 * width * height },
    (_, i) => i < width * height ? i % width : Math.floor((i - width * height) / width),
  );
  const draw = { amplitude: 2, spacing: 16, seed: 5 };
  const { dx, dy } = displacementField(draw, { width, height });
  const result = deform({ channels: 2, width, height, image }, draw);
  // Bilinear reading of a ramp is exact where no position is mirrored.
  for (let y = 10; y < height - 10; y++) {
    for (let x = 10; x < width - 10; x++) {
      const i = y * width + x;
      assert(Math.abs(result.image[i] - (x + dx[i])) <= 1e-4);
      assert(Math.abs(result.image[i + width * height] - (y + dy[i])) <= 1e-4);
    }
  }
});

Deno.test("deform() moves labels with the intensities and invents no ids", () => {
  const [width, height] = [96, 96];
  const labels = Uint32Array.from({ length: width * height }, (_, i) => {
    const distance = Math.hypot((i % width) - 48, Math.floor(i / width) - 40);
    return distance < 20 ? 70001 : 0;
  });
  const image = Float32Array.from(labels, (id) => (id ? 1 : 0));
  const draw = { amplitude: 4, spacing: 32, seed: 2 };
  const result = deform({ channels: 1, width, height, image, labels }, draw);
  assertEquals([...new Set(result.labels)].sort(), [0, 70001]);
  assert(result.labels!.some((id, i) => id !== labels[i]), "nothing was moved");
  // Where the bilinear intensity is clearly one side, the nearest label must be on it as well.
  result.image.forEach((value, i) => {
    if (value > 0.76) assertEquals(result.labels![i], 70001);
    if (value < 0.24) assertEquals(result.labels![i], 0);
  });
});

Deno.test("displacementField() is smooth, scales with its amplitude and repeats with its seed", () => {
  const size = { width: 128, height: 128 };
  const field = displacementField({ amplitude: 3, spacing: 32, seed: 9 }, size);
  const larger = displacementField({ amplitude: 6, spacing: 32, seed: 9 }, size);
  const other = displacementField({ amplitude: 3, spacing: 32, seed: 10 }, size);
  let steepest = 0;
  let farthest = 0;
  for (let i = 0; i < 128 * 127; i++) {
    farthest = Math.max(farthest, Math.abs(field.dx[i]));
    steepest = Math.max(steepest, Math.abs(field.dx[i + 128] - field.dx[i]));
    assert(Math.abs(larger.dy[i] - 2 * field.dy[i]) <= 1e-5);
  }
  assert(farthest > 1 && farthest < 9, `largest displacement ${farthest}`);
  assert(steepest < 0.5, `largest step ${steepest}: the deformation may fold`);
  assert(field.dx.some((value, i) => value !== field.dy[i]));
  assert(field.dx.some((value, i) => value !== other.dx[i]));
  assertEquals(displacementField({ amplitude: 3, spacing: 32, seed: 9 }, size), field);
});

Deno.test("deform() handles one pixel and a line, and refuses an empty spacing", () => {
  for (const [width, height] of [[1, 1], [17, 1], [1, 9]]) {
    const sample = randomSample(width, height);
    const result = deform(sample, { amplitude: 5, spacing: 4, seed: 3 });
    assert(result.image.every((value) => value >= 0 && value <= 1));
  }
  for (const spacing of [0, -1, NaN]) {
    const draw = { amplitude: 1, spacing, seed: 1 };
    assertThrows(() => deform(randomSample(4, 4), draw), RangeError, `grid spacing ${spacing}`);
  }
});
