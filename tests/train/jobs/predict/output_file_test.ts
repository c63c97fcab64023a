import { assert, assertEquals, assertRejects } from "@std/assert";
import { encodeFloatTiff, encodeLabelTiff } from "../../../../train/images/formats/encode.ts";
import type { LabelImage, Plane } from "../../../../train/images/image.ts";
import { concatenate } from "../../../../train/images/formats/tiff_stack.ts";
import { outlinesToGeoJson } from "../../../../train/objects/formats/geojson.ts";
import { imagejRoiZip } from "../../../../train/objects/formats/imagej_roi.ts";
import type { Outline } from "../../../../train/objects/outline.ts";
import { Random } from "../../../../train/images/random.ts";
import {
  type FrameResult,
  geoJsonLayout,
  LabelFile,
  mapLayout,
  type PageLayout,
  roiLayout,
  StreamedFile,
} from "../../../../train/jobs/predict/output_file.ts";
import { withFolder } from "../../fixtures/temporary.ts";

const random = new Random(4);

/** A label image of ids up to `most`, of which one is exactly `most`. */
function labels(most: number, { width = 301, height = 277 } = {}): LabelImage {
  const data = Uint32Array.from({ length: width * height }, () => random.integer(most + 1));
  data[random.integer(data.length)] = most;
  return { width, height, data };
}

/** A frame of which only the probability map counts. */
function frameOf(map: Plane): FrameResult {
  return { labels: labels(1, { width: 1, height: 1 }), map, outlines: null };
}

function mapFile(path: string, { pages }: { pages: number }): StreamedFile {
  return new StreamedFile(path, mapLayout({ pages }));
}

function map(width = 160, height = 119): Plane {
  return {
    width,
    height,
    data: Float32Array.from({ length: width * height }, random.next, random),
  };
}

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
}

Deno.test("LabelFile writes the bytes that all images at once give, wide ids wherever they come", async () => {
  await withFolder({}, async (folder) => {
    for (const mosts of [[9], [0, 65535], [7, 65536, 3], [65536, 1], [1, 2, 3, 4_000_000_000]]) {
      const images = mosts.map((most) => labels(most));
      await using file = new LabelFile(`${folder}/labels.tif`);
      for (const image of images) await file.add({ labels: image });
      await file.commit();
      const written = await Deno.readFile(`${folder}/labels.tif`);
      assertEquals(written, encodeLabelTiff(images), `${mosts}`);
      assertEquals(await names(folder), ["labels.tif"]);
    }
  });
});

Deno.test("mapLayout() writes the bytes that all maps at once give", async () => {
  await withFolder({}, async (folder) => {
    for (const pages of [1, 2, 5]) {
      const maps = Array.from({ length: pages }, () => map());
      await using file = mapFile(`${folder}/map.tif`, { pages });
      for (const plane of maps) await file.add(frameOf(plane));
      await file.commit();
      assertEquals(await Deno.readFile(`${folder}/map.tif`), encodeFloatTiff(maps));
      assertEquals(await names(folder), ["map.tif"]);
    }
  });
});

/** What a layout makes of frames of which only the outlines count. */
function bytesOf(layout: PageLayout, frames: readonly (readonly Outline[])[]): Uint8Array {
  const parts = frames.map((outlines) => layout.add({ ...frameOf(map()), outlines }));
  return concatenate([...parts, layout.end()]);
}

const OUTLINES: Outline[][] = [
  [{ label: 1, parts: [[[0, 0], [2, 0], [2, 2]]] }, {
    label: 2,
    parts: [[[5, 5], [6, 5], [5, 8]]],
  }],
  [],
  [{ label: 1, parts: [[[1, 1], [3, 1], [3, 3]]], probability: 0.5 }],
];

Deno.test("roiLayout() makes the archive of all outlines, of a stack or of an image", () => {
  assertEquals(bytesOf(roiLayout({ pages: 3 }), OUTLINES), imagejRoiZip(OUTLINES));
  const [image] = OUTLINES;
  assertEquals(bytesOf(roiLayout({ pages: 1 }), [image]), imagejRoiZip([image]));
  assertEquals(bytesOf(roiLayout({ pages: 1 }), [[]]), imagejRoiZip([]));
});

Deno.test("geoJsonLayout() makes one collection of all outlines, one line for each", () => {
  for (const frames of [OUTLINES, OUTLINES.toReversed(), [[]], [[], []]]) {
    const text = new TextDecoder().decode(bytesOf(geoJsonLayout(), frames));
    assertEquals(JSON.parse(text), outlinesToGeoJson(frames));
    assertEquals(text.split("\n").length, frames.flat().length + 3);
  }
});

Deno.test("StreamedFile puts each map on the disk as it comes, under another name", async () => {
  await withFolder({ "map.tif": "the old one" }, async (folder) => {
    await using file = mapFile(`${folder}/map.tif`, { pages: 3 });
    let before = 0;
    for (let page = 0; page < 3; page++) {
      await file.add(frameOf(map()));
      const [temporary] = (await names(folder)).filter((name) => name.endsWith(".tmp"));
      const { size } = await Deno.stat(`${folder}/${temporary}`);
      assert(size > before + 30_000, `${before} bytes, then ${size}`);
      before = size;
      assertEquals(await Deno.readTextFile(`${folder}/map.tif`), "the old one");
    }
  });
});

Deno.test("a file that is not ended leaves nothing behind, and the old one whole", async () => {
  await withFolder({ "a.tif": "the old one" }, async (folder) => {
    {
      await using labelFile = new LabelFile(`${folder}/a.tif`);
      await labelFile.add({ labels: labels(3) });
      await using maps = mapFile(`${folder}/b.tif`, { pages: 2 });
      await maps.add(frameOf(map()));
      assertEquals((await names(folder)).length, 2);
      await assertRejects(() => maps.commit(), RangeError, "1 pages are there");
    }
    assertEquals(await names(folder), ["a.tif"]);
    assertEquals(await Deno.readTextFile(`${folder}/a.tif`), "the old one");
  });
});

Deno.test("pages of another size are refused, and leave nothing behind", async () => {
  await withFolder({}, async (folder) => {
    await using maps = mapFile(`${folder}/map.tif`, { pages: 2 });
    await maps.add(frameOf(map()));
    const other = maps.add(frameOf(map(119, 160)));
    await assertRejects(() => other, RangeError, "page 2 is 119x160, page 1 is 160x119");
    await using labelFile = new LabelFile(`${folder}/labels.tif`);
    await labelFile.add({ labels: labels(3) });
    await labelFile.add({ labels: labels(3, { width: 4, height: 4 }) });
    await assertRejects(() => labelFile.commit(), RangeError, "page 2 is 4x4, page 1 is 301x277");
    await maps[Symbol.asyncDispose]();
    assertEquals(await names(folder), []);
  });
});
