import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeSafeTensors, encodeSafeTensors } from "../../../../nn/safetensors.ts";
import { encodeGreyTiff } from "../../../../train/images/formats/encode.ts";
import { predict } from "../../../../train/jobs/predict/predict.ts";
import type { PredictOptions } from "../../../../train/jobs/predict/predict_options.ts";
import {
  labelsOf,
  picture,
  type Rectangle,
  thresholdModel,
} from "../../fixtures/models/threshold_model.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { pages } from "../../fixtures/label_pages.ts";

const B: Rectangle = { x: 6, y: 2, width: 4, height: 3 };
const DIM_C: Rectangle = { x: 2, y: 6, width: 5, height: 3, value: 300 };

function tiff(...frames: Rectangle[][]): Uint8Array<ArrayBuffer> {
  return encodeGreyTiff(frames.map(picture));
}

Deno.test("predict() brings a video to the exposure of the stills, or to the one it is told", async () => {
  const weights = thresholdModel();
  const { metadata, tensors } = decodeSafeTensors(weights, "model");
  const exposure = JSON.stringify({ exposure: "auto", contrast: 2 });
  const files = {
    "model/weights.safetensors": weights,
    "auto/weights.safetensors": encodeSafeTensors({ metadata: { ...metadata, exposure }, tensors }),
    "a.tif": tiff([B, DIM_C], [B, DIM_C]),
    "b.tif": tiff([B, DIM_C]),
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
    const told = await predicted("told", { exposure: 2 });
    const both = [labelsOf([B, DIM_C]), labelsOf([B, DIM_C])];
    assertEquals(told, { notes: ["a is seen at exposure 2.00"], pages: both });
    // Found at 1 is B alone, of contrast 1; at 2 C as well, so the median is 0.65: 2 / 0.65.
    const auto = await predicted("auto-out", { model: `${folder}/auto` });
    assertEquals(auto, { notes: ["a is seen at exposure 3.08"], pages: both });
    const one = await predicted("one", { model: `${folder}/auto`, exposure: 1 });
    assertEquals(one, plain);
    const still = await predicted("still", { model: `${folder}/auto`, inputs: ["b.tif"] });
    assertEquals(still, { notes: [], pages: [labelsOf([B])] });
    const far = await predicted("far", { exposure: 5 });
    assert(far.notes[0].includes("far from 1: look at the result"), far.notes[0]);
    await assertRejects(
      () => predicted("x", { exposure: "auto" }),
      TypeError,
      "--exposure auto with",
    );
    await assertRejects(() => predicted("x", { exposure: 0 }), RangeError, "the gain is 0");
    await assertRejects(() => predicted("x", { views: 9 }), RangeError, "9 views");
  });
});
