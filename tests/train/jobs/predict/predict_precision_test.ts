// Prediction that stores halves from layer to layer.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeImage, readLabels } from "../../../../train/images/formats/decode.ts";
import { encodeGreyTiff } from "../../../../train/images/formats/encode.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";
import { predict } from "../../../../train/jobs/predict/predict.ts";
import type { PredictOptions } from "../../../../train/jobs/predict/predict_options.ts";
import { diamonds, type Peak, peaks, starModel } from "../../fixtures/models/star_model.ts";
import { withFolder } from "../../fixtures/temporary.ts";

const SIZE = { width: 61, height: 42 };
const PEAKS: Peak[] = [{ row: 10, column: 12 }, { row: 28, column: 40, value: 896 }];
const FILES = {
  "model/weights.safetensors": starModel(),
  "a.tif": encodeGreyTiff([peaks(PEAKS, SIZE)]),
};

async function predictIn(folder: string, options: Partial<PredictOptions>) {
  const [model, inputs, out] = [`${folder}/model`, [`${folder}/a.tif`], `${folder}/out`];
  return await Array.fromAsync(predict({ model, inputs, out, ...options }));
}

Deno.test("predict() with precision f16 finds the same, and its record says so", async () => {
  await withFolder(FILES, async (folder) => {
    await predictIn(folder, { precision: "f16" });
    const labels = await readLabels(await decodeImage(disk, `${folder}/out/a.tif`), 0);
    assertEquals(labels, diamonds(PEAKS, SIZE));
    const record = JSON.parse(await Deno.readTextFile(`${folder}/out/predict.json`));
    assertEquals(record.settings.precision, "f16");
    // With another precision, what is there was made otherwise.
    const error = await assertRejects(() => predictIn(folder, {}), Error);
    assert(error.message.includes("precision"), error.message);
    await predictIn(folder, { precision: "f32", overwrite: true });
    const { settings } = JSON.parse(await Deno.readTextFile(`${folder}/out/predict.json`));
    assertEquals("precision" in settings, false);
  });
});
