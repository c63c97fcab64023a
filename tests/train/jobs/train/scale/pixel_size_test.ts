// Sizes of pixels: kept of the stills, and compared with those of videos.
import { assertEquals, assertRejects } from "@std/assert";
import { concatenate } from "../../../../../train/images/formats/tiff_stack.ts";
import { heldSource } from "../../../../../train/images/source.ts";
import { checkConfig } from "../../../../../train/jobs/train/check_config.ts";
import { configOf } from "../../../../../train/jobs/train/config.ts";
import type { SettingChange } from "../../../../../train/models/model_kind.ts";
import { loadTrainingSet } from "../../../../../train/jobs/train/training_set.ts";
import { labelTiff } from "../../../../../train/objects/formats/label_tiff.ts";

/** A TIFF of some pages whose pixels have a size in micrometres; unknown where that is null. */
function tiffOf(micrometres: number | null, { pages = 1 } = {}): Uint8Array<ArrayBuffer> {
  const calibration = micrometres === null
    ? {}
    : { calibration: { width: micrometres, height: micrometres, unit: "micron" } };
  const layout = labelTiff.open({ pages, ...calibration });
  const data = Uint32Array.from({ length: 48 * 48 }, (_, i) => i % 48 < 24 ? 1 : 2);
  const parts = Array.from(
    { length: pages },
    () => layout.add({ labels: { width: 48, height: 48, data } }),
  );
  return concatenate([...parts, ...layout.end()]);
}

async function load(stills: (number | null)[], video: number | null) {
  const files = new Map<string, Uint8Array<ArrayBuffer>>(stills.flatMap((size, i) => [
    [`s/images/${i}.tif`, tiffOf(size)] as const,
    [`s/masks/${i}.tif`, tiffOf(null)] as const,
  ]));
  files.set("v.tif", tiffOf(video, { pages: 2 }));
  const config = configOf({ stills: "s", video: ["v.tif"], patch: 16 }, { source: "the test" });
  return await loadTrainingSet(config, { source: heldSource(files) });
}

Deno.test("loadTrainingSet() knows the size of the stills' pixels, and says where a video's differs", async () => {
  const set = await load([0.25, 0.5, 0.25, 0.25], 0.5);
  assertEquals(set.pixelSize, 0.25);
  const ofScale = (notes: readonly string[]) => notes.filter((note) => note.includes("µm"));
  assertEquals(ofScale(set.notes), [
    "v: its pixels are 0.5 µm, those of the stills 0.25 µm: objects have other sizes in it; " +
    "--rescale auto brings it to their scale",
  ]);
  const alike = await load([0.25, 0.25, 0.25, 0.25], 0.29);
  assertEquals([alike.pixelSize, ofScale(alike.notes)], [0.25, []]);
  const unknown = await load([null, null, null, null], 0.5);
  assertEquals([unknown.pixelSize, ofScale(unknown.notes)], [null, []]);
});

/** A set whose video is a folder of two frames of 48 x 48 pixels with truth, of two objects in halves. */
async function rescaled(change: SettingChange, { video = 0.5 as number | null } = {}) {
  const files = new Map<string, Uint8Array<ArrayBuffer>>([
    ...[["s/images/a.tif", tiffOf(0.25)], ["s/masks/a.tif", tiffOf(null)]] as const,
    ...["t0", "t1"].map((name) => [`v/${name}.tif`, tiffOf(video)] as const),
    ...["t0", "t1"].map((name) => [`truth/${name}.tif`, tiffOf(null)] as const),
  ]);
  const own = { stills: "s", video: ["v"], truth: "truth", patch: 16, validation: 0, test: 0 };
  const config = configOf({ ...own, ...change }, { source: "the test" });
  checkConfig(config);
  return await loadTrainingSet(config, { source: heldSource(files) });
}

Deno.test("loadTrainingSet() brings videos and their truth to the scale of the stills", async () => {
  for (const [rescale, side] of [["auto", 96], [0.5, 24], [1, 48]] as const) {
    const { videos: [{ frames, truth }], notes } = await rescaled({ rescale });
    assertEquals([frames.width, frames.height], [side, side]);
    const frame = await frames.frame(1);
    assertEquals([frame.width, frame.height, frame.data.length], [side, side, side ** 2]);
    const labels = (await truth.get(1))!;
    assertEquals([labels.width, labels.height], [side, side]);
    assertEquals(labels.data[side / 2 - 1], 1);
    assertEquals(labels.data[side / 2], 2);
    const told = notes.filter((note) => note.includes("enlarged"));
    const { [rescale]: times } = { auto: 2, 0.5: 0.5, 1: 1 };
    assertEquals(
      told,
      rescale === 1
        ? []
        : [`v: seen enlarged ${times} times, with ${side}x${side} pixels, and so is its truth`],
    );
    const isOther = notes.some((note) => note.includes("--rescale auto brings it"));
    assertEquals(isOther, rescale !== "auto", "what is in scale is not told of");
  }
});

Deno.test("loadTrainingSet() says what is not known of a scale, and checkConfig() where there is none", async () => {
  await assertRejects(
    () => rescaled({ rescale: "auto" }, { video: null }),
    RangeError,
    "Cannot rescale v: the size of its pixels is not known; give a factor",
  );
  for (
    const change of [
      ...[{ rescale: "never" }, { rescale: 40 }, { rescale: 2, video: [] }],
      { rescale: 2, planes: 1, focus: "focus.csv" },
    ]
  ) {
    await assertRejects(() => rescaled(change), Error, "rescale");
  }
});
