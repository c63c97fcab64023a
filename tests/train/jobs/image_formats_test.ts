// A format of images that the user of a job hands in with the source: each job finds, reads and names its files.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeImage, readLabels } from "../../../train/images/formats/decode.ts";
import { encodeLabelTiff } from "../../../train/images/formats/encode.ts";
import { imageFormats } from "../../../train/images/formats/list.ts";
import { annotateToMask } from "../../../train/jobs/annotate/annotate_to_mask.ts";
import { disk } from "../../../train/jobs/disk/files.ts";
import { evaluateFiles } from "../../../train/jobs/evaluate_files.ts";
import { filterFiles } from "../../../train/jobs/filter_files.ts";
import { pgm, pgmBytes } from "../fixtures/pgm_format.ts";
import { withFolder } from "../fixtures/temporary.ts";

/** The disk, with a format more. */
const source = { ...disk, formats: [...imageFormats, pgm] };

/** Two objects, far apart. */
function labels() {
  const size = 24;
  const data = new Uint32Array(size * size).map((_, i) => {
    const [x, y] = [i % size, Math.floor(i / size)];
    if (y < 4 || y >= 12) return 0;
    return x >= 2 && x < 10 ? 5 : x >= 14 && x < 22 ? 9 : 0;
  });
  return { width: size, height: size, data };
}

async function idsOf(path: string): Promise<number[]> {
  const { data } = await readLabels(await decodeImage(disk, path), 0);
  return [...new Set(data)].toSorted((a, b) => a - b);
}

Deno.test("evaluateFiles() reads a format that is handed in, beside others", async () => {
  const files = { "found/t1.pgm": pgmBytes(labels()), "true/t1.tif": encodeLabelTiff([labels()]) };
  await withFolder(files, async (folder) => {
    const options = { labels: `${folder}/found`, truth: `${folder}/true` };
    const { frames, ctc } = await evaluateFiles({ ...options, source });
    assertEquals([frames, ctc?.SEG], [1, 1]);
    await assertRejects(() => evaluateFiles(options), RangeError, "no PNG or TIFF files in it");
  });
});

Deno.test("filterFiles() writes the results of a format that is handed in under its names", async () => {
  const frame = pgmBytes(labels());
  await withFolder({ "in/t1.pgm": frame, "in/t2.pgm": frame }, async (folder) => {
    const out = `${folder}/out`;
    const events = await Array.fromAsync(filterFiles({ labels: `${folder}/in`, out, source }));
    assertEquals(events.length, 3);
    assertEquals((await idsOf(`${out}/t1.tif`)).length, 3);
    assertEquals((await idsOf(`${out}/t2.tif`)).length, 3);
    const one = { labels: `${folder}/in/t1.pgm`, out, source, overwrite: true };
    await Array.fromAsync(filterFiles(one));
    assertEquals((await idsOf(`${out}/t1.tif`)).length, 3);
  });
});

Deno.test("annotateToMask() reads images and scribbles of a format that is handed in", async () => {
  const { width, height, data } = labels();
  const image = pgmBytes({ width, height, data: data.map((id) => id === 0 ? 100 : 900) });
  const drawn = pgmBytes({
    width,
    height,
    data: data.map((id, i) => Math.floor(i / width) % 2 === 0 ? 0 : id === 0 ? 1 : 2),
  });
  const files = { "images/a.pgm": image, "images/b.pgm": image, "drawn/a.pgm": drawn };
  await withFolder(files, async (folder) => {
    const [images, scribbles, out] = ["images", "drawn", "out"].map((name) => `${folder}/${name}`);
    const events = await Array.fromAsync(annotateToMask({ images, scribbles, out, source }));
    assert(events.some((event) => event.type === "mask" && event.name === "b.pgm"));
    assertEquals(await idsOf(`${out}/b.tif`), [0, 1, 2]);
  });
});
