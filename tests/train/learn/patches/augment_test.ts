import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  applyAugmentation,
  type AugmentationDraw,
  type AugmentationSettings,
  defaultAugmentation,
  drawAugmentation,
} from "../../../../train/learn/patches/augment.ts";
import { noAugmentation } from "../../fixtures/no_augmentation.ts";
import { orient } from "../../../../train/images/orientation.ts";
import { Random } from "../../../../train/images/random.ts";
import type { Sample } from "../../../../train/images/sample.ts";

const IDENTITY: AugmentationDraw = {
  orientation: 0,
  gain: 1,
  offset: 0,
  gamma: 1,
  blur: 0,
  noise: 0,
  noiseSeed: 1,
};

function randomSample(seed: number, { width = 16, height = 16, channels = 2 } = {}): Sample {
  const random = new Random(seed);
  const image = Float32Array.from({ length: channels * width * height }, () => random.next());
  const labels = Uint32Array.from({ length: width * height }, () => 70000 * random.integer(4));
  return { channels, width, height, image, labels };
}

function draws(settings: AugmentationSettings, count: number, pair = false): AugmentationDraw[] {
  const random = new Random(11);
  return Array.from({ length: count }, () => drawAugmentation(random, settings, { pair }));
}

Deno.test("drawAugmentation() repeats with the random state and survives JSON", () => {
  const random = new Random(4);
  const { state } = random;
  const first = drawAugmentation(random, defaultAugmentation);
  const again = drawAugmentation(Random.from(state), defaultAugmentation);
  assertEquals(again, first);
  const sample = randomSample(1);
  const revived = JSON.parse(JSON.stringify(first));
  assertEquals(applyAugmentation(revived, sample), applyAugmentation(first, sample));
  assertEquals(JSON.parse(JSON.stringify(defaultAugmentation)), defaultAugmentation);
});

Deno.test("drawAugmentation() takes equally many random numbers whatever it draws", () => {
  const settings = [defaultAugmentation, noAugmentation, { ...defaultAugmentation, noise: 0 }];
  const states = settings.flatMap((setting) =>
    [false, true].map((pair) => {
      const random = new Random(8);
      for (let i = 0; i < 20; i++) drawAugmentation(random, setting, { pair });
      return random.state;
    })
  );
  for (const state of states) assertEquals(state, states[0]);
});

Deno.test("drawAugmentation() draws all orientations equally often by default", () => {
  const counts = new Array(8).fill(0);
  for (const { orientation } of draws(defaultAugmentation, 4000)) counts[orientation]++;
  // 500 each; the standard deviation is 21.
  for (const count of counts) assert(Math.abs(count - 500) < 105, `counts ${counts}`);
});

Deno.test("drawAugmentation() keeps to its ranges and probabilities", () => {
  const settings: AugmentationSettings = {
    ...noAugmentation,
    noise: 0.02,
    brightnessContrast: { probability: 0.5, brightness: 0.3, contrast: 0.2 },
    elastic: { probability: 0.25, amplitude: 3, spacing: 20 },
  };
  const drawn = draws(settings, 2000);
  for (const { orientation, gain, offset, noise } of drawn) {
    assertEquals(orientation, 0);
    assert(gain >= 0.8 && gain < 1.2 && Math.abs(offset) <= 0.3 && noise >= 0 && noise < 0.02);
  }
  const share = (test: (draw: AugmentationDraw) => boolean) => drawn.filter(test).length / 2000;
  assertAlmostEquals(share(({ gain }) => gain !== 1), 0.5, 0.06);
  assertAlmostEquals(share(({ elastic }) => elastic !== undefined), 0.25, 0.05);

  const intensity = { probability: 1, scale: [0.6, 2], shift: [-0.2, 0.2] } as const;
  const scaled = draws({ ...noAugmentation, intensity }, 500);
  assert(scaled.every(({ gain, offset }) => gain >= 0.6 && gain < 2 && Math.abs(offset) <= 0.2));
  assert(Math.max(...scaled.map(({ gain }) => gain)) > 1.9);
});

Deno.test("drawAugmentation() deforms stills but not pairs", () => {
  const settings = {
    ...defaultAugmentation,
    elastic: { probability: 1, amplitude: 4, spacing: 32 },
  };
  assert(draws(settings, 20).every(({ elastic }) => elastic !== undefined));
  assert(draws(settings, 20, true).every(({ elastic }) => elastic === undefined));
});

Deno.test("applyAugmentation() without augmentation changes nothing", () => {
  const sample = randomSample(2, { width: 5, height: 9 });
  for (const draw of [IDENTITY, ...draws(noAugmentation, 5)]) {
    assertEquals(applyAugmentation(draw, sample), sample);
  }
});

Deno.test("applyAugmentation() turns every channel and the labels alike, with exact ids", () => {
  const sample = randomSample(3, { width: 7, height: 7, channels: 3 });
  for (let orientation = 0; orientation < 8; orientation++) {
    const result = applyAugmentation({ ...IDENTITY, orientation }, sample);
    for (let c = 0; c < 3; c++) {
      const plane = { width: 7, height: 7, data: sample.image.slice(49 * c, 49 * (c + 1)) };
      assertEquals(result.image.slice(49 * c, 49 * (c + 1)), orient(plane, orientation).data);
    }
    const labels = { width: 7, height: 7, data: sample.labels! };
    assertEquals(result.labels, orient(labels, orientation).data);
  }
});

Deno.test("applyAugmentation() changes neither its input nor the background id", () => {
  const sample = randomSample(4);
  const copy = structuredClone(sample);
  const result = applyAugmentation({ ...IDENTITY, gain: 2, offset: 0.5, noise: 0.02 }, sample);
  assertEquals(sample, copy);
  assertEquals(result.labels, sample.labels);
});

Deno.test("applyAugmentation() without gamma keeps the difference of two frames under one draw", () => {
  const [a, b] = [randomSample(5), randomSample(6)];
  for (const drawn of draws(defaultAugmentation, 10, true)) {
    const draw = { ...drawn, gamma: 1, noise: 0 };
    const [x, y] = [a, b].map((frame, i) => applyAugmentation(draw, frame, { frame: i }));
    const difference = { ...a, image: a.image.map((value, i) => value - b.image[i]) };
    const expected = applyAugmentation({ ...draw, offset: 0 }, difference);
    x.image.forEach((value, i) => {
      assertAlmostEquals(value - y.image[i], expected.image[i], 1e-5);
    });
  }
});

Deno.test("applyAugmentation() gives each frame of a draw its own noise of the drawn strength", () => {
  const blank = { channels: 1, width: 100, height: 100, image: new Float32Array(10000) };
  const draw = { ...IDENTITY, noise: 0.02 };
  const first = applyAugmentation(draw, blank).image;
  const second = applyAugmentation(draw, blank, { frame: 1 }).image;
  assertEquals(applyAugmentation(draw, blank, { frame: 0 }).image, first);
  const mean = (values: Float32Array) => values.reduce((sum, v) => sum + v, 0) / 10000;
  assertAlmostEquals(Math.sqrt(mean(first.map((v) => v * v))), 0.02, 0.001);
  assertAlmostEquals(mean(first.map((v, i) => v * second[i])) / 0.0004, 0, 0.05);
});

Deno.test("applyAugmentation() refuses to transpose what is not square, but flips it", () => {
  const sample = randomSample(7, { width: 4, height: 6 });
  assertThrows(
    () => applyAugmentation({ ...IDENTITY, orientation: 1 }, sample),
    RangeError,
    "Cannot transpose a sample of 4x6 pixels",
  );
  const turned = applyAugmentation({ ...IDENTITY, orientation: 6 }, sample);
  assertEquals(turned.labels, sample.labels!.toReversed());
});

Deno.test("drawAugmentation() draws exposures evenly between the logarithms of their bounds", () => {
  const { exposure } = defaultAugmentation;
  const drawn = draws({ ...noAugmentation, exposure }, 4000);
  const exposed = drawn.filter(({ gain }) => gain !== 1);
  assertAlmostEquals(exposed.length / drawn.length, exposure.probability, 0.03);
  for (const [name, [low, high]] of [["gain", exposure.gain], ["gamma", exposure.gamma]] as const) {
    const logs = exposed.map((draw) => Math.log(draw[name]));
    const mean = logs.reduce((sum, log) => sum + log) / logs.length;
    assert(logs.every((log) => log >= low && log <= high), name);
    assertAlmostEquals(mean, (low + high) / 2, 0.04 * (high - low), name);
  }
  const blurs = exposed.filter(({ blur }) => blur > 0);
  assertAlmostEquals(blurs.length / exposed.length, exposure.blurProbability, 0.04);
  assert(blurs.every(({ blur }) => blur <= exposure.blur));
  assert(drawn.every(({ gain, blur, gamma }) => gain !== 1 || (blur === 0 && gamma === 1)));
});

Deno.test("applyAugmentation() bends intensities above 0 before their factor and sum", () => {
  const sample: Sample = {
    ...{ channels: 1, width: 2, height: 2 },
    image: Float32Array.of(-0.5, 0, 0.25, 1),
  };
  const draw = { ...IDENTITY, gamma: 2, gain: 3, offset: 0.5 };
  const { image } = applyAugmentation(draw, sample);
  assertEquals([...image], [-1, 0.5, 0.6875, 3.5]);
});

Deno.test("applyAugmentation() blurs as a Gaussian does, within each channel, and keeps the sum", () => {
  const [side, sigma] = [15, 0.9];
  const image = new Float32Array(2 * side * side);
  const centre = (side * side - 1) / 2;
  image[centre] = 1;
  const sample: Sample = { channels: 2, width: side, height: side, image };
  const blurred = applyAugmentation({ ...IDENTITY, blur: sigma }, sample).image;
  const spread = blurred.subarray(0, side * side);
  assertAlmostEquals(spread.reduce((sum, value) => sum + value), 1, 1e-6);
  assertAlmostEquals(spread[centre + 1] / spread[centre], Math.exp(-1 / (2 * sigma ** 2)), 1e-4);
  assertAlmostEquals(
    spread[centre + side] / spread[centre],
    spread[centre + 1] / spread[centre],
    1e-6,
  );
  assert(blurred.subarray(side * side).every((value) => value === 0));
});
