// Tracks of parts that were merged are those of prediction and tracking in one process.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { mergeTracks, type MergeTracksOptions } from "../../../../train/jobs/merge/merge_tracks.ts";
import { predict } from "../../../../train/jobs/predict/predict.ts";
import type { PredictOptions } from "../../../../train/jobs/predict/predict_options.ts";
import { predictTracks, type TrackingOptions } from "../../../../train/jobs/predict_tracks.ts";
import { encodeGreyTiff } from "../../../../train/images/formats/encode.ts";
import { doubtfulTiff } from "../../../../train/objects/formats/doubtful_tiff.ts";
import { peaks, starModel } from "../../fixtures/models/star_model.ts";
import { probabilityTiff } from "../../../../train/objects/formats/probability_tiff.ts";
import { type Rectangle, thresholdModel, tiffOf } from "../../fixtures/models/threshold_model.ts";
import { filesIn, withFolder } from "../../fixtures/temporary.ts";
import { typesOf } from "../../fixtures/told.ts";

/** One that goes to the right and is missing in frame 3, at a seam; one that comes in frame 1. */
const FRAMES = Array.from({ length: 6 }, (_, t): Rectangle[] => [
  ...(t === 3 ? [] : [{ x: 1 + t, y: 5, width: 4, height: 3 }]),
  ...(t === 0 ? [] : [{ x: 8, y: 0, width: 4, height: 3 }]),
]);

const FILES = {
  "model/weights.safetensors": thresholdModel(),
  "movie.tif": tiffOf(...FRAMES),
  ...Object.fromEntries(FRAMES.map((frame, t) => [`v/t${t}.tif`, tiffOf(frame)])),
  ...Object.fromEntries(FRAMES.map((frame, t) => [`w/t${t}.tif`, tiffOf(frame)])),
};

const PARTS = [[0, 2], [2, 3], [3, 6]] as const;

async function predictParts(cwd: string, options: Partial<PredictOptions> = {}) {
  const { inputs = [], ...others } = options;
  const parts: string[] = [];
  for (const [first, end] of PARTS) {
    const out = `${cwd}/part-${first}`;
    parts.unshift(out);
    const own = { model: `${cwd}/model`, inputs, out, frames: { first, end }, ...others };
    await Array.fromAsync(predict(own));
  }
  return parts;
}

async function merge(
  options: MergeTracksOptions,
  tracking: TrackingOptions = {},
): Promise<string[]> {
  return typesOf(await Array.fromAsync(mergeTracks(options, tracking)));
}

Deno.test("mergeTracks() gives the bytes of predictTracks(), with gaps over the seams", async () => {
  const tracking = { fill: "probable", ctc: true, movie: true, stabilise: true } as const;
  for (const input of ["movie.tif", "v"]) {
    await withFolder(FILES, async (cwd) => {
      const inputs = [`${cwd}/${input}`];
      const [out, model] = [`${cwd}/out`, `${cwd}/model`];
      await Array.fromAsync(predictTracks({ model, inputs, out }, tracking));
      const whole = await filesIn(out);
      await Deno.remove(out, { recursive: true });
      const parts = await predictParts(cwd, { inputs, outputs: [probabilityTiff] });
      await merge({ parts, out }, tracking);
      const merged = await filesIn(out);
      assertEquals(Object.keys(merged), Object.keys(whole));
      const others = Object.keys(whole).filter((name) => merged[name] !== whole[name]);
      assertEquals(others, [], input);
      // Two tracks, of which none ends at a seam: counted by hand.
      const table = await Deno.readTextFile(`${out}/tracks.csv`);
      assertEquals(table.trim().split("\n").slice(1).map((line) => line.slice(0, 7)), [
        ...["1,0,0,5", "2,0,1,5"],
      ]);
      const again = await merge({ parts, out }, tracking);
      assertEquals(again.filter((type) => type === "file"), []);
      assertEquals(await filesIn(out), whole);
    });
  }
});

Deno.test("mergeTracks() gives each video a folder, and takes images that were moved", async () => {
  await withFolder(FILES, async (cwd) => {
    const inputs = [`${cwd}/v`, `${cwd}/w`];
    const out = `${cwd}/out`;
    await Array.fromAsync(predictTracks({ model: `${cwd}/model`, inputs, out }, {}));
    const whole = await filesIn(out);
    await Deno.remove(out, { recursive: true });
    const parts = await predictParts(cwd, { inputs });
    await merge({ parts, out });
    assertEquals(await filesIn(out), whole);
    await assertRejects(() => merge({ parts, out, images: "x" }), RangeError, "2 videos");
    await Deno.rename(`${cwd}/w`, `${cwd}/moved`);
    const other = `${cwd}/other`;
    await assertRejects(() => merge({ parts, out: other }), RangeError, "name the images with");
    assertEquals(await Deno.stat(other).then(() => true, () => false), false);
  });
  await withFolder(FILES, async (cwd) => {
    const parts = await predictParts(cwd, { inputs: [`${cwd}/movie.tif`] });
    const images = `${cwd}/moved.tif`;
    await Deno.rename(`${cwd}/movie.tif`, images);
    await merge({ parts, out: `${cwd}/out`, images });
    const { images: said } = JSON.parse(await Deno.readTextFile(`${cwd}/out/track.json`)).inputs[0];
    assertEquals(said, images);
  });
});

Deno.test("mergeTracks() fills from what a StarDist proposed in parts, stabilised as the whole", async () => {
  const size = { width: 61, height: 42 };
  const frames = [1024, 1024, 512, 1024, 1024, 1024].map((value, t) =>
    peaks([{ row: 10 + t, column: 12 }, { row: 28, column: 40 - t, value }], size)
  );
  const files = {
    "model/weights.safetensors": starModel(),
    ...Object.fromEntries(frames.map((frame, t) => [`v/t${t}.tif`, encodeGreyTiff([frame])])),
  };
  await withFolder(files, async (cwd) => {
    const inputs = [`${cwd}/v`];
    const [out, model] = [`${cwd}/out`, `${cwd}/model`];
    const tracking = { fill: "probable", stabilise: true } as const;
    await Array.fromAsync(predictTracks({ model, inputs, out, stabilise: true }, tracking));
    const whole = await filesIn(out);
    assert("untracked/doubtful/t2.tif" in whole);
    await Deno.remove(out, { recursive: true });
    const parts = await predictParts(cwd, { inputs, stabilise: true, outputs: [doubtfulTiff] });
    await merge({ parts, out }, tracking);
    const merged = await filesIn(out);
    assertEquals(Object.keys(merged), Object.keys(whole));
    assertEquals(Object.keys(whole).filter((name) => merged[name] !== whole[name]), []);
  });
});
