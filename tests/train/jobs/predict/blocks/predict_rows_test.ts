// Images that are predicted in blocks give the bytes of those that are predicted in one piece.
import { assertEquals, assertRejects } from "@std/assert";
import { decodeImage, readLabels } from "../../../../../train/images/formats/decode.ts";
import { encodeGreyTiff } from "../../../../../train/images/formats/encode.ts";
import type { Plane } from "../../../../../train/images/image.ts";
import { Random } from "../../../../../train/images/random.ts";
import { disk } from "../../../../../train/jobs/disk/files.ts";
import { predict } from "../../../../../train/jobs/predict/predict.ts";
import type { PredictOptions } from "../../../../../train/jobs/predict/predict_options.ts";
import { geoJson } from "../../../../../train/objects/formats/geojson.ts";
import { probabilityTiff } from "../../../../../train/objects/formats/probability_tiff.ts";
import { syntheticVideo } from "../../../../../train/synthetic/mod.ts";
import { type Peak, peaks, starModel } from "../../../fixtures/models/star_model.ts";
import { thresholdModel } from "../../../fixtures/models/threshold_model.ts";
import { filesIn, withFolder } from "../../../fixtures/temporary.ts";

const SIZE = { width: 61, height: 97 };

/** Cells of noise, of which some hang together over many rows. */
function noise(): Plane {
  const random = new Random(3, 1);
  const coarse = Array.from({ length: 21 * 33 }, () => random.integer(4096));
  const data = new Float32Array(SIZE.width * SIZE.height);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [i % SIZE.width, Math.floor(i / SIZE.width)];
    data[i] = coarse[Math.floor(y / 3) * 21 + Math.floor(x / 3)] + random.integer(600);
  }
  return { ...SIZE, data };
}

/** Peaks on every second row somewhere, closer than their diamonds are wide. */
function manyPeaks(): Peak[] {
  const random = new Random(5, 1);
  return Array.from({ length: 60 }, () => ({
    ...{ row: 2 * random.integer(48), column: 2 * random.integer(30) },
    value: 800 + random.integer(224),
  }));
}

const FILES = {
  "unet/weights.safetensors": thresholdModel(),
  "star/weights.safetensors": starModel({ thresholds: { prob: 0.3, nms: 0.3 } }),
  "noise.tif": encodeGreyTiff([noise()]),
  "floats.tif": encodeGreyTiff([{ ...SIZE, data: noise().data.map((x) => x / 7) }]),
  "stars.tif": encodeGreyTiff([peaks(manyPeaks(), SIZE)]),
};

async function predictIn(
  folder: string,
  { model, input, ...options }: Omit<Partial<PredictOptions>, "inputs"> & { input: string },
) {
  const own = { model: model === "builtin" ? model : `${folder}/${model}` };
  const out = `${folder}/${options.out}`;
  const all = { ...options, ...own, out, inputs: [`${folder}/${input}`] };
  const events = await Array.fromAsync(predict(all));
  const frame = events.find(({ type }) => type === "frame");
  return { files: await filesIn(out), objects: frame?.type === "frame" ? frame.objects : -1 };
}

Deno.test("predict() in blocks gives the bytes of an image in one piece, with objects over every seam", async () => {
  const outputs = [probabilityTiff];
  const cases: [blockRows: number[], options: Parameters<typeof predictIn>[1]][] = [
    [[2, 30], { model: "unet", input: "noise.tif", threshold: "otsu", minSize: 12, opening: 1 }],
    [[7], { model: "unet", input: "floats.tif", threshold: 0.6, outputs, views: 4 }],
    [[1, 20], { model: "star", input: "stars.tif", outputs }],
    [[10], { model: "star", input: "stars.tif", outputs, tta: true }],
  ];
  await withFolder(FILES, async (folder) => {
    for (const [at, [sides, options]] of cases.entries()) {
      const whole = await predictIn(folder, { ...options, out: `whole-${at}` });
      for (const blockRows of sides) {
        const out = `blocks-${at}-${blockRows}`;
        const blocks = await predictIn(folder, { ...options, out, blockRows });
        assertEquals(blocks, whole, `${options.model} on ${options.input} by ${blockRows} rows`);
        assertEquals(whole.objects > 20, true, `${whole.objects} objects`);
      }
    }
  });
});

Deno.test("predict() in blocks finds crowded nuclei as in one piece, with a network that was trained", async () => {
  const { frames } = syntheticVideo({ seed: 4, frames: 1, size: 224 });
  await withFolder({ "cells.tif": encodeGreyTiff(frames) }, async (folder) => {
    const job = { model: "builtin", input: "cells.tif" };
    const whole = await predictIn(folder, { ...job, out: "whole" });
    const blocks = await predictIn(folder, { ...job, out: "blocks", blockRows: 48 });
    assertEquals(whole.objects > 10, true, `${whole.objects} objects`);
    const [a, b] = await Promise.all(["whole", "blocks"].map(async (name) => {
      const stack = await decodeImage(disk, `${folder}/${name}/cells.tif`);
      return (await readLabels(stack, 0)).data;
    }));
    assertEquals(a.reduce((sum, id, i) => sum + (id === b[i] ? 0 : 1), 0), 0);
    assertEquals(blocks.files, whole.files);
  });
});

Deno.test("predict() in blocks refuses formats that need all of an image, and leaves nothing behind", async () => {
  await withFolder(FILES, async (folder) => {
    const job = { model: "unet", input: "noise.tif", out: "out", blockRows: 8 };
    const refused = () => predictIn(folder, { ...job, outputs: [geoJson] });
    await assertRejects(refused, RangeError, "Cannot write --geojson of");
    assertEquals(await Deno.stat(`${folder}/out`).then(() => true, () => false), false);
    await predictIn(folder, job);
    const names = [...Deno.readDirSync(`${folder}/out`)].map(({ name }) => name).toSorted();
    assertEquals(names, ["noise.tif", "predict.json"]);
    await Deno.truncate(`${folder}/noise.tif`, 5000);
    await assertRejects(() => predictIn(folder, { ...job, out: "x" }), SyntaxError, "noise.tif");
  });
});
