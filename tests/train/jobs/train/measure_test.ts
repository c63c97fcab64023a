// What is measured of a network on stills and on a video, with networks whose answers are known.
import { assert, assertEquals } from "@std/assert";
import { runSteps } from "../../../../kernels/masks/mod.ts";
import { openDevice } from "../../../../kernels/open_device.ts";
import {
  defaultRayThresholds,
  type RayThresholds,
} from "../../../../nn/labels/stardist/thresholds.ts";
import { decodeSafeTensors } from "../../../../nn/safetensors.ts";
import { loadNetwork } from "../../../../nn/weights.ts";
import type { LabelImage, Plane } from "../../../../train/images/image.ts";
import { type Frames, heldFrames } from "../../../../train/images/series/frames.ts";
import { sampleFromPlanes } from "../../../../train/images/sample.ts";
import { liveliestFrames, measureModel } from "../../../../train/jobs/train/measure.ts";
import type { TrainingVideo } from "../../../../train/learn/training_set.ts";
import { starDist } from "../../../../train/models/stardist/kind.ts";
import { uNet } from "../../../../train/models/unet/kind.ts";
import { defaultPostprocess } from "../../../../train/models/unet/postprocess.ts";
import { evaluateFrames } from "../../../../train/objects/scores/evaluate.ts";
import type { Flicker } from "../../../../train/objects/scores/flicker.ts";
import { noiseImage, starNetwork } from "../../fixtures/models/star_network.ts";
import {
  labelsOf,
  picture,
  type Rectangle,
  thresholdModel,
} from "../../fixtures/models/threshold_model.ts";

const device = await openDevice();

const DECODE = { ...defaultPostprocess, threshold: 0.5, opening: 0, minSize: 0 };
const FILTER = { minOverlap: 0, fillGaps: false };

const STEADY: Rectangle = { x: 1, y: 1, width: 3, height: 4, value: 1 };
const BLINKING: Rectangle = { x: 7, y: 2, width: 4, height: 3, value: 1 };
/** What the frames show; the steady object is all that is true. */
const FRAMES = [[STEADY], [STEADY], [STEADY], [STEADY, BLINKING], [STEADY]];

/** A video, and the numbers of the frames that were asked of it. */
function videoOf(
  images: readonly Plane[],
  truth: readonly LabelImage[],
): { video: TrainingVideo; read: number[] } {
  const read: number[] = [];
  const held = heldFrames(images);
  const frames: Frames = {
    ...held,
    frame: (i) => {
      read.push(i);
      return held.frame(i);
    },
  };
  const video = { name: "cells", frames, truth: new Map(truth.entries()), markers: new Map() };
  return { video, read };
}

function brightCells(): { video: TrainingVideo; read: number[] } {
  return videoOf(FRAMES.map(picture), FRAMES.map(() => labelsOf([STEADY])));
}

/** A U-Net that finds what is bright, and how. */
function unet() {
  const from = "the test";
  const weights = decodeSafeTensors(thresholdModel(), from);
  return {
    network: loadNetwork(device, { weights, from }),
    objects: uNet.objects!,
    decode: DECODE,
  };
}

/** The measures of these objects on each frame. */
function evaluationOf(frames: readonly (readonly Rectangle[])[]) {
  return evaluateFrames(frames.map((rectangles, number) => ({
    number,
    labels: labelsOf(rectangles),
    truth: labelsOf([STEADY]),
  })));
}

Deno.test("measureModel() measures every frame once, and keeps the frames asked for", async () => {
  const { video, read } = brightCells();
  const options = { ...unet(), set: { test: [], videos: [video] } };
  const results = await measureModel(device, { ...options, shown: [0, 3] });
  assertEquals(results, {
    exposure: 1,
    stills: null,
    video: await evaluationOf(FRAMES),
    filtered: null,
    // All have 12 pixels; diameters are counted in classes 2 % wide.
    sizes: {
      objects: 6,
      median: Math.exp(Math.round(50 * Math.log(Math.sqrt(48 / Math.PI))) / 50),
    },
    tuned: null,
    shown: new Map([[0, labelsOf(FRAMES[0])], [3, labelsOf(FRAMES[3])]]),
    judged: { index: 2, labels: labelsOf(FRAMES[2]) },
  });
  assertEquals(read, [0, 1, 2, 3, 4]);
});

Deno.test("measureModel() counts and filters nothing across a missing frame", async () => {
  const { video } = brightCells();
  const times = [0, 1, 3, 4, 5];
  const set = { test: [], videos: [{ ...video, frames: { ...video.frames, times } }] };
  const options = { ...unet(), set, shown: [], filter: FILTER };
  const { video: measured, filtered } = await measureModel(device, options);
  assertEquals([measured?.flicker.pairs, filtered?.flicker.pairs], [3, 3]);
});

Deno.test("measureModel() keeps the liveliest frames unless told, and segments only them again", async () => {
  const { video, read } = brightCells();
  const options = { ...unet(), set: { test: [], videos: [video] } };
  const { shown, ...results } = await measureModel(device, options);
  assertEquals([...shown], [2, 3, 4].map((i) => [i, labelsOf(FRAMES[i])]));
  assertEquals(read, [0, 1, 2, 3, 4, 2, 3, 4]);
  const { shown: kept, ...same } = await measureModel(device, { ...options, shown: [2, 3, 4] });
  assertEquals([kept, same], [shown, results]);
});

Deno.test("measureModel() also measures what the temporal filter leaves, if it is asked for", async () => {
  const { video, read } = brightCells();
  const options = { ...unet(), set: { test: [], videos: [video] } };
  const results = await measureModel(device, { ...options, shown: [3], filter: FILTER });
  assertEquals(results.filtered, await evaluationOf(FRAMES.map(() => [STEADY])));
  assertEquals(results.video, await evaluationOf(FRAMES));
  assertEquals(results.shown.get(3), labelsOf(FRAMES[3]));
  assertEquals(read, [0, 1, 2, 3, 4]);
});

Deno.test("measureModel() measures stills that have labels, with or without a video", async () => {
  const still = (found: readonly Rectangle[], truth?: readonly Rectangle[]) =>
    sampleFromPlanes([picture(found)], truth && labelsOf(truth));
  const test = [
    still([STEADY, BLINKING], [STEADY, BLINKING]),
    still([STEADY], [STEADY, BLINKING]),
    still([BLINKING]),
  ];
  const options = { ...unet(), set: { test, videos: [] } };
  const results = await measureModel(device, { ...options, filter: FILTER });
  const accuracies = Array(10).fill(3 / 4);
  assertEquals(results, {
    exposure: 1,
    stills: { ap50: 3 / 4, meanAp: 3 / 4, accuracies },
    video: null,
    filtered: null,
    tuned: null,
    shown: new Map(),
    judged: null,
  });
});

Deno.test("measureModel() of StarDist finds with its thresholds, and compares them with the default", async () => {
  const network = await starNetwork(device, { grid: 2, length: 5 });
  const images = [1, 2, 3].map((seed) => noiseImage(48, 40, seed));
  for (const prob of [0.35, 0.7]) {
    const decode = { prob, nms: 0.4 };
    const objects = starDist.objects!;
    const segment = async (image: Plane, decode: RayThresholds) =>
      (await runSteps(device, objects.segment(device, { network, image, decode }))).labels;
    const found = await Promise.all(images.map((image) => segment(image, decode)));
    const fixed = await Promise.all(images.map((image) => segment(image, defaultRayThresholds)));
    const { video } = videoOf(images, fixed);
    const test = images.map((image, i) => sampleFromPlanes([image], fixed[i]));
    const set = { test, videos: [video] };
    const results = await measureModel(device, { network, objects, decode, set });
    assertEquals(results.shown, new Map(found.entries()), `threshold ${prob}`);
    assertEquals(results.tuned?.decode, decode);
    assertEquals(results.tuned?.fixedStills?.meanAp, 1);
    assertEquals(results.tuned?.fixedVideo?.meanAp, 1);
    assert(results.stills!.ap50 < 1 && results.video!.mean_ap! < 1, `threshold ${prob}`);
  }
});

/** Flicker of which only the areas matter. */
function areas(...area_per_frame: number[]): Flicker {
  return { area_per_frame } as Partial<Flicker> as Flicker;
}

Deno.test("liveliestFrames() are the three between which the area changes most", () => {
  assertEquals(liveliestFrames(areas(5, 5, 9, 5, 5, 6)), [1, 2, 3]);
  assertEquals(liveliestFrames(areas(9, 1, 9, 9, 9, 2, 9)), [0, 1, 2]);
  assertEquals(liveliestFrames(areas(1, 1, 1, 1)), [0, 1, 2]);
  assertEquals(liveliestFrames(areas(1, 2, 3)), [0, 1, 2]);
  assertEquals(liveliestFrames(areas(1, 2)), [0, 1]);
  assertEquals(liveliestFrames(areas(1)), [0]);
  // Across a missing frame nothing is compared.
  const times = [0, 1, 3, 4, 5, 6];
  assertEquals(liveliestFrames(areas(5, 5, 9, 9, 8, 8), { times }), [2, 3, 4]);
  assertEquals(liveliestFrames(areas(5, 5, 9), { times: [0, 2, 4] }), [0, 1, 2]);
});
