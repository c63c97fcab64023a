// One page: a network learns while images are segmented and somebody waits inside a scope.
import { assertEquals } from "@std/assert";
import { Random } from "../../../train/images/random.ts";
import { changeConfig, defaultConfig } from "../../../train/jobs/train/config.ts";
import { Learner } from "../../../train/learn/learner.ts";
import { buildModel, decodeModel, type Model } from "../../../train/models/model_file.ts";
import { segmentImage } from "../../../train/models/segment_image.ts";
import { buildNetwork } from "../../../nn/weights.ts";
import { labelsOf, picture, thresholdModel } from "../fixtures/models/threshold_model.ts";
import { device, tinyParts } from "../fixtures/stage_fixture.ts";

const RECTANGLES = [1, 2, 3].map((x) => [{ x, y: 1, width: 4, height: 3 }]);

/** The losses of a few steps of a tiny learner, read after each. */
async function learn(): Promise<number[]> {
  const tiny = { depth: 1, base: 2, patch: 16, batch: 2, pairs: 1 };
  const config = changeConfig(defaultConfig, { change: tiny, source: "the test" });
  const network = buildNetwork(device.task(), {
    architecture: { kind: "unet", options: { depth: 1, base: 2, inChannels: 1 } },
    random: new Random(2),
  });
  const learner = new Learner(device, { network, ...tinyParts(config) });
  const random = new Random(3);
  const losses: number[] = [];
  for (let step = 0; step < 5; step++) {
    const images = Float32Array.from({ length: 512 }, () => random.next());
    const targets = images.map((value) => value > 0.5 ? 1 : 0);
    learner.step("segmentation", { shape: [2, 1, 16, 16], images, targets }, 1e-2);
    losses.push(...(await learner.readLosses()).map(({ loss }) => loss));
  }
  learner.release();
  return losses;
}

async function segment(model: Model) {
  const found = [];
  for (const rectangles of RECTANGLES) {
    found.push((await segmentImage(device, model, { image: picture(rectangles) })).labels);
  }
  return found;
}

/** Waits inside a scope of the device itself, for the GPU and for something else. */
async function wait(): Promise<number[]> {
  using _scope = device.scope();
  const x = device.upload([3], Float32Array.of(1, 2, 3));
  for (let i = 0; i < 5; i++) {
    await device.read(x);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return [...await device.read(x)];
}

Deno.test("learning, segmenting and waiting inside a scope on one device do not disturb one another", async () => {
  const model = buildModel(device, decodeModel(thresholdModel(), { file: "model" }));
  const alone = await learn();
  const [losses, labels, again, values] = await Promise.all([
    learn(),
    segment(model),
    segment(model),
    wait(),
  ]);
  assertEquals(losses, alone);
  assertEquals(labels, RECTANGLES.map(labelsOf));
  assertEquals(again, labels);
  assertEquals(values, [1, 2, 3]);
});
