import { assert, assertEquals, assertRejects } from "@std/assert";
import { listStills, readStill } from "../../../../train/images/series/stills.ts";
import { openDevice } from "../../../../kernels/open_device.ts";
import { storingHalves } from "../../../../nn/storing_halves.ts";
import { BUILTIN, builtinModel, builtinStills } from "../../../../train/models/builtin/mod.ts";
import { buildModel, objectScaleIn, readingOf } from "../../../../train/models/model_file.ts";
import { bytesOfTile } from "../../../../train/models/tiles/tiling.ts";
import { segmentImage } from "../../../../train/models/segment_image.ts";
import { overlapOf } from "../../../../train/objects/overlap.ts";
import { tallyMatches } from "../../../../train/objects/scores/matching.ts";
import { scoresOf, sumTallies } from "../../../../train/objects/scores/matching_scores.ts";
import { unzipSync } from "fflate";
import { starModel } from "../../fixtures/models/star_model.ts";

const STILLS = new URL("../../../../train/models/builtin/stills.zip", import.meta.url);

/** Bytes as an address that can be fetched. */
function addressOf(bytes: Uint8Array): URL {
  return new URL(`data:application/octet-stream;base64,${bytes.toBase64()}`);
}

Deno.test("builtinModel() reads the model at its address, with thresholds", async () => {
  const from = addressOf(starModel({ thresholds: { prob: 0.375, nms: 0.25 } }));
  const file = await builtinModel({ from });
  assertEquals(file.file, BUILTIN);
  assertEquals(file.kind.name, "stardist");
  assertEquals(readingOf(file).decode, { prob: 0.375, nms: 0.25 });
});

Deno.test("builtinModel() takes the bytes themselves, where nothing can be fetched", async () => {
  const from = starModel({ thresholds: { prob: 0.375, nms: 0.25 } });
  assertEquals(readingOf(await builtinModel({ from })).decode, { prob: 0.375, nms: 0.25 });
});

Deno.test("builtinModel() says what it could not load, and from where", async () => {
  const from = new URL("./nothing.safetensors", import.meta.url);
  const error = await assertRejects(() => builtinModel({ from }), Error);
  assert(error.message.startsWith(`Cannot load the built-in model from ${from}: `), error.message);
});

Deno.test("builtinStills() has forty patches with objects in their masks, in at most 1.5 MB", async () => {
  assert((await Deno.stat(STILLS)).size <= 1.5e6);
  const source = await builtinStills();
  const { train, test, notes } = await listStills(source, BUILTIN);
  assertEquals([train.length, test.length, notes], [40, 0, []]);
  const index = new TextDecoder().decode(unzipSync(await Deno.readFile(STILLS))["index.csv"]);
  const rows = index.trim().split("\n").slice(1).map((row) => row.split(","));
  for (const [at, files] of train.entries()) {
    const { name, image, labels } = await readStill(source, files);
    const [patch, , , , side, objects] = rows[at];
    assertEquals(`${name}.png`, patch);
    assertEquals([image.width, image.height], [Number(side), Number(side)]);
    assertEquals(new Set(labels.data.filter((id) => id > 0)).size, Number(objects), name);
    assert(Number(objects) > 0);
  }
});

const WEIGHTS = new URL("../../../../train/models/builtin/nuclei.safetensors", import.meta.url);

Deno.test("the built-in model is at most 3 MB, and knows how large its objects are", async () => {
  assert((await Deno.stat(WEIGHTS)).size <= 3e6);
  const file = await builtinModel();
  const { low, median, high } = objectScaleIn(file)!;
  assert(5 < low && low < median && median < high && high < 100, `${low} ${median} ${high}`);
});

Deno.test("the built-in model finds the objects of the built-in stills", async () => {
  using device = await openDevice();
  const model = buildModel(device, await builtinModel());
  const source = await builtinStills();
  const { train } = await listStills(source, BUILTIN);
  const tallies = [];
  for (const files of train.filter((_, i) => i % 5 === 0)) {
    const { image, labels: truth } = await readStill(source, files);
    const { labels: prediction } = await segmentImage(device, model, { image });
    tallies.push(tallyMatches(overlapOf(truth, prediction), { threshold: 0.5 }));
  }
  // It learned from them, and their edges cut objects: that says only that weights and reading belong
  // together. Measured: 0.69; 0.71 over all forty.
  const { accuracy } = scoresOf(sumTallies(tallies));
  assert(accuracy > 0.6, `average precision ${accuracy}`);
});

Deno.test("the built-in model finds the same with halves from layer to layer, in half of the memory", async () => {
  using device = await openDevice();
  const model = buildModel(device, await builtinModel());
  const halving = { ...model, network: storingHalves(model.network) };
  const [floats, halves] = [model, halving].map(({ network }) =>
    bytesOfTile(device, { network, view: { width: 256, height: 256 } }).peak
  );
  assert(halves < 0.56 * floats, `${halves} of ${floats} bytes`);
  const source = await builtinStills();
  const { train } = await listStills(source, BUILTIN);
  for (const files of train.filter((_, i) => i % 13 === 0)) {
    const { image } = await readStill(source, files);
    const exact = await segmentImage(device, model, { image, wantsMap: true });
    const { labels, count, map } = await segmentImage(device, halving, { image, wantsMap: true });
    assertEquals(count, exact.count);
    // Over twenty stills, 239 objects: 0.9998, and maps differ by 0.0013 at most, by 2e-5 on average.
    const tally = tallyMatches(overlapOf(exact.labels, labels), { threshold: 0.5 });
    assert(scoresOf(sumTallies([tally])).panoptic_quality > 0.995);
    const differences = map!.data.map((value, i) => Math.abs(value - exact.map!.data[i]));
    assert(differences.every((difference) => difference < 0.005));
    assert(differences.some((difference) => difference > 0), "nothing was rounded");
  }
});
