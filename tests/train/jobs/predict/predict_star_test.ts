// Prediction with a StarDist model: its thresholds, and flags that are none of its business.
import { exitCodeOf } from "../../../../train/console/session/exit_codes.ts";
import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { decodeImage, readLabels, readPlane } from "../../../../train/images/formats/decode.ts";
import { encodeGreyTiff } from "../../../../train/images/formats/encode.ts";
import type { LabelImage } from "../../../../train/images/image.ts";
import { predict } from "../../../../train/jobs/predict/predict.ts";
import type { PredictOptions } from "../../../../train/jobs/predict/predict_options.ts";
import { probabilityTiff } from "../../../../train/objects/formats/probability_tiff.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import {
  diamonds,
  type Peak,
  peakProbability,
  peaks,
  starModel,
} from "../../fixtures/models/star_model.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";

const SIZE = { width: 61, height: 42 };
const A: Peak = { row: 10, column: 12 };
/** So near to A that their diamonds share a quarter of their area. */
const NEAR_A: Peak = { row: 10, column: 18, value: 896 };
const DIM: Peak = { row: 28, column: 40, value: 512 };

const FILES = {
  "model/weights.safetensors": starModel(),
  "a.tif": encodeGreyTiff([peaks([A, NEAR_A, DIM], SIZE)]),
};

async function predictIn(folder: string, options: Partial<PredictOptions> = {}) {
  const [model, inputs, out] = [`${folder}/model`, [`${folder}/a.tif`], `${folder}/out`];
  return await Array.fromAsync(predict({ model, inputs, out, overwrite: true, ...options }));
}

async function labelsIn(folder: string): Promise<LabelImage> {
  return await readLabels(await decodeImage(disk, `${folder}/out/a.tif`), 0);
}

Deno.test("predict() finds objects with the thresholds of a StarDist model", async () => {
  await withFolder(FILES, async (folder) => {
    const [frame] = await predictIn(folder);
    assert(frame.type === "frame");
    assertEquals(frame.objects, 2);
    assertEquals(await labelsIn(folder), diamonds([A, NEAR_A], SIZE));
    const cases: [prob: number, nms: number, places: Peak[]][] = [
      [0.1, 0.4, [A, NEAR_A, DIM]],
      [0.5, 0.2, [A]],
    ];
    for (const [prob, nms, places] of cases) {
      const bytes = starModel({ thresholds: { prob, nms } });
      await Deno.writeFile(`${folder}/model/weights.safetensors`, bytes);
      await predictIn(folder);
      assertEquals(await labelsIn(folder), diamonds(places, SIZE));
    }
  });
});

Deno.test("predict() finds objects with other thresholds than the model's", async () => {
  await withFolder(FILES, async (folder) => {
    const found = async (options: Partial<PredictOptions>, places: Peak[]) => {
      await predictIn(folder, options);
      assertEquals(await labelsIn(folder), diamonds(places, SIZE), JSON.stringify(options));
    };
    await found({ threshold: 0.1 }, [A, NEAR_A, DIM]);
    await found({ nms: 0.2 }, [A]);
    await found({ nms: 0.26 }, [A, NEAR_A]);
    await found({ threshold: 0.9 }, [A]);
    await found({ threshold: 1 }, []);
  });
});

Deno.test("predict() writes probability maps of all pixels for a grid of 2", async () => {
  await withFolder(FILES, async (folder) => {
    await predictIn(folder, { outputs: [probabilityTiff] });
    const { width, height, data } = await readPlane(
      await decodeImage(disk, `${folder}/out/probability/a.tif`),
      0,
    );
    assertEquals({ width, height }, SIZE);
    for (const peak of [A, DIM]) {
      for (const [down, right] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
        const at = (peak.row + down) * width + peak.column + right;
        assertAlmostEquals(data[at], peakProbability(peak), 1e-5);
      }
    }
  });
});

Deno.test("predict() refuses what a StarDist model cannot do, and writes nothing", async () => {
  await withFolder(FILES, async (folder) => {
    const fails = async (options: Partial<PredictOptions>, says: string) => {
      const error = await assertRejects(() => predictIn(folder, options), Error, says);
      assert(error.message.includes("leave") || error.message.includes("expected"));
      assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
        "a.tif",
        "model",
      ]);
    };
    const model = `${folder}/model, a model of StarDist: `;
    await fails({ threshold: "otsu" }, `Cannot use --threshold otsu with ${model}`);
    await fails({ opening: 1 }, `Cannot use --opening with ${model}its objects are polygons`);
    await fails({ opening: 0 }, `Cannot use --opening with ${model}`);
    await fails({ minSize: 5 }, `Cannot use --min-size with ${model}`);
    const error = await assertRejects(() => predictIn(folder, { minSize: 5 }));
    assertEquals(exitCodeOf(error), 2);
    await fails({ threshold: 1.5 }, "Cannot use --threshold 1.5: expected a number from 0 to 1");
    await fails({ nms: -0.1 }, "Cannot use --nms -0.1: expected a number from 0 to 1");
    await fails({ nms: NaN }, "Cannot use --nms NaN");
  });
});
