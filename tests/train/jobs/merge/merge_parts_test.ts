// Parts of videos, predicted by processes that know nothing of each other, give the same bytes as the whole.
import { assertEquals, assertRejects } from "@std/assert";
import { encodeGreyTiff } from "../../../../train/images/formats/encode.ts";
import { listShards } from "../../../../train/jobs/predict/list_shards.ts";
import { mergeParts } from "../../../../train/jobs/merge/merge_parts.ts";
import { InvalidArgumentError } from "../../../../train/models/mod.ts";
import { findRanges } from "../../../../train/jobs/predict/find_ranges.ts";
import { predict } from "../../../../train/jobs/predict/predict.ts";
import type { PredictOptions } from "../../../../train/jobs/predict/predict_options.ts";
import { outputFormats } from "../../../../train/objects/formats/list.ts";
import type { OutputFormat } from "../../../../train/objects/formats/output_format.ts";
import { type Peak, peaks, starModel } from "../../fixtures/models/star_model.ts";
import { type Rectangle, thresholdModel, tiffOf } from "../../fixtures/models/threshold_model.ts";
import { filesIn, withFolder } from "../../fixtures/temporary.ts";
import { typesOf } from "../../fixtures/told.ts";

const FRAMES: Rectangle[][] = Array.from({ length: 7 }, (_, t) => [
  // The brightest of all is in the last frame: a range of its own would find the dim ones before, too.
  { x: 1, y: 1, width: 3, height: 3, value: t === 6 ? 1000 : 600 },
  ...(t % 3 === 1 ? [] : [{ x: 8, y: 2, width: 3, height: 4, value: 450 + 20 * t }]),
]);
const STARS: Peak[][] = [[{ row: 10, column: 12 }], [], [{ row: 28, column: 40 }]];
const SIZE = { width: 61, height: 42 };

const FILES = {
  "unet/weights.safetensors": thresholdModel(),
  "star/weights.safetensors": starModel(),
  "movie.tif": tiffOf(...FRAMES),
  "stars.tif": encodeGreyTiff(STARS.map((frame) => peaks(frame, SIZE))),
  ...Object.fromEntries(FRAMES.map((frame, t) => [`frames/t${t + 8}.tif`, tiffOf(frame)])),
};

/** All formats that there are of a model; a U-Net doubts nothing. */
function outputsOf(model: string): OutputFormat[] {
  return outputFormats.filter(({ flag, needs }) =>
    flag !== null && (model === "star" || !needs.includes("doubtful"))
  );
}

async function predictIn(folder: string, options: Omit<PredictOptions, "outputs">) {
  const { model, inputs, out, ranges, ...others } = options;
  await Array.fromAsync(predict({
    ...{
      ...others,
      outputs: outputsOf(model),
      model: `${folder}/${model}`,
      out: `${folder}/${out}`,
    },
    inputs: inputs.map((input) => `${folder}/${input}`),
    ranges: ranges === undefined ? undefined : `${folder}/${ranges}`,
  }));
}

async function merge(folder: string, parts: readonly string[], out: string) {
  const options = { parts: parts.map((part) => `${folder}/${part}`), out: `${folder}/${out}` };
  return await Array.fromAsync(mergeParts(options));
}

Deno.test("parts of a stack and of a folder are merged to the bytes of the whole, with or without ranges", async () => {
  const cases = [["unet", "movie.tif", 4], ["unet", "frames", 4], [
    "star",
    "stars.tif",
    1,
  ]] as const;
  for (const [model, input, size] of cases) {
    await withFolder(FILES, async (folder) => {
      const job = { model, inputs: [input] };
      await predictIn(folder, { ...job, out: "whole" });
      const found = findRanges({
        ...{ model: `${folder}/${model}`, inputs: [`${folder}/${input}`] },
        out: `${folder}/ranges.json`,
      });
      await Array.fromAsync(found);
      for (const ranges of ["ranges.json", undefined]) {
        const parts: string[] = [];
        for await (const { first, end, shard } of listShards([`${folder}/${input}`], { size })) {
          const out = `part-${ranges}-${shard}`;
          parts.unshift(out);
          await predictIn(folder, { ...job, ranges, out, frames: { first, end } });
        }
        const out = `merged-${ranges}`;
        assertEquals((await merge(folder, parts, out)).at(-1)?.type, "done");
        const [merged, whole] = [
          await filesIn(`${folder}/${out}`),
          await filesIn(`${folder}/whole`),
        ];
        assertEquals(Object.keys(merged).toSorted(), Object.keys(whole).toSorted());
        const others = Object.keys(whole).filter((name) => merged[name] !== whole[name]);
        assertEquals(others, [], `${model} on ${input} with ${ranges}`);
      }
    });
  }
});

Deno.test("mergeParts() refuses gaps, doubles, and parts that were not predicted alike", async () => {
  await withFolder(FILES, async (folder) => {
    const part = async (out: string, first: number, end?: number, others = {}) => {
      const job = { model: "unet", inputs: ["movie.tif"] };
      await predictIn(folder, { ...job, ...others, out, frames: { first, end } });
    };
    await part("a", 0, 3);
    await part("b", 3, 5);
    await part("c", 4);
    await part("d", 5);
    await part("other", 3, 5, { threshold: 0.6 });
    await Deno.mkdir(`${folder}/empty`);
    const fails = async (parts: string[], ...says: string[]) => {
      const error = await assertRejects(() => merge(folder, parts, "out"), Error, says[0]);
      for (const text of says) assertEquals(error.message.includes(text), true, error.message);
      const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
      assertEquals(names.includes("out"), false);
    };
    await fails(["a", "d"], "no part has frames 3 to 4 of its 7; predict --frames 3:5");
    await fails(["b", "a"], "no part has frames 5 to 6 of its 7; predict --frames 5:7");
    await fails(["b", "d"], "no part has frames 0 to 2 of its 7; predict --frames 0:3");
    const both = [
      "two parts have frame 4: ",
      "/b (frames 3 to 4) and ",
      "/c (frames 4 to 6); leave",
    ];
    await fails(["a", "b", "c"], ...both);
    await fails(["a", "b", "d", "./b"], "/b is given twice; name every part once");
    await fails(["a", "other", "d"], "other with", "threshold", "predict all parts alike");
    await fails(["a", "empty"], "empty: there is no predict.json in it");
    await fails(["a", "nowhere"], "nowhere", "does not exist");
    await Deno.remove(`${folder}/b/movie.geojson`);
    await fails(["a", "b", "d"], "b/movie.geojson is missing; predict that part again");
    const error = await assertRejects(
      () => merge(folder, ["a", "b", "d"], "a"),
      InvalidArgumentError,
    );
    assertEquals(error.message.includes("it is one of the parts"), true);
  });
});

Deno.test("mergeParts() keeps what it merged, and nothing of other parts", async () => {
  await withFolder(FILES, async (folder) => {
    const job = { model: "unet", inputs: ["movie.tif"] };
    await predictIn(folder, { ...job, out: "a", frames: { first: 0, end: 4 } });
    await predictIn(folder, { ...job, out: "b", frames: { first: 4 } });
    await predictIn(folder, { ...job, out: "other", threshold: 0.6 });
    // A folder that is not there yet is none of the parts, whatever it is called.
    const out = "new/a";
    await merge(folder, ["b", "a"], out);
    const before = await filesIn(`${folder}/${out}`);
    await Deno.remove(`${folder}/${out}/movie.geojson`);
    assertEquals(typesOf(await merge(folder, ["a", "b"], out)), ["file", "done"]);
    assertEquals(await filesIn(`${folder}/${out}`), before);
    await assertRejects(() => merge(folder, ["other"], out), Error, "not of these parts");
    assertEquals(await filesIn(`${folder}/${out}`), before);
  });
});

Deno.test("mergeParts() copies no damaged file", async () => {
  await withFolder(FILES, async (folder) => {
    const job = { model: "unet", inputs: ["frames"] };
    await predictIn(folder, { ...job, out: "a", frames: { first: 0, end: 4 } });
    await predictIn(folder, { ...job, out: "b", frames: { first: 4 } });
    await Deno.truncate(`${folder}/b/t13.tif`, 100);
    await assertRejects(() => merge(folder, ["a", "b"], "out"), SyntaxError, "b/t13.tif");
  });
});

Deno.test("predict() does not take one part of a stack for another, nor ranges of something else", async () => {
  await withFolder(FILES, async (folder) => {
    const job = { model: "unet", inputs: ["movie.tif"], out: "part" };
    await predictIn(folder, { ...job, frames: { first: 0, end: 2 } });
    const again = (options: object) => predictIn(folder, { ...job, ...options });
    await assertRejects(
      () => again({ frames: { first: 2, end: 4 } }),
      Error,
      "of frames 0:2; give",
    );
    await assertRejects(() => again({}), Error, "Cannot predict all frames of");
    await again({ frames: { first: 0, end: 2 } });
    const beyond = { out: "x", frames: { first: 5, end: 9 } };
    await assertRejects(() => again(beyond), InvalidArgumentError, "it has frames 0 to 6");
    const findIn = async (model: string, input: string) => {
      const options = { model: `${folder}/${model}`, inputs: [`${folder}/${input}`] };
      await Array.fromAsync(findRanges({ ...options, out: `${folder}/r.json` }));
    };
    await findIn("unet", "frames");
    const known = { out: "y", ranges: "r.json" };
    await assertRejects(() => again(known), RangeError, "none is of");
    await Deno.remove(`${folder}/r.json`);
    await findIn("star", "movie.tif");
    await assertRejects(() => again(known), Error, "another model");
    await assertRejects(
      () => again({ ...known, ranges: "no.json" }),
      Error,
      "there is no such file",
    );
    const other = { ...known, ranges: "movie.tif" };
    await assertRejects(() => again(other), SyntaxError, "the command ranges did not write it");
  });
});

Deno.test("findRanges() keeps a file that it would write alike, and replaces no other", async () => {
  await withFolder(FILES, async (folder) => {
    const find = async (others: Partial<PredictOptions> = {}) => {
      const options = { model: `${folder}/unet`, inputs: [`${folder}/movie.tif`], ...others };
      const out = others.out ?? `${folder}/r.json`;
      return typesOf(await Array.fromAsync(findRanges({ ...options, out })));
    };
    assertEquals((await find()).includes("range"), true);
    const found = await Deno.readTextFile(`${folder}/r.json`);
    assertEquals((await find()).slice(-2), ["note", "done"]);
    assertEquals((await find()).includes("range"), false);
    await assertRejects(() => find({ threshold: 0.6 }), Error, "it was found with threshold");
    const inputs = [`${folder}/frames`];
    await assertRejects(() => find({ inputs }), Error, "it is of other videos; give another --out");
    await assertRejects(() => find({ out: `${folder}/movie.tif` }), Error, "no file of ranges");
    await assertRejects(() => find({ out: `${folder}/no/r.json` }), Error, "folder does not exist");
    assertEquals(await Deno.readTextFile(`${folder}/r.json`), found);
    await find({ inputs, overwrite: true });
    assertEquals(await Deno.readTextFile(`${folder}/r.json`) === found, false);
  });
});

Deno.test("listShards() cuts into pieces that differ by one frame at most", async () => {
  await withFolder(FILES, async (folder) => {
    const pieces = async (size: number) => {
      const shards = await Array.fromAsync(listShards([`${folder}/movie.tif`], { size }));
      return shards.map(({ first, end }) => `${first}:${end}`);
    };
    assertEquals(await pieces(3), ["0:2", "2:4", "4:7"]);
    assertEquals(await pieces(7), ["0:7"]);
    assertEquals(await pieces(100), ["0:7"]);
    assertEquals((await pieces(1)).length, 7);
    await assertRejects(() => pieces(0), RangeError, "whole number from 1");
  });
});
