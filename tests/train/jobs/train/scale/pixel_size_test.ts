// Sizes of pixels: kept of the stills, and compared with those of videos.
import { assertEquals } from "@std/assert";
import { concatenate } from "../../../../../train/images/formats/tiff_stack.ts";
import { heldSource } from "../../../../../train/images/source.ts";
import { configOf } from "../../../../../train/jobs/train/config.ts";
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
    "v: its pixels are 0.5 µm, those of the stills 0.25 µm: objects have other sizes in it; bring both " +
    "to one scale before",
  ]);
  const alike = await load([0.25, 0.25, 0.25, 0.25], 0.29);
  assertEquals([alike.pixelSize, ofScale(alike.notes)], [0.25, []]);
  const unknown = await load([null, null, null, null], 0.5);
  assertEquals([unknown.pixelSize, ofScale(unknown.notes)], [null, []]);
});
