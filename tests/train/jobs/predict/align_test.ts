import { assert, assertEquals } from "@std/assert";
import { decodeImage, readLabels } from "../../../../train/images/formats/decode.ts";
import { encodeGreyTiff } from "../../../../train/images/formats/encode.ts";
import type { LabelImage, Plane } from "../../../../train/images/image.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";
import { NO_MARGIN } from "../../../../train/images/registration/pixel_grid.ts";
import { outlinesWithout } from "../../../../train/jobs/predict/align.ts";
import { predict } from "../../../../train/jobs/predict/predict.ts";
import type { PredictOptions } from "../../../../train/jobs/predict/predict_options.ts";
import { probabilityTiff } from "../../../../train/objects/formats/probability_tiff.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { peaks, starModel } from "../../fixtures/models/star_model.ts";

const SIZE = { width: 96, height: 80 };
/** Places away from each other and from the edge. */
const PLACES = [[16, 20], [20, 60], [40, 38], [60, 18], [58, 72], [34, 76]]
  .map(([row, column], i) => ({ row, column, value: 1024 - 20 * i }));
/** How the camera moves. */
const SHIFTS = [[0, 0], [1, 1], [2, -1], [5, 3]];

function moved(image: Plane, [down, right]: readonly number[]): Plane {
  const { width, height } = image;
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [row, column] = [y - down, x - right];
      if (row >= 0 && row < height && column >= 0 && column < width) {
        data[y * width + x] = image.data[row * width + column];
      }
    }
  }
  return { width, height, data };
}

function back({ width, height, data }: LabelImage, shift: readonly number[]): number[] {
  const plane = { width, height, data: Float32Array.from(data) };
  return [...moved(plane, shift.map((way) => -way)).data];
}

Deno.test("predict() with stabilise sees what stands still alike in all frames", async () => {
  const still = peaks(PLACES, SIZE);
  const files = {
    "model/weights.safetensors": starModel(),
    ...Object.fromEntries(
      SHIFTS.map((shift, t) => [`v/t${t}.tif`, encodeGreyTiff([moved(still, shift)])]),
    ),
  };
  await withFolder(files, async (folder) => {
    const run = async (out: string, options: Partial<PredictOptions>) => {
      const own = { model: `${folder}/model`, inputs: [`${folder}/v`], out: `${folder}/${out}` };
      await Array.fromAsync(predict({ ...own, ...options }));
      return await Promise.all(SHIFTS.map(async (shift, t) => {
        const image = await decodeImage(disk, `${folder}/${out}/t${t}.tif`);
        const labels = await readLabels(image, 0);
        assertEquals({ width: labels.width, height: labels.height }, SIZE);
        return back(labels, shift);
      }));
    };
    const [first, ...others] = await run("stable", {
      stabilise: true,
      outputs: [probabilityTiff],
    });
    assertEquals(new Set(first).size, PLACES.length + 1);
    others.forEach((labels, t) => assertEquals(labels, first, `frame ${t + 1}`));
    const [turned, ...othersTurned] = await run("turned", { stabilise: true, views: 2 });
    othersTurned.forEach((labels, t) => assertEquals(labels, turned, `turned frame ${t + 1}`));
    const plain = await run("plain", {});
    assertEquals(plain[0], first);
    assert(plain.some((labels) => labels.some((id, at) => id !== first[at])));
    // A part registers what comes before it, too.
    const [, , part] = await run("part", { stabilise: true }).then(async (all) => {
      await Array.fromAsync(predict({
        ...{ model: `${folder}/model`, inputs: [`${folder}/v`], out: `${folder}/last` },
        ...{ stabilise: true, frames: { first: 2, end: 3 } },
      }));
      return all;
    });
    const alone = await decodeImage(disk, `${folder}/last/t2.tif`);
    assertEquals(back(await readLabels(alone, 0), SHIFTS[2]), part);
  });
});

Deno.test("predict() with subpixel shows the network what lies between pixels, and moves objects back", async () => {
  // The scene lies between two columns of every second frame.
  const still = peaks(PLACES, SIZE);
  const beside = moved(still, [0, 1]);
  const between = { ...still, data: still.data.map((value, at) => (value + beside.data[at]) / 2) };
  const files = {
    "model/weights.safetensors": starModel(),
    ...Object.fromEntries(
      [still, between, still].map((image, t) => [`v/t${t}.tif`, encodeGreyTiff([image])]),
    ),
  };
  await withFolder(files, async (folder) => {
    const run = async (out: string, options: Partial<PredictOptions>) => {
      const own = { model: `${folder}/model`, inputs: [`${folder}/v`], out: `${folder}/${out}` };
      await Array.fromAsync(predict({ ...own, stabilise: true, ...options }));
      return await Promise.all([0, 1, 2].map(async (t) => {
        const image = await decodeImage(disk, `${folder}/${out}/t${t}.tif`);
        return await readLabels(image, 0);
      }));
    };
    const centres = ({ width, data }: LabelImage) => {
      const [sum, count] = [new Map<number, number>(), new Map<number, number>()];
      data.forEach((id, at) => {
        sum.set(id, (sum.get(id) ?? 0) + at % width);
        count.set(id, (count.get(id) ?? 0) + 1);
      });
      sum.delete(0);
      return [...sum].map(([id, total]) => total / count.get(id)!).sort((a, b) => a - b);
    };
    const [whole, fine] = [await run("whole", {}), await run("fine", { subpixel: true })];
    assertEquals(fine[0], whole[0]);
    const [first, second] = fine.map(centres);
    assertEquals(second.length, first.length);
    second.forEach((x, i) => assert(x - first[i] > 0.1 && x - first[i] < 0.9, `${x} ${first[i]}`));
    const { settings } = JSON.parse(await Deno.readTextFile(`${folder}/fine/predict.json`));
    assertEquals([settings.stabilise, settings.subpixel], [true, true]);
  });
});

Deno.test("outlinesWithout() moves outlines and leaves out those that lie in the margin", () => {
  const square = [[3, 2], [5, 2], [5, 4], [3, 4]] as const;
  const labels = { width: 4, height: 4, data: Uint32Array.of(0, 7, ...Array(14).fill(0)) };
  const outlines = [{ label: 7, parts: [square], holes: [square] }, { label: 8, parts: [square] }];
  assertEquals(outlinesWithout(outlines, { labels, margin: { ...NO_MARGIN, top: 1, left: 2 } }), [{
    label: 7,
    parts: [[[1, 1], [3, 1], [3, 3], [1, 3]]],
    holes: [[[1, 1], [3, 1], [3, 3], [1, 3]]],
  }]);
  assertEquals(outlinesWithout(outlines, { labels, margin: NO_MARGIN }), outlines);
  const rest = { y: 0.25, x: -0.5 };
  assertEquals(
    outlinesWithout(outlines, { labels, margin: NO_MARGIN, rest })[0].parts[0][0],
    [2.5, 2.25],
  );
});
