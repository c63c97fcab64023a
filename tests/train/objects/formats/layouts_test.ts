// What each format of the list makes of its frames, page by page, against all of them at once.
import { assertEquals, assertThrows } from "@std/assert";
import { encodeFloatTiff, encodeLabelTiff } from "../../../../train/images/formats/encode.ts";
import { decodeImage } from "../../../../train/images/formats/decode.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";
import { compressLabels } from "../../../../train/jobs/workers/compress_labels.ts";
import { withFile } from "../../fixtures/temporary.ts";
import { concatenate } from "../../../../train/images/formats/tiff_stack.ts";
import type { LabelImage } from "../../../../train/images/image.ts";
import { geoJson, outlinesToGeoJson } from "../../../../train/objects/formats/geojson.ts";
import { imagejRois, imagejRoiZip } from "../../../../train/objects/formats/imagej_roi.ts";
import { encodeFrames } from "../../../../train/objects/formats/encode_frames.ts";
import { labelTiff } from "../../../../train/objects/formats/label_tiff.ts";
import { outputFormats } from "../../../../train/objects/formats/list.ts";
import type { FrameResult, OutputFormat } from "../../../../train/objects/formats/output_format.ts";
import { probabilityTiff } from "../../../../train/objects/formats/probability_tiff.ts";
import type { Outline } from "../../../../train/objects/outline.ts";

const OUTLINES: Outline[][] = [
  [{ label: 1, parts: [[[0, 0], [2, 0], [2, 2]]] }, {
    label: 2,
    parts: [[[5, 5], [6, 5], [5, 8]]],
  }],
  [],
  [{ label: 1, parts: [[[1, 1], [3, 1], [3, 3]]], probability: 0.5 }],
];

function labels(...ids: number[]): LabelImage {
  return { width: ids.length, height: 1, data: Uint32Array.from(ids) };
}

/** The bytes of a file of these frames, of which each has what is given. */
async function bytesOf(
  format: OutputFormat,
  frames: readonly Partial<FrameResult>[],
): Promise<Uint8Array<ArrayBuffer>> {
  const whole = frames.map((part) => ({ labels: labels(0), ...part }));
  return concatenate(await encodeFrames(format, whole, { pages: frames.length }));
}

Deno.test("encodeFrames() traces outlines where a format needs them and has none", async () => {
  const made = await encodeFrames(geoJson, [{ labels: labels(0, 4, 4) }], { pages: 1 });
  const { features } = JSON.parse(new TextDecoder().decode(concatenate(made)));
  assertEquals(features[0].geometry.coordinates[0].length, 5, "a rectangle, closed");
});

Deno.test("labelTiff makes the file of all images, of 32 bits where one needs them", async () => {
  for (const images of [[labels(1, 2)], [labels(1, 65536), labels(2, 1)], [labels(3), labels(0)]]) {
    const made = await bytesOf(labelTiff, images.map((labels) => ({ labels })));
    assertEquals(made, encodeLabelTiff(images));
  }
});

Deno.test("labelTiff takes pages that were compressed before, whatever others need", async () => {
  for (
    const images of [[labels(1, 2)], [labels(1, 65536), labels(2, 1)], [labels(3), labels(65537)]]
  ) {
    const frames = images.map((image) => {
      const { labels, page: compressed } = compressLabels(image);
      return { labels, compressed };
    });
    assertEquals(await bytesOf(labelTiff, frames), encodeLabelTiff(images));
  }
});

Deno.test("labelTiff and probabilityTiff take over what pages are and how large a pixel is", async () => {
  const calibration = { width: 0.5, height: 0.25, unit: "micron" };
  const map = { width: 1, height: 1, data: Float32Array.of(0.5) };
  for (const format of [labelTiff, probabilityTiff]) {
    const layout = format.open({ pages: 2, axis: "slices", calibration });
    const parts = [0, 1].map(() => layout.add({ labels: labels(3), map }));
    await withFile("a.tif", concatenate([...parts, ...layout.end()]), async (path) => {
      const stack = await decodeImage(disk, path);
      assertEquals([stack.axes, stack.calibration], [{ t: 1, z: 2, c: 1 }, calibration]);
    });
  }
});

Deno.test("imagejRois refuses images beyond its positions, the others take any", () => {
  const refused = (width: number, height: number) =>
    outputFormats.filter(({ check }) => {
      try {
        check?.({ path: "a.tif", width, height });
        return false;
      } catch (error) {
        return error instanceof RangeError;
      }
    });
  assertEquals(refused(32_767, 32_767), []);
  assertEquals([refused(32_768, 1), refused(1, 32_768)], [[imagejRois], [imagejRois]]);
});

Deno.test("probabilityTiff makes the file of all maps, and needs as many as it was told", async () => {
  const maps = [0.25, 0.5].map((p) => ({ width: 3, height: 1, data: Float32Array.of(p, 0, 1) }));
  assertEquals(await bytesOf(probabilityTiff, maps.map((map) => ({ map }))), encodeFloatTiff(maps));
  const short = probabilityTiff.open({ pages: 2 });
  short.add({ labels: labels(0), map: maps[0] });
  assertThrows(() => [...short.end()], RangeError, "1 page is there");
});

Deno.test("imagejRois makes the archive of all outlines, of a stack or of an image", async () => {
  const frames = OUTLINES.map((outlines) => ({ outlines }));
  assertEquals(await bytesOf(imagejRois, frames), imagejRoiZip(OUTLINES));
  assertEquals(await bytesOf(imagejRois, [frames[0]]), imagejRoiZip([OUTLINES[0]]));
  assertEquals(await bytesOf(imagejRois, [{ outlines: [] }]), imagejRoiZip([]));
});

Deno.test("geoJson makes one collection of all outlines, one line for each", async () => {
  for (const frames of [OUTLINES, OUTLINES.toReversed(), [[]], [[], []]]) {
    const made = await bytesOf(geoJson, frames.map((outlines) => ({ outlines })));
    const text = new TextDecoder().decode(made);
    assertEquals(JSON.parse(text), outlinesToGeoJson(frames));
    assertEquals(text.split("\n").length, frames.flat().length + 3);
  }
});

Deno.test("outputFormats have flags and file names of their own, and a sentence each", () => {
  assertEquals(outputFormats.map(({ flag, file }) => [flag, file("a")]), [
    [null, "a.tif"],
    ["probability", "probability/a.tif"],
    ["doubtful", "doubtful/a.tif"],
    ["rois", "a.zip"],
    ["geojson", "a.geojson"],
    ["zarr", "a.ome.zarr.zip"],
    ["probability-zarr", "probability/a.ome.zarr.zip"],
  ]);
  for (const { sentence } of outputFormats) {
    assertEquals(/^[A-Z].*[^.]$/.test(sentence), true, sentence);
  }
});
