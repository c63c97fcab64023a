// What predict writes about its results, and what it makes of results that are there.
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { predict } from "../../../../train/jobs/predict/predict.ts";
import type { PredictOptions } from "../../../../train/jobs/predict/predict_options.ts";
import type { PredictionRecord } from "../../../../train/jobs/predict/predict_record.ts";
import { VERSION } from "../../../../train/jobs/disk/version.ts";
import { pages } from "../../fixtures/label_pages.ts";
import {
  labelsOf,
  type Rectangle,
  thresholdModel,
  tiffOf,
} from "../../fixtures/models/threshold_model.ts";
import { withFolder } from "../../fixtures/temporary.ts";

const A: Rectangle = { x: 1, y: 1, width: 3, height: 2 };
const B: Rectangle = { x: 6, y: 2, width: 4, height: 3, value: 400 };
const BRIGHT: Rectangle = { ...B, value: 1000 };
const MODEL = { "model/weights.safetensors": thresholdModel() };
const HASH = async (path: string) => {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};

/** Predicts a video and gives the notes and the objects of each frame. */
async function run(folder: string, options: Partial<PredictOptions> = {}) {
  const { inputs = ["v"], ...others } = options;
  const notes: string[] = [];
  const objects: Record<string, number> = {};
  const all = { model: `${folder}/model`, out: `${folder}/out`, ...others };
  for await (
    const event of predict({
      ...all,
      inputs: inputs.map((name) => `${folder}/${name}`),
    })
  ) {
    if (event.type === "note") notes.push(event.text.replaceAll(`${folder}/`, ""));
    if (event.type === "frame") objects[event.name] = event.objects;
  }
  return { notes, objects };
}

async function record(folder: string): Promise<PredictionRecord> {
  return JSON.parse(await Deno.readTextFile(`${folder}/out/predict.json`));
}

Deno.test("predict() records model, settings, inputs, range and exposure beside its results", async () => {
  const files = {
    ...MODEL,
    "v/t1.tif": tiffOf([A]),
    "v/t2.tif": tiffOf([B]),
    "s.tif": tiffOf([A]),
  };
  await withFolder(files, async (folder) => {
    await run(folder, { inputs: ["v", "s.tif"], threshold: 0.6 });
    const { version, model, settings, inputs } = await record(folder);
    assertEquals(version, VERSION);
    const hash = await HASH(`${folder}/model/weights.safetensors`);
    assertEquals(model, { path: `${folder}/model`, hash });
    assertEquals([settings.threshold, settings.opening, settings.exposure], [0.6, 0, 1]);
    const common = { stray: [], exposure: 1 };
    assertEquals(inputs, [
      {
        ...{ path: `${folder}/v`, frames: 2, range: { low: 0, high: 1000 }, rangeFrames: 2 },
        ...{ ...common, labels: ["t1.tif", "t2.tif"] },
      },
      {
        ...{ path: `${folder}/s.tif`, frames: 1, range: null, rangeFrames: 1 },
        ...{ ...common, labels: ["s.tif"] },
      },
    ]);
  });
});

Deno.test("predict() scales frames that join a video as those that are done", async () => {
  const files = {
    ...MODEL,
    "v/t1.tif": tiffOf([A]),
    "v/t2.tif": tiffOf([B]),
    "v/t3.tif": tiffOf([]),
  };
  const before = { ...files, "v/t1.tif": tiffOf([{ ...A, value: 500 }]) };
  await withFolder(before, async (folder) => {
    assertEquals((await run(folder)).objects, { "t1.tif": 1, "t2.tif": 1, "t3.tif": 0 });
    const whole = await Deno.readFile(`${folder}/out/t2.tif`);
    // Alone, the new frame would double the range.
    await Deno.writeFile(`${folder}/v/t4.tif`, tiffOf([BRIGHT, { ...A, value: 300 }]));
    const { notes, objects } = await run(folder);
    assertEquals(objects, { "t4.tif": 2 });
    assertStringIncludes(
      notes.join(),
      "v: range of intensities and exposure are those of the 2 frames",
    );
    const { inputs: [input] } = await record(folder);
    assertEquals([input.range, input.rangeFrames, input.frames], [{ low: 0, high: 500 }, 2, 4]);
    assertEquals(input.labels, ["t1.tif", "t2.tif", "t3.tif", "t4.tif"]);
    await Deno.remove(`${folder}/out/t2.tif`);
    await run(folder);
    assertEquals(await Deno.readFile(`${folder}/out/t2.tif`), whole);
    await run(folder, { overwrite: true });
    assertEquals((await record(folder)).inputs[0].range, { low: 0, high: 1000 });
    assertEquals(await pages(`${folder}/out/t4.tif`), [labelsOf([BRIGHT])]);
  });
});

Deno.test("predict() refuses to keep results of another model, other settings or other images", async () => {
  const files = {
    ...MODEL,
    "v/t1.tif": tiffOf([A]),
    "w/t1.tif": tiffOf([B]),
    "x/t9.tif": tiffOf([A]),
  };
  const other = { "other/weights.safetensors": thresholdModel({ tap: 5 }) };
  await withFolder({ ...files, ...other }, async (folder) => {
    await run(folder);
    const cases: [Partial<PredictOptions>, string][] = [
      [{ threshold: 0.7 }, "the results in it have threshold 0.5, not 0.7; give another --out"],
      [{ model: `${folder}/other` }, `have another model (${folder}/model)`],
      [{ views: 3, normalize: "frame" }, "views 1, not 3, normalize unset, not frame"],
      [{ inputs: ["w"] }, `t1.tif in it is of ${folder}/v; give another --out`],
    ];
    for (const [options, says] of cases) {
      await assertRejects(() => run(folder, options), Error, says);
      const { notes } = await run(folder, { ...options, overwrite: true });
      assertEquals(notes, []);
      await run(folder, { overwrite: true });
    }
    assertEquals((await run(folder)).notes, []);
    assertEquals((await run(folder, { memory: 512, tile: 64 })).notes, []);
    const { notes } = await run(folder, { inputs: ["x"], threshold: 0.7 });
    assertEquals(notes, ["out: results of v stand in it, too, with threshold 0.5, not 0.7"]);
  });
});

Deno.test("predict() says that nothing is known of results without a record, and refuses a damaged one", async () => {
  const files = { ...MODEL, "v/t1.tif": tiffOf([A]), "v/t2.tif": tiffOf([A]), "out/t1.tif": "old" };
  await withFolder(files, async (folder) => {
    const { notes, objects } = await run(folder);
    assertEquals(objects, { "t2.tif": 1 });
    assertStringIncludes(notes[0], "out: results are kept that no predict.json tells of");
    for (const content of ["{", "{}", '{"model": {"hash": 3}}']) {
      await Deno.writeTextFile(`${folder}/out/predict.json`, content);
      await assertRejects(() => run(folder), SyntaxError, "out/predict.json: it is damaged");
    }
  });
});

Deno.test("predict() writes no record where it writes no result", async () => {
  const files = { ...MODEL, "s.tif": tiffOf([A], [B], [A]) };
  await withFolder(files, async (folder) => {
    const options = { model: `${folder}/model`, out: `${folder}/out`, inputs: [`${folder}/s.tif`] };
    for await (const event of predict(options)) if (event.type === "frame") break;
    await assertRejects(() => Deno.stat(`${folder}/out`), Deno.errors.NotFound);
  });
});
