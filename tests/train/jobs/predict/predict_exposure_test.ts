import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeSafeTensors, encodeSafeTensors } from "../../../../nn/safetensors.ts";
import { predict } from "../../../../train/jobs/predict/predict.ts";
import type { PredictOptions } from "../../../../train/jobs/predict/predict_options.ts";
import {
  labelsOf,
  type Rectangle,
  thresholdModel,
  tiffOf,
} from "../../fixtures/models/threshold_model.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { pages } from "../../fixtures/label_pages.ts";

const B: Rectangle = { x: 6, y: 2, width: 4, height: 3 };
const DIM_C: Rectangle = { x: 2, y: 6, width: 5, height: 3, value: 300 };

Deno.test("predict() shows a video at the exposure at which most persists, or at the one it is told", async () => {
  const weights = thresholdModel();
  const { metadata, tensors } = decodeSafeTensors(weights, "model");
  const exposure = JSON.stringify({ exposure: "auto" });
  const files = {
    "model/weights.safetensors": weights,
    "auto/weights.safetensors": encodeSafeTensors({ metadata: { ...metadata, exposure }, tensors }),
    "a.tif": tiffOf([B, DIM_C], [B, DIM_C]),
    "b.tif": tiffOf([B, DIM_C]),
  };
  await withFolder(files, async (folder) => {
    const predicted = async (out: string, options: Partial<PredictOptions>) => {
      const { inputs: [input] = ["a.tif"], ...others } = options;
      const events = await Array.fromAsync(predict({
        model: `${folder}/model`,
        out: `${folder}/${out}`,
        ...others,
        inputs: [`${folder}/${input}`],
      }));
      const notes = events.flatMap((event) => event.type === "note" ? [event.text] : []);
      return { notes, pages: await pages(`${folder}/${out}/${input}`) };
    };
    const plain = await predicted("plain", {});
    assertEquals(plain, { notes: [], pages: [labelsOf([B]), labelsOf([B])] });
    const told = await predicted("told", { exposure: 3 });
    const both = [labelsOf([B, DIM_C]), labelsOf([B, DIM_C])];
    assertEquals(told, { notes: ["a is seen at exposure 3.00"], pages: both });
    // B alone is found up to 2, where C comes to 0.4978; the next gain shows both, and no further one more.
    const auto = await predicted("auto-out", { model: `${folder}/auto` });
    assertEquals(auto, { notes: ["a is seen at exposure 2.83"], pages: both });
    const one = await predicted("one", { model: `${folder}/auto`, exposure: 1 });
    assertEquals(one, plain);
    const still = await predicted("still", { model: `${folder}/auto`, inputs: ["b.tif"] });
    assertEquals(still, { notes: [], pages: [labelsOf([B])] });
    const asked = await predicted("asked", { exposure: "auto", inputs: ["b.tif"] });
    assert(asked.notes.some((note) => note.includes("takes two frames")), asked.notes.join());
    const far = await predicted("far", { exposure: 5 });
    assert(far.notes[0].includes("far from 1: look at the result"), far.notes[0]);
    // Any model can choose, also one that was told nothing of it.
    assertEquals((await predicted("any", { exposure: "auto" })).pages, both);
    await assertRejects(() => predicted("x", { exposure: 0 }), RangeError, "the gain is 0");
    await assertRejects(() => predicted("x", { views: 9 }), RangeError, "9 views");
  });
});
