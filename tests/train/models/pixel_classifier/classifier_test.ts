import { assertEquals } from "@std/assert";
import type { Device } from "../../../../kernels/gpu/device.ts";
import { classifyReference } from "../../../../kernels/features/decision_forest.ts";
import { pixelFeaturesReference } from "../../../../kernels/features/pixel_features.ts";
import { openDevice } from "../../../../kernels/open_device.ts";
import type { Plane } from "../../../../train/images/image.ts";
import { Random } from "../../../../train/images/random.ts";
import {
  classifyImage,
  learnPixels,
} from "../../../../train/models/pixel_classifier/classifier.ts";
import { featureTiles } from "../../../../train/models/pixel_classifier/feature_tiles.ts";

const device: Device = await openDevice();
const SIGMAS = [0.7, 1.6];

/** A bright half and a dark half with noise. */
function halves(width: number, height: number): Plane {
  const random = new Random(3);
  const data = Float32Array.from(
    { length: width * height },
    (_, i) => (i % width < width / 2 ? 0 : 1) + 0.4 * random.normal(),
  );
  return { width, height, data };
}

async function learnHalves(image: Plane) {
  const places = Uint32Array.from({ length: 60 }, (_, i) => i * 17 % image.data.length);
  const classes = Array.from(places, (place) => place % image.width < image.width / 2 ? 0 : 1);
  return await learnPixels(device, [{ image, places, classes }], {
    sigmas: SIGMAS,
    trees: 9,
    seed: 1,
  });
}

Deno.test("classifyImage() gives the same classes in tiles as at once", async () => {
  const image = halves(71, 53);
  const classifier = await learnHalves(image);
  const whole = await classifyImage(device, image, classifier);
  const mostPixels = 30 * 40;
  const tiles = featureTiles(device, image, { sigmas: SIGMAS, mostPixels });
  assertEquals(tiles.length > 6, true);
  assertEquals(await classifyImage(device, image, { ...classifier, mostPixels }), whole);
});

Deno.test("classifyImage() agrees with features and trees in float64", async () => {
  const image = halves(40, 30);
  const classifier = await learnHalves(image);
  const found = await classifyImage(device, image, classifier);
  const features = pixelFeaturesReference(image, { sigmas: SIGMAS });
  const expected = classifyReference(classifier.forest, features);
  // A value within float32's rounding of a threshold may fall on its other side.
  const other = found.data.filter((id, i) => id !== expected[i]).length;
  assertEquals(other <= 2, true, `${other} pixels differ`);
  const right = found.data.filter((id, i) => id === (i % 40 < 20 ? 0 : 1)).length;
  assertEquals(right > 0.9 * found.data.length, true, `${right}`);
});

Deno.test("featureTiles() covers every pixel once and reaches far enough around it", () => {
  const [width, height, reach] = [90, 61, 9];
  const covered = new Uint8Array(width * height);
  for (
    const { area, kept } of featureTiles(device, { width, height }, {
      sigmas: SIGMAS,
      mostPixels: 1500,
    })
  ) {
    for (let y = kept.top; y < kept.top + kept.height; y++) {
      for (let x = kept.left; x < kept.left + kept.width; x++) covered[y * width + x]++;
    }
    assertEquals(area.left <= Math.max(0, kept.left - reach), true);
    assertEquals(area.top <= Math.max(0, kept.top - reach), true);
    const [right, bottom] = [kept.left + kept.width, kept.top + kept.height];
    assertEquals(area.left + area.width >= Math.min(width, right + reach), true);
    assertEquals(area.top + area.height >= Math.min(height, bottom + reach), true);
    assertEquals(area.left >= 0 && area.left + area.width <= width, true);
    assertEquals(area.top >= 0 && area.top + area.height <= height, true);
  }
  assertEquals(covered.every((count) => count === 1), true);
});
