// Workers change nothing of what a prediction writes and tells.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { encodeGreyTiff } from "../../../../train/images/formats/encode.ts";
import { predict } from "../../../../train/jobs/predict/predict.ts";
import type { PredictOptions } from "../../../../train/jobs/predict/predict_options.ts";
import { doubtfulTiff } from "../../../../train/objects/formats/doubtful_tiff.ts";
import { geoJson } from "../../../../train/objects/formats/geojson.ts";
import { probabilityTiff } from "../../../../train/objects/formats/probability_tiff.ts";
import { thresholdModel } from "../../fixtures/models/threshold_model.ts";
import { peaks, starModel } from "../../fixtures/models/star_model.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { timeless } from "../../fixtures/told.ts";

const SIZE = { width: 61, height: 42 };

/** Frames in which two objects move, and one is dim. */
const FRAMES = Array.from(
  { length: 9 },
  (_, t) =>
    peaks([{ row: 10, column: 12 + t }, { row: 30, column: 48 - 2 * t }, {
      ...{ row: 14 + t, column: 34 },
      value: 512,
    }], SIZE),
);

const FILES = {
  "unet/weights.safetensors": thresholdModel(),
  "stardist/weights.safetensors": starModel(),
  "stack.tif": encodeGreyTiff(FRAMES),
  "a.tif": encodeGreyTiff([FRAMES[0]]),
  "b.tif": encodeGreyTiff([FRAMES[1]]),
};

/** What a prediction writes and tells. */
async function outcome(folder: string, { model, ...options }: PredictOptions) {
  const out = `${folder}/out-${options.workers}`;
  const given = { overwrite: true, ...options, model: `${folder}/${model}`, out };
  const told = timeless(await Array.fromAsync(predict(given)))
    .filter(({ type }) => type !== "done")
    .map((event) => event.type === "frame" ? { ...event, seconds: 0 } : event);
  const files = new Map<string, Uint8Array>();
  const read = async (path: string, name: string) => {
    for await (const entry of Deno.readDir(path)) {
      const [inner, inside] = [`${path}/${entry.name}`, `${name}/${entry.name}`];
      if (entry.isDirectory) await read(inner, inside);
      else if (entry.name !== "predict.json") files.set(inside, await Deno.readFile(inner));
    }
  };
  await read(out, "");
  return { told, files: [...files].sort(([a], [b]) => a < b ? -1 : 1) };
}

for (const model of ["unet", "stardist"]) {
  Deno.test(`predict() with workers writes the bytes that it writes without: ${model}`, async () => {
    await withFolder(FILES, async (folder) => {
      const inputs = ["stack.tif", "a.tif", "b.tif"].map((name) => `${folder}/${name}`);
      const extra = model === "stardist" ? [doubtfulTiff] : [];
      const outputs = [geoJson, probabilityTiff, ...extra];
      for (const change of [{}, { outputs }, { rescale: 0.8 }, { normalize: "frame" as const }]) {
        const options = { model, inputs, out: "", ...change };
        const here = await outcome(folder, { ...options, workers: 0 });
        const there = await outcome(folder, { ...options, workers: 2 });
        assertEquals(there, here);
        assert(here.files.length >= 3);
      }
    });
  });
}

Deno.test("predict() with workers fails as it fails without, and keeps what was written before", async () => {
  const damaged = FILES["stack.tif"].slice();
  damaged.fill(255, damaged.length >> 1, (damaged.length >> 1) + 40);
  await withFolder({ ...FILES, "stack.tif": damaged }, async (folder) => {
    const inputs = [`${folder}/stack.tif`];
    const messages = await Promise.all([0, 2].map(async (workers) => {
      const options = { model: "stardist", inputs, out: "", workers };
      return (await assertRejects(() => outcome(folder, options), Error, "stack.tif")).message;
    }));
    assertEquals(messages[1], messages[0]);
  });
});
