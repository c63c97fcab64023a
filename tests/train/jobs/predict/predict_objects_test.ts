import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import UTIF from "utif";
import { decodeSafeTensors, encodeSafeTensors } from "../../../../nn/safetensors.ts";
import { decodeImage, readPlane } from "../../../../train/images/formats/decode.ts";
import { encodeFloatTiff } from "../../../../train/images/formats/encode.ts";
import { encodePng } from "../../../../train/images/formats/encode_png.ts";
import { predict } from "../../../../train/jobs/predict/predict.ts";
import type {
  PredictionDone,
  PredictNote,
  PredictOptions,
} from "../../../../train/jobs/predict/predict_options.ts";
import { probabilityTiff } from "../../../../train/objects/formats/probability_tiff.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import {
  labelsOf,
  modelLogit,
  picture,
  type Rectangle,
  SIZE,
  thresholdModel,
  tiffOf,
} from "../../fixtures/models/threshold_model.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";
import { pages } from "../../fixtures/label_pages.ts";
import { timeless, typesOf } from "../../fixtures/told.ts";

/** Rectangles in raster order; each picture below shows some of them. */
const A: Rectangle = { x: 1, y: 1, width: 3, height: 2 };
const B: Rectangle = { x: 6, y: 2, width: 4, height: 3 };
const C: Rectangle = { x: 2, y: 6, width: 5, height: 3 };
const DIM_C = { ...C, value: 300 };

const MODEL = { "model/weights.safetensors": thresholdModel() };

/** A model that can be read, but not built: whoever gets that far says so. */
const HOLLOW = {
  "model/weights.safetensors": encodeSafeTensors({
    metadata: decodeSafeTensors(thresholdModel(), "model").metadata,
    tensors: new Map(),
  }),
};

/** Predicts relative to a folder, into `out` by default, and gives all events. */
async function predictIn(folder: string, options: Partial<PredictOptions>) {
  const { inputs = [], ...others } = options;
  return timeless(
    await Array.fromAsync(predict({
      model: `${folder}/model`,
      out: `${folder}/out`,
      ...others,
      inputs: inputs.map((name) => `${folder}/${name}`),
    })),
  );
}

/** What is in a folder besides the record of what it was predicted with. */
async function names(path: string): Promise<string[]> {
  const all = await Array.fromAsync(Deno.readDir(path), ({ name }) => name);
  return all.filter((name) => name !== "predict.json").sort();
}

Deno.test("predict() writes a 16-bit deflated label TIFF under the image's own name", async () => {
  await withFolder({ ...MODEL, "cells.tiff": tiffOf([A, B, C]) }, async (folder) => {
    const events = await predictIn(folder, { inputs: ["cells.tiff"] });
    assertEquals(typesOf(events), ["frame", "done"]);
    assert(events[0].type === "frame");
    const { seconds, ...frame } = events[0];
    assert(seconds > 0);
    const path = `${folder}/cells.tiff`;
    assertEquals(frame, { type: "frame", name: "cells.tiff", path, done: 1, total: 1, objects: 3 });
    assertEquals(events[1], { type: "done", out: `${folder}/out`, written: 1, kept: 0 });
    assertEquals(await names(`${folder}/out`), ["cells.tif"]);
    assertEquals(await pages(`${folder}/out/cells.tif`), [labelsOf([A, B, C])]);
    const [page] = UTIF.decode((await Deno.readFile(`${folder}/out/cells.tif`)).buffer);
    const tags = page as unknown as Record<string, number[]>;
    assertEquals([tags.t258[0], tags.t259[0]], [16, 8], "16 bits, deflate");
  });
});

Deno.test("predict() reads PNG as well, and says that RGB is converted to grey", async () => {
  const { data } = picture([A]);
  const rgb = new Uint8Array(3 * data.length);
  data.forEach((value, i) => rgb.fill(value === 0 ? 10 : 200, 3 * i, 3 * i + 3));
  const png = encodePng({ ...SIZE, channels: 3, data: rgb });
  await withFolder({ ...MODEL, "a.png": png }, async (folder) => {
    const [note] = await predictIn(folder, { inputs: ["a.png"] });
    const text = `${folder}/a.png: RGB converted to grey`;
    assertEquals(note, { type: "note", text } satisfies PredictNote);
    assertEquals(await pages(`${folder}/out/a.tif`), [labelsOf([A])]);
  });
});

Deno.test("predict() normalises a video as a whole, by frame, or as told", async () => {
  const files = { ...MODEL, "v/t1.tif": tiffOf([A]), "v/t2.tif": tiffOf([DIM_C]) };
  await withFolder(files, async (folder) => {
    // 300 is under half of the video's 1000, but all of its own frame's range.
    for (const [normalize, seen] of [[undefined, []], ["video", []], ["frame", [C]]] as const) {
      const out = `${folder}/${normalize}`;
      await predictIn(folder, { inputs: ["v"], out, normalize });
      assertEquals(await names(out), ["t1.tif", "t2.tif"]);
      assertEquals(await pages(`${out}/t1.tif`), [labelsOf([A])]);
      assertEquals(await pages(`${out}/t2.tif`), [labelsOf([...seen])], `${normalize}`);
    }
    // Files given one by one are images, not a video.
    await predictIn(folder, { inputs: ["v/t1.tif", "v/t2.tif"] });
    assertEquals(await pages(`${folder}/out/t2.tif`), [labelsOf([C])]);
  });
});

Deno.test("predict() gives a stack for a stack, and probabilities beside it", async () => {
  const files = { ...MODEL, "v.tif": tiffOf([A], [], [B, DIM_C]) };
  await withFolder(files, async (folder) => {
    const events = await predictIn(folder, { inputs: ["v.tif"], outputs: [probabilityTiff] });
    assertEquals(typesOf(events), [
      ...["input", "note", "range", "frame", "frame", "frame", "done"],
    ]);
    assertEquals(await names(`${folder}/out`), ["probability", "v.tif"]);
    assertEquals(await pages(`${folder}/out/v.tif`), [labelsOf([A]), labelsOf([]), labelsOf([B])]);
    const maps = await decodeImage(disk, `${folder}/out/probability/v.tif`);
    assertEquals([maps.length, maps.axes.t, maps.bits, maps.sampleFormat], [3, 3, 32, "float"]);
    const { data } = await readPlane(maps, 2);
    picture([B, DIM_C]).data.forEach((value, i) => {
      assertAlmostEquals(data[i], 1 / (1 + Math.exp(-modelLogit(value / 1000))), 1e-6);
    });
  });
});

Deno.test("predict() averages over eight orientations with tta", async () => {
  const LEFT_NEIGHBOUR = 3;
  const files = {
    "model/weights.safetensors": thresholdModel({ tap: LEFT_NEIGHBOUR }),
    "a.tif": tiffOf([B]),
  };
  await withFolder(files, async (folder) => {
    await predictIn(folder, { inputs: ["a.tif"], tta: true, outputs: [probabilityTiff] });
    const { data } = await readPlane(await decodeImage(disk, `${folder}/out/probability/a.tif`), 0);
    const bright = picture([B]).data;
    const p = (x: number, y: number) =>
      1 / (1 + Math.exp(-modelLogit(bright[y * SIZE.width + x] / 1000)));
    // The border sees what lies beyond it, which differs between the orientations.
    for (let y = 1; y < SIZE.height - 2; y++) {
      for (let x = 1; x < SIZE.width - 2; x++) {
        const mean = (p(x - 1, y) + p(x + 1, y) + p(x, y - 1) + p(x, y + 1)) / 4;
        assertAlmostEquals(data[y * SIZE.width + x], mean, 1e-6, `${x}, ${y}`);
      }
    }
  });
});

Deno.test("predict() predicts in tiles what it predicts at once", async () => {
  await withFolder({ ...MODEL, "a.tif": tiffOf([A, B, C]) }, async (folder) => {
    await predictIn(folder, { inputs: ["a.tif"], tile: 4 });
    assertEquals(await pages(`${folder}/out/a.tif`), [labelsOf([A, B, C])]);
  });
});

Deno.test("predict() takes other post-processing than the model's", async () => {
  const files = { ...MODEL, "a.tif": tiffOf([A, B, DIM_C]) };
  await withFolder(files, async (folder) => {
    const seen = async (options: Partial<PredictOptions>) => {
      await predictIn(folder, { inputs: ["a.tif"], overwrite: true, ...options });
      return (await pages(`${folder}/out/a.tif`))[0];
    };
    assertEquals(await seen({ minSize: 7 }), labelsOf([B]));
    assertEquals(await seen({ threshold: 0.1 }), labelsOf([A, B, C]));
    assertEquals(await seen({ threshold: 1 }), labelsOf([]));
  });
});

Deno.test("predict() keeps what is there and counts it, unless told to overwrite", async () => {
  const files = {
    ...MODEL,
    "v/t1.tif": tiffOf([A]),
    "v/t2.tif": tiffOf([B]),
    "v/t3.tif": tiffOf([C]),
    "out/t2.tif": "somebody's work",
  };
  await withFolder(files, async (folder) => {
    const done = async (options: Partial<PredictOptions>) => {
      const { written, kept } = (await predictIn(folder, { inputs: ["v"], ...options }))
        .at(-1) as PredictionDone;
      return { written, kept };
    };
    assertEquals(await done({}), { written: 2, kept: 1 });
    assertEquals(await Deno.readTextFile(`${folder}/out/t2.tif`), "somebody's work");
    assertEquals(await done({}), { written: 0, kept: 3 });
    // Probabilities that are not there yet are made, and the labels still kept.
    await Deno.mkdir(`${folder}/out/probability`);
    await Deno.writeTextFile(`${folder}/out/probability/t1.tif`, "a map");
    assertEquals(await done({ outputs: [probabilityTiff] }), { written: 2, kept: 1 });
    assertEquals(await Deno.readTextFile(`${folder}/out/t2.tif`), "somebody's work");
    assertEquals(await Deno.readTextFile(`${folder}/out/probability/t1.tif`), "a map");
    assertEquals((await decodeImage(disk, `${folder}/out/probability/t2.tif`)).bits, 32);
    assertEquals(await done({ overwrite: true }), { written: 3, kept: 0 });
    assertEquals(await pages(`${folder}/out/t2.tif`), [labelsOf([B])]);
  });
});

Deno.test("predict() counts kept frames as done", async () => {
  const files = {
    ...MODEL,
    "v/t1.tif": tiffOf([A]),
    "v/t2.tif": tiffOf([B]),
    "out/t1.tif": "kept",
  };
  await withFolder(files, async (folder) => {
    const events = await predictIn(folder, { inputs: ["v"] });
    const [note, frame] = events.filter(({ type }) => type !== "input" && type !== "range");
    assert(note.type === "note" && note.text.includes("results are kept that no predict.json"));
    assert(frame.type === "frame");
    assertEquals([frame.name, frame.done, frame.total], ["t2.tif", 2, 2]);
  });
});

Deno.test("predict() names results as the Cell Tracking Challenge does", async () => {
  const files = {
    ...MODEL,
    "v/t008.tif": tiffOf([A]),
    "v/t010.tif": tiffOf([B]),
    "channels/t1_c0.tif": tiffOf([A]),
    "channels/t2_c0.tif": tiffOf([B]),
    "long/t0998.tif": tiffOf([A]),
    "long/t1000.tif": tiffOf([B]),
    "unpadded/f998.tif": tiffOf([A]),
    "unpadded/f1000.tif": tiffOf([B]),
    "stack.tif": tiffOf([A], [B]),
    "x.tif": tiffOf([A]),
  };
  await withFolder(files, async (folder) => {
    const written = async (...inputs: string[]) => {
      const out = `${folder}/${inputs.join("-").replaceAll("/", "-")}-out`;
      await predictIn(folder, { inputs, out, ctc: true });
      return await names(out);
    };
    assertEquals(await written("v"), ["mask008.tif", "mask010.tif"]);
    assertEquals(await written("v/t008.tif", "v/t010.tif"), ["mask008.tif", "mask010.tif"]);
    assertEquals(await written("channels"), ["mask001.tif", "mask002.tif"]);
    // As many digits as the data set has, throughout.
    assertEquals(await written("long"), ["mask0998.tif", "mask1000.tif"]);
    assertEquals(await written("unpadded"), ["mask0998.tif", "mask1000.tif"]);
    assertEquals(await written("v/t008.tif", "long/t1000.tif"), ["mask0008.tif", "mask1000.tif"]);
    assertEquals(await written("stack.tif"), ["mask000.tif", "mask001.tif"]);
    assertEquals(await written("x.tif"), ["mask000.tif"]);
    assertEquals(await pages(`${folder}/stack.tif-out/mask001.tif`), [labelsOf([B])]);
  });
});

Deno.test("predict() refuses to write two results to one file, before anything else", async () => {
  const files = {
    ...HOLLOW,
    "a/1.tif": tiffOf([A]),
    "b/1.png": tiffOf([B]),
    "two/x.tif": tiffOf([A]),
    "two/x.tiff": tiffOf([A]),
  };
  await withFolder(files, async (folder) => {
    const twice = predictIn(folder, { inputs: ["a/1.tif", "b/1.png"] });
    await assertRejects(() => twice, Error, "1.tif would be written twice, also for");
    const within = predictIn(folder, { inputs: ["two"] });
    await assertRejects(() => within, Error, "x.tif would be written twice");
    assertEquals(await names(folder), ["a", "b", "model", "two"]);
    const missing = predictIn(folder, { inputs: ["a/1.tif"] });
    await assertRejects(() => missing, RangeError, "more than the 0 values it holds");
  });
});

Deno.test("predict() refuses to mix results with the images", async () => {
  const files = { ...HOLLOW, "v/t1.tif": tiffOf([A]), "out/probability/t1.tif": tiffOf([A]) };
  await withFolder(files, async (folder) => {
    await Deno.symlink(`${folder}/v`, `${folder}/link`);
    const says = "results would be mixed with or replace the images";
    for (const inputs of [["v"], ["v/t1.tif"], ["link"]]) {
      const mixed = predictIn(folder, { inputs, out: `${folder}/v`, overwrite: true });
      await assertRejects(() => mixed, Error, says);
    }
    const inputs = ["out/probability"];
    const replaced = predictIn(folder, { inputs, outputs: [probabilityTiff], overwrite: true });
    await assertRejects(() => replaced, Error, says);
    assertEquals(await names(`${folder}/v`), ["t1.tif"]);
  });
});

Deno.test("predict() leaves nothing behind where model or image cannot be read", async () => {
  const files = {
    ...MODEL,
    "a.tif": tiffOf([A]),
    "cut.tif": tiffOf([A]).subarray(0, 100),
    "other/weights.safetensors": "no weights",
  };
  await withFolder(files, async (folder) => {
    const fails = async (options: Partial<PredictOptions>, says: string) => {
      const predicted = predictIn(folder, options);
      await assertRejects(() => predicted, Error, says);
      assertEquals(await names(folder), ["a.tif", "cut.tif", "model", "other"]);
    };
    await fails({ inputs: ["a.tif", "missing.tif"] }, `${folder}/missing.tif`);
    await fails({ inputs: ["a.tif", "cut.tif"] }, `${folder}/cut.tif`);
    await fails({ inputs: ["a.tif"], model: `${folder}/none` }, `${folder}/none`);
    await fails({ inputs: ["a.tif"], model: `${folder}/other` }, `${folder}/other`);
  });
});

Deno.test("predict() keeps the frames before a damaged one, and nothing of it", async () => {
  const damaged = { ...picture([B]), data: picture([B]).data.fill(NaN, 5, 6) };
  const files = { ...MODEL, "v/t1.tif": tiffOf([A]), "v/t2.tif": encodeFloatTiff([damaged]) };
  await withFolder(files, async (folder) => {
    const predicted = predictIn(folder, { inputs: ["v"], normalize: "frame" });
    await assertRejects(() => predicted, SyntaxError, `${folder}/v/t2.tif`);
    assertEquals(await names(`${folder}/out`), ["t1.tif"]);
  });
});

Deno.test("predict() keeps all frames before a damaged one of a long video", async () => {
  const video = Object.fromEntries(
    Array.from({ length: 12 }, (_, t) => [`v/t${10 + t}.tif`, tiffOf(t % 2 === 0 ? [A] : [B, C])]),
  );
  const damaged = { ...picture([B]), data: picture([B]).data.fill(NaN, 5, 6) };
  const files = { ...MODEL, ...video, "v/t17.tif": encodeFloatTiff([damaged]) };
  await withFolder(files, async (folder) => {
    const told: string[] = [];
    const predicted = async () => {
      const inputs = [`${folder}/v`];
      const [model, out] = [`${folder}/model`, `${folder}/out`];
      for await (const event of predict({ model, inputs, out, normalize: "frame" })) {
        if (event.type !== "frame") continue;
        told.push(event.name);
        // A frame is told of when its file is there.
        assertEquals((await names(out)).at(-1), event.name);
      }
    };
    await assertRejects(predicted, SyntaxError, `${folder}/v/t17.tif`);
    const before = Array.from({ length: 7 }, (_, t) => `t${10 + t}.tif`);
    assertEquals(told, before);
    assertEquals(await names(`${folder}/out`), before);
    for (const [t, name] of before.entries()) {
      const expected = labelsOf(t % 2 === 0 ? [A] : [B, C]);
      assertEquals(await pages(`${folder}/out/${name}`), [expected]);
    }
  });
});

Deno.test("predict() gives each folder a folder of its own where images have the same names", async () => {
  const files: Record<string, Uint8Array> = { ...MODEL };
  for (const [well, rectangles] of [["a/w1", [A]], ["a/w2", [B]], ["b/w1", [C]]] as const) {
    files[`${well}/t0.tif`] = tiffOf([...rectangles]);
    files[`${well}/t1.tif`] = tiffOf([...rectangles]);
    files[`stills/${well}/liver.tif`] = tiffOf([...rectangles]);
    files[`stills/${well}/bone.tif`] = tiffOf([...rectangles]);
  }
  files["alone/x.tif"] = tiffOf([A]);
  await withFolder(files, async (folder) => {
    const two = await predictIn(folder, { inputs: ["a/w1", "a/w2/", "alone/x.tif"] });
    const told = two.flatMap((event) => event.type === "note" ? [event.text] : []);
    assertEquals(told.length, 1);
    assert(told[0].includes(`${folder}/out has a folder for each input`), told[0]);
    assertEquals(await names(`${folder}/out`), ["w1", "w2", "x.tif"]);
    assertEquals(await names(`${folder}/out/w2`), ["t0.tif", "t1.tif"]);
    assertEquals(await pages(`${folder}/out/w2/t1.tif`), [labelsOf([B])]);
    const out = `${folder}/ctc`;
    await predictIn(folder, {
      inputs: ["a/w1", "b/w1"],
      ctc: true,
      outputs: [probabilityTiff],
      out,
    });
    assertEquals(await names(out), ["a", "b", "probability"]);
    assertEquals(await pages(`${out}/b/w1/mask001.tif`), [labelsOf([C])]);
    assertEquals(await names(`${out}/probability/a/w1`), ["mask000.tif", "mask001.tif"]);
    await predictIn(folder, { inputs: ["a/w1"], out: `${folder}/one` });
    assertEquals(await names(`${folder}/one`), ["t0.tif", "t1.tif"]);
    const inputs = ["stills/a/w1", "stills/a/w2"];
    await predictIn(folder, { inputs, out: `${folder}/stills-out` });
    assertEquals(await names(`${folder}/stills-out/w2`), ["bone.tif", "liver.tif"]);
  });
});

Deno.test("predict() leaves nothing of a stack that ends in the middle", async () => {
  const { data } = picture([A]);
  const frames = [data, data, data.with(3, NaN)].map((data) => ({ ...SIZE, data }));
  const files = { ...MODEL, "a.tif": tiffOf([B]), "v.tif": encodeFloatTiff(frames) };
  await withFolder(files, async (folder) => {
    const options = {
      inputs: ["a.tif", "v.tif"],
      normalize: "frame",
      outputs: [probabilityTiff],
    } as const;
    await assertRejects(() => predictIn(folder, options), SyntaxError, `${folder}/v.tif`);
    assertEquals(await names(`${folder}/out`), ["a.tif", "probability"]);
    assertEquals(await names(`${folder}/out/probability`), ["a.tif"]);
  });
});

Deno.test("predict() leaves nothing of a stack that nobody wants to the end", async () => {
  const files = { ...MODEL, "v.tif": tiffOf([A], [B], [C], [A], [B]) };
  await withFolder(files, async (folder) => {
    const [model, out, inputs] = [`${folder}/model`, `${folder}/out`, [`${folder}/v.tif`]];
    for await (const event of predict({ model, inputs, out, outputs: [probabilityTiff] })) {
      if (event.type === "frame" && event.done === 2) break;
    }
    await assertRejects(() => names(out), Deno.errors.NotFound);
  });
});

Deno.test("predict() gives the same files for a video, its frames and its stack", async () => {
  const shown = [[A], [B, C], [], [A, B, C], [C], [B], [A, C]];
  const video = Object.fromEntries(shown.map((frame, t) => [`v/${t}.tif`, tiffOf(frame)]));
  await withFolder({ ...MODEL, ...video, "s.tif": tiffOf(...shown) }, async (folder) => {
    const inputs = ["v", "s.tif"];
    const events = await predictIn(folder, { inputs, normalize: "video" });
    const told = events.flatMap((event) => event.type === "frame" ? [event] : []);
    const names = [...shown.map((_, t) => `${t}.tif`), ...shown.map(() => "s.tif")];
    assertEquals(told.map(({ name }) => name), names);
    assertEquals(told.map(({ done }) => done), names.map((_, i) => i + 1));
    assertEquals(told.map(({ objects }) => objects), [...shown, ...shown].map((r) => r.length));
    const stack = await pages(`${folder}/out/s.tif`);
    assertEquals(stack, shown.map(labelsOf));
    for (const [t] of shown.entries()) {
      assertEquals(await pages(`${folder}/out/${t}.tif`), [stack[t]]);
    }
  });
});
