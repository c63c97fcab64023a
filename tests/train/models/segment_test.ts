// From a normalised image to objects: each kind of network by its own way.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { openDevice } from "../../../kernels/open_device.ts";
import { runSteps } from "../../../kernels/masks/mod.ts";
import { findCandidates } from "../../../nn/labels/stardist/candidates.ts";
import { findObjects } from "../../../nn/labels/stardist/objects.ts";
import { buildNetwork } from "../../../nn/weights.ts";
import { Random } from "../../../train/images/random.ts";
import { defaultPostprocess, postprocess } from "../../../train/models/postprocess.ts";
import { predictProbability } from "../../../train/models/probability.ts";
import { type DecodeSettings, segmentSteps } from "../../../train/models/segment.ts";
import { noiseImage, starNetwork, wholeAnswer } from "../fixtures/star_network.ts";

const device = await openDevice({ kernels: { "upConv2d forward": "separate" } });

const DECODE: DecodeSettings = {
  postprocess: { ...defaultPostprocess, threshold: "otsu", minSize: 3 },
  thresholds: { prob: 0.55, nms: 0.3 },
};

function unet() {
  return buildNetwork(device, {
    architecture: { kind: "unet", options: { depth: 1, base: 3, inChannels: 1 } },
    random: new Random(4),
  });
}

Deno.test("segmentSteps() of StarDist is findObjects() on what the network says", async () => {
  for (const [grid, width, height, tile] of [[1, 57, 43, 40], [2, 90, 67, 64], [4, 70, 133, 128]]) {
    const network = await starNetwork(device, { grid, length: 5 });
    const image = noiseImage(width, height);
    const maps = await wholeAnswer(device, { network, image });
    const { prob: threshold, nms } = DECODE.thresholds;
    const candidates = findCandidates(maps, { threshold, grid });
    const expected = findObjects(candidates, { nmsThreshold: nms, width, height });
    assert(expected.count > 3 && expected.count < candidates.count, `${expected.count} objects`);
    for (const options of [{}, { tile }]) {
      const steps = segmentSteps(device, { network, image, decode: DECODE, ...options });
      const found = await runSteps(device, steps);
      assertEquals(found.labels, { width, height, data: expected.labels });
      assertEquals([found.count, found.map], [expected.count, null]);
      assertEquals(found.objects, expected);
    }
  }
});

Deno.test("segmentSteps() of StarDist enlarges the map to the image, each pixel its grid point", async () => {
  for (const [grid, width, height] of [[1, 21, 18], [2, 21, 18], [4, 23, 17], [4, 2, 3]]) {
    const network = await starNetwork(device, { grid });
    const image = noiseImage(width, height);
    const steps = segmentSteps(device, { network, image, decode: DECODE, wantsMap: true });
    const { map } = await runSteps(device, steps);
    const small = await wholeAnswer(device, { network, image });
    assertEquals([map!.width, map!.height, map!.data.length], [width, height, width * height]);
    map!.data.forEach((value, i) => {
      const [row, column] = [Math.floor(i / width / grid), Math.floor(i % width / grid)];
      assertEquals(value, small.prob[row * small.width + column], `grid ${grid}, pixel ${i}`);
    });
  }
});

Deno.test("segmentSteps() refuses to turn images for StarDist, before anything is queued", async () => {
  const network = await starNetwork(device, { grid: 2 });
  const { inUse } = device.memory;
  const options = { network, image: noiseImage(20, 20), decode: DECODE, tta: true };
  assertThrows(
    () => segmentSteps(device, options).next([]),
    TypeError,
    "Cannot use --tta with a StarDist model",
  );
  assertEquals(device.memory.inUse, inUse);
});

Deno.test("segmentSteps() of StarDist without a candidate is an empty image", async () => {
  const network = await starNetwork(device, { grid: 2 });
  const decode = { ...DECODE, thresholds: { prob: 1, nms: 0.4 } };
  const image = noiseImage(33, 21);
  const { labels, count, objects } = await runSteps(
    device,
    segmentSteps(device, { network, image, decode }),
  );
  assertEquals(labels, { width: 33, height: 21, data: new Uint32Array(33 * 21) });
  assertEquals([count, objects!.count], [0, 0]);
});

Deno.test("segmentSteps() of a U-Net is its probability and then its post-processing", async () => {
  const network = unet();
  const image = noiseImage(41, 38);
  for (const options of [{}, { tta: true }, { tile: 32 }]) {
    const map = await predictProbability(device, { network, image, ...options });
    const expected = await postprocess(device, map, DECODE.postprocess);
    const count = expected.data.reduce((most, id) => Math.max(most, id), 0);
    for (const wantsMap of [true, false]) {
      const steps = segmentSteps(device, { network, image, decode: DECODE, wantsMap, ...options });
      const found = await runSteps(device, steps);
      assertEquals(found.labels, expected);
      assertEquals([found.count, found.objects], [count, null]);
      assertEquals(found.map, wantsMap ? map : null);
    }
    assert(count > 1, `${count} objects`);
  }
});

Deno.test("segmentSteps() leaves nothing on the GPU", async () => {
  const networks = [await starNetwork(device, { grid: 2 }), unet()];
  const image = noiseImage(40, 50);
  for (const network of networks) {
    const { inUse } = device.memory;
    const options = { network, image, decode: DECODE, wantsMap: true };
    await runSteps(device, segmentSteps(device, options));
    assertEquals(device.memory.inUse, inUse);
  }
});
