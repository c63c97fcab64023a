import { assert, assertEquals, assertRejects } from "@std/assert";
import { encodeFloatTiff, encodeLabelTiff } from "../../../../train/images/formats/encode.ts";
import {
  bytesOf,
  compressPage,
  concatenate,
  labelPage,
  mostStripBytes,
  TiffStackLayout,
} from "../../../../train/images/formats/tiff_stack.ts";
import type { LabelImage, Plane } from "../../../../train/images/image.ts";
import { Random } from "../../../../train/images/random.ts";
import { JobOutput } from "../../../../train/jobs/outputs/job_output.ts";
import { geoJson } from "../../../../train/objects/formats/geojson.ts";
import { labelTiff } from "../../../../train/objects/formats/label_tiff.ts";
import type { OutputFormat, Written } from "../../../../train/objects/formats/output_format.ts";
import { probabilityTiff } from "../../../../train/objects/formats/probability_tiff.ts";
import { withFolder } from "../../fixtures/temporary.ts";

const random = new Random(4);

/** A label image of ids up to `most`, of which one is exactly `most`. */
function labels(most: number, { width = 301, height = 277 } = {}): LabelImage {
  const data = Uint32Array.from({ length: width * height }, () => random.integer(most + 1));
  data[random.integer(data.length)] = most;
  return { width, height, data };
}

/** A frame of which only the probability map counts. */
function mapFrame(width = 160, height = 119): { labels: LabelImage; map: Plane } {
  const data = Float32Array.from({ length: width * height }, random.next, random);
  return { labels: labels(1, { width: 1, height: 1 }), map: { width, height, data } };
}

function output(path: string, format: OutputFormat, { frames }: { frames: number }): JobOutput {
  return new JobOutput([{ path, format }], { frames });
}

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
}

Deno.test("JobOutput writes the labels that all images at once give, wide ids wherever they come", async () => {
  await withFolder({}, async (folder) => {
    for (const mosts of [[9], [0, 65535], [7, 65536, 3], [65536, 1], [1, 2, 3, 4_000_000_000]]) {
      const images = mosts.map((most) => labels(most));
      const path = `${folder}/labels.tif`;
      await using file = output(path, labelTiff, { frames: images.length });
      const isComplete: boolean[] = [];
      for (const image of images) isComplete.push(await file.add({ labels: image }));
      assertEquals(isComplete, images.map((_, i) => i === images.length - 1));
      assertEquals(await Deno.readFile(path), encodeLabelTiff(images), `${mosts}`);
      assertEquals(await names(folder), ["labels.tif"]);
    }
  });
});

Deno.test("JobOutput writes the maps that all maps at once give", async () => {
  await withFolder({}, async (folder) => {
    for (const frames of [1, 2, 5]) {
      const all = Array.from({ length: frames }, () => mapFrame());
      await using file = output(`${folder}/map.tif`, probabilityTiff, { frames });
      for (const frame of all) await file.add(frame);
      const written = await Deno.readFile(`${folder}/map.tif`);
      assertEquals(written, encodeFloatTiff(all.map(({ map }) => map)));
      assertEquals(await names(folder), ["map.tif"]);
    }
  });
});

Deno.test("JobOutput puts each page on the disk as it comes, under another name", async () => {
  for (const format of [labelTiff, probabilityTiff]) {
    await withFolder({ "a.tif": "the old one" }, async (folder) => {
      await using file = output(`${folder}/a.tif`, format, { frames: 4 });
      let before = 0;
      for (let page = 0; page < 3; page++) {
        await file.add({ ...mapFrame(), labels: labels(60_000 * (page + 1)) });
        const temporary = (await names(folder)).filter((name) => name.endsWith(".tmp"));
        assertEquals(temporary.length, 1);
        const { size } = await Deno.stat(`${folder}/${temporary}`);
        assert(size > before + 30_000, `${before} bytes, then ${size}`);
        before = size;
        assertEquals(await Deno.readTextFile(`${folder}/a.tif`), "the old one");
      }
    });
  }
});

Deno.test("JobOutput ends files in their order, also one whose frames give no bytes", async () => {
  await withFolder({ "a.tif/in the way": "" }, async (folder) => {
    const files = [
      { path: `${folder}/a.geojson`, format: geoJson },
      { path: `${folder}/a.tif`, format: labelTiff },
    ];
    await using file = new JobOutput(files, { frames: 1 });
    // A folder is where the last file should be, so the one before it is complete and it is not.
    const added = file.add({ labels: labels(1), outlines: [] });
    await assertRejects(() => added, Error, "a.tif");
    assertEquals(await names(folder), ["a.geojson", "a.tif"]);
    const text = await Deno.readTextFile(`${folder}/a.geojson`);
    assertEquals(JSON.parse(text), { type: "FeatureCollection", features: [] });
  });
});

Deno.test("a JobOutput that is not complete leaves nothing behind, and the old files whole", async () => {
  await withFolder({ "a.tif": "the old one" }, async (folder) => {
    {
      await using labelFile = output(`${folder}/a.tif`, labelTiff, { frames: 2 });
      await labelFile.add({ labels: labels(3) });
      await using maps = output(`${folder}/b.tif`, probabilityTiff, { frames: 2 });
      await maps.add(mapFrame());
      assertEquals((await names(folder)).length, 3);
    }
    assertEquals(await names(folder), ["a.tif"]);
    assertEquals(await Deno.readTextFile(`${folder}/a.tif`), "the old one");
  });
});

Deno.test("JobOutput refuses pages of another size, and leaves nothing behind", async () => {
  await withFolder({}, async (folder) => {
    await using maps = output(`${folder}/map.tif`, probabilityTiff, { frames: 2 });
    await maps.add(mapFrame());
    const other = maps.add(mapFrame(119, 160));
    await assertRejects(() => other, RangeError, "page 2 is 119x160, page 1 is 160x119");
    await using labelFile = output(`${folder}/labels.tif`, labelTiff, { frames: 2 });
    await labelFile.add({ labels: labels(3) });
    const last = labelFile.add({ labels: labels(3, { width: 4, height: 4 }) });
    await assertRejects(() => last, RangeError, "page 2 is 4x4, page 1 is 301x277");
    await maps[Symbol.asyncDispose]();
    await labelFile[Symbol.asyncDispose]();
    assertEquals(await names(folder), []);
  });
});

Deno.test("labels that may pass 4 GiB are laid out anew as a BigTIFF, as if that had been known", async () => {
  const image = labels(9);
  const page = compressPage(labelPage(image, { wide: false }));
  // So many pages that with their directories the third is the first that may be beyond.
  const room = 2 ** 32 - 1 - mostStripBytes(page) - 1.5 * bytesOf([page]);
  const pages = Math.floor(room / (1024 + 64 * page.strips.length));
  const layout = labelTiff.open({ pages });
  let file = new Uint8Array();
  const written: Written = {
    read: (offset, length) => Promise.resolve(file.slice(offset, offset + length)),
  };
  const expected = [false, true].map((big) => new TiffStackLayout(pages, { big }));
  const whole = [new Uint8Array(), new Uint8Array()];
  for (const big of [0, 0, 1, 1]) {
    const parts = layout.anew!({ labels: image }, written);
    if (parts !== null) file = concatenate(await Array.fromAsync(parts));
    file = concatenate([file, layout.add({ labels: image })]);
    expected.forEach((layout, i) => whole[i] = concatenate([whole[i], layout.add(page)]));
    assertEquals(file, whole[big]);
  }
});
