// The U-Net: what it is trained for, and the way from a normalised image to objects.
import { assert, assertEquals } from "@std/assert";
import { openDevice } from "../../../../kernels/open_device.ts";
import { piecePixels, runSteps } from "../../../../kernels/masks/mod.ts";
import { buildNetwork } from "../../../../nn/weights.ts";
import { Random } from "../../../../train/images/random.ts";
import { defaultConfig } from "../../../../train/jobs/train/config.ts";
import { defaultKinds } from "../../../../train/models/list.ts";
import { uNet } from "../../../../train/models/unet/kind.ts";
import {
  defaultPostprocess,
  postprocess,
  type PostprocessSettings,
} from "../../../../train/models/unet/postprocess.ts";
import { predictProbability } from "../../../../train/models/unet/probability.ts";
import { ALL_ORIENTATIONS } from "../../../../train/models/views.ts";
import { noiseImage } from "../../fixtures/models/star_network.ts";

const device = await openDevice({ kernels: { "upConv2d forward": "separate" } });
const { objective, segment } = uNet.objects!;
const DECODE: PostprocessSettings = { ...defaultPostprocess, threshold: "otsu", minSize: 3 };

function unet(on = device) {
  return buildNetwork(on, {
    architecture: { kind: "unet", options: { depth: 1, base: 3, inChannels: 1 } },
    random: new Random(4),
  });
}

Deno.test("objective() of a U-Net compares probabilities and reaches every parameter", () => {
  const { compared, reaches, targetType, encode } = objective(defaultConfig, defaultKinds);
  assertEquals([compared, targetType], [["prob"], "f32"]);
  assert(reaches("dist.weight") && reaches("head.weight"));
  const labels = Uint32Array.of(7, 7, 0, 8, 8, 0);
  assertEquals([...encode(labels, { width: 6, height: 1 })].map((t) => t > 0), [
    ...[true, true, false, true, true, false],
  ]);
});

Deno.test("segment() of a U-Net is its probability and then its post-processing", async () => {
  const network = unet();
  const image = noiseImage(41, 38);
  for (const options of [{}, { views: ALL_ORIENTATIONS }, { tile: 32 }]) {
    const map = await predictProbability(device, { network, image, ...options });
    const expected = await postprocess(device, map, DECODE);
    const count = expected.data.reduce((most, id) => Math.max(most, id), 0);
    for (const wantsMap of [true, false]) {
      const steps = segment(device, { network, image, decode: DECODE, wantsMap, ...options });
      const found = await runSteps(device, steps);
      assertEquals(found.labels, expected);
      assertEquals([found.count, found.outlines], [count, null]);
      assertEquals(found.map, wantsMap ? map : null);
    }
    assert(count > 1, `${count} objects`);
  }
});

Deno.test("segment() of a U-Net in bands finds what it finds in one piece", async () => {
  using small = await openDevice({
    memoryLimit: 128 * 2 ** 20,
    kernels: { "upConv2d forward": "separate" },
  });
  const image = noiseImage(1100, 1000);
  assert(image.data.length > piecePixels(small) && image.data.length < piecePixels(device));
  const find = async (on: typeof device) => {
    const options = { network: unet(on), image, decode: DECODE, tile: 512, wantsMap: true };
    return await runSteps(on, segment(on, options));
  };
  const [banded, whole] = [await find(small), await find(device)];
  assertEquals(banded.count, whole.count);
  assert(banded.labels.data.every((id, i) => id === whole.labels.data[i]));
  assert(banded.map!.data.every((p, i) => p === whole.map!.data[i]));
  assert(whole.count > 100, `${whole.count} objects`);
});

Deno.test("segment() of a U-Net leaves nothing on the GPU", async () => {
  const network = unet();
  const { inUse } = device.memory;
  const options = { network, image: noiseImage(40, 50), decode: DECODE, wantsMap: true };
  await runSteps(device, segment(device, options));
  assertEquals(device.memory.inUse, inUse);
});

Deno.test("a U-Net's decoding comes back from a file's metadata", () => {
  const { encodeDecoding, readDecoding } = uNet.objects!;
  assertEquals(readDecoding(encodeDecoding(DECODE)), DECODE);
});
