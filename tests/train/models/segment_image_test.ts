import { assertEquals, assertRejects } from "@std/assert";
import { openDevice } from "../../../kernels/open_device.ts";
import { decodeSafeTensors, encodeSafeTensors } from "../../../nn/safetensors.ts";
import { joinPlanes } from "../../../train/images/image.ts";
import { buildModel, decodeModel, type Model } from "../../../train/models/model_file.ts";
import { segmentImage } from "../../../train/models/segment_image.ts";
import { labelsOf, picture, thresholdModel } from "../fixtures/models/threshold_model.ts";

const device = await openDevice();

/** The model whose foreground is what is brighter than half of the range. */
function model(metadata: Record<string, string> = {}): Model {
  const file = decodeSafeTensors(thresholdModel(), "model");
  const bytes = encodeSafeTensors({ ...file, metadata: { ...file.metadata, ...metadata } });
  return buildModel(device, decodeModel(bytes, { file: "model" }));
}

const RECTANGLES = [{ x: 1, y: 1, width: 4, height: 3 }, { x: 7, y: 4, width: 5, height: 4 }];

Deno.test("segmentImage() finds the objects of an image and frees what it needed", async () => {
  const loaded = model();
  const before = device.memory.inUse;
  const { labels, count, map } = await segmentImage(device, loaded, { image: picture(RECTANGLES) });
  assertEquals(count, 2);
  assertEquals(labels, labelsOf(RECTANGLES));
  assertEquals(map, null);
  assertEquals(device.memory.inUse, before);
});

Deno.test("segmentImage() scales by the image's own range, or by the one it is given", async () => {
  const dim = [RECTANGLES[0], { ...RECTANGLES[1], value: 300 }];
  const image = picture(dim);
  const own = await segmentImage(device, model(), { image });
  assertEquals(own.labels, labelsOf([dim[0]]), "300 is under half of 1000");
  const range = { low: 0, high: 500 };
  const given = await segmentImage(device, model(), { image, range });
  assertEquals(given.labels, labelsOf(dim));
});

Deno.test("segmentImage() gives the map and takes one channel for a plane", async () => {
  const image = { ...picture(RECTANGLES), channels: 1 };
  const { labels, map } = await segmentImage(device, model(), { image, wantsMap: true });
  assertEquals(labels, labelsOf(RECTANGLES));
  assertEquals([...map!.data].map((value) => value > 0.5 ? 1 : 0), [...labels.data].map(Math.sign));
});

Deno.test("segmentImage() scales each channel of a model of several by itself", async () => {
  const bytes = thresholdModel({ channels: 2 });
  const two = buildModel(device, decodeModel(bytes, { file: "model" }));
  assertEquals(two.channels, ["1", "2"]);
  // The second channel alone has objects, a hundredth as bright as the first.
  const [bright, dim] = [
    picture([{ x: 0, y: 0, width: 2, height: 9 }]),
    picture(RECTANGLES.map((rectangle) => ({ ...rectangle, value: 10 }))),
  ];
  const { labels } = await segmentImage(device, two, { image: joinPlanes([bright, dim]) });
  assertEquals(labels, labelsOf(RECTANGLES));
});

Deno.test("segmentImage() refuses pixels that are no numbers, and channels of another model", async () => {
  const image = picture(RECTANGLES);
  image.data[3] = NaN;
  await assertRejects(() => segmentImage(device, model(), { image }), RangeError);
  const two = { ...picture([]), channels: 2, data: new Float32Array(2 * 13 * 9) };
  await assertRejects(() => segmentImage(device, model(), { image: two }), RangeError);
});
