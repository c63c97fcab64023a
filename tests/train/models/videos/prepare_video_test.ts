import { assert, assertEquals, assertRejects } from "@std/assert";
import { openDevice } from "../../../../kernels/open_device.ts";
import { encodeGreyTiff } from "../../../../train/images/formats/encode.ts";
import { joinPlanes } from "../../../../train/images/image.ts";
import { percentiles } from "../../../../train/images/percentiles.ts";
import { openVideo, type Video } from "../../../../train/images/series/video.ts";
import { heldSource } from "../../../../train/images/source.ts";
import { buildModel, decodeModel } from "../../../../train/models/model_file.ts";
import { prepareVideo } from "../../../../train/models/videos/prepare_video.ts";
import { picture, thresholdModel } from "../../fixtures/models/threshold_model.ts";

const device = await openDevice();
const model = buildModel(device, decodeModel(thresholdModel(), { file: "model" }));
const VIDEO = { low: 1, high: 99.8, mode: "video" } as const;

/** Frames with an object each, as bright as is said. */
async function video(...values: number[]): Promise<Video> {
  const files = values.map((value, i) => {
    const image = picture([{ x: 1 + i, y: 2, width: 4, height: 3, value }]);
    return [`t${i}.tif`, encodeGreyTiff([image])] as const;
  });
  return await openVideo(heldSource(new Map(files)), ".");
}

Deno.test("prepareVideo() gives all frames the range of all pixels, or each its own", async () => {
  const frames = await video(400, 500, 600);
  const planes = await Promise.all([0, 1, 2].map((i) => frames.frame(i)));
  const settings = { ...VIDEO, mode: "frame" as const };
  const each = await prepareVideo(device, { model, video: frames, settings, exposure: 1 });
  assertEquals(each.range, null);
  const [low, high] = percentiles([planes[1]], [1, 99.8]);
  assertEquals(await each.rangeOf(1), { low, high });
  const all = await prepareVideo(device, { model, video: frames, settings: VIDEO, exposure: 1 });
  const [least, most] = percentiles(planes, [1, 99.8]);
  assertEquals(all.range, { low: least, high: most });
  assertEquals(await all.rangeOf(2), all.range);
});

Deno.test("prepareVideo() leaves out what is not read, and takes what is known", async () => {
  const frames = await video(400, 500, 30_000);
  const read = async (i: number) => i === 2 ? null : await frames.frame(i);
  const parts = { model, video: frames, settings: VIDEO, exposure: 1 };
  const { range } = await prepareVideo(device, { ...parts, read });
  const [low, high] = percentiles([await frames.frame(0), await frames.frame(1)], [1, 99.8]);
  assertEquals(range, { low, high });
  const known = { low: 3, high: 7 };
  assertEquals((await prepareVideo(device, { ...parts, known })).range, known);
});

Deno.test("prepareVideo() takes the exposure of the model unless told, which one frame cannot choose", async () => {
  const single = await video(500);
  const chosen = await prepareVideo(device, { model, video: single, exposure: "auto" });
  assertEquals(chosen.exposure, 1);
  const two = await video(500, 500);
  assertEquals((await prepareVideo(device, { model, video: two })).exposure, model.exposure);
  assertEquals((await prepareVideo(device, { model, video: two, exposure: 3 })).exposure, 3);
  assert(model.exposure !== 3);
});

Deno.test("prepareVideo() finds a range for each channel, and refuses other channels than the model's", async () => {
  const [dim, bright] = [await video(400, 500), await video(4000, 9000)];
  const both = { ...dim, channelFrames: [dim.frame, bright.frame] };
  const frame = async (i: number) => joinPlanes([await dim.frame(i), await bright.frame(i)]);
  const two = { ...model, channels: ["1", "2"] };
  const parts = { model: two, video: { ...both, frame }, settings: VIDEO, exposure: 1 };
  const { range } = await prepareVideo(device, parts);
  const ranges = await Promise.all([dim, bright].map(async ({ frame }) => {
    const [low, high] = percentiles([await frame(0), await frame(1)], [1, 99.8]);
    return { low, high };
  }));
  assertEquals(range, { ...ranges[0], further: [ranges[1]] });
  const known = { low: 3, high: 7, further: [{ low: 1, high: 2 }] };
  assertEquals((await prepareVideo(device, { ...parts, known })).range, known);
  for (
    const [wrong, message] of [
      [{ ...parts, video: dim }, "takes 2 channels (1, 2): 1 is read"],
      [{ ...parts, model }, "takes 1 channel: 2 are read"],
    ] as const
  ) {
    await assertRejects(() => prepareVideo(device, wrong), RangeError, message);
  }
});
