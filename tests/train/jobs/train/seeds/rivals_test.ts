// What a model is worth that looks at a video in other ways, with a network whose answers are known.
import { assertEquals } from "@std/assert";
import { openDevice } from "../../../../../kernels/open_device.ts";
import { decodeSafeTensors } from "../../../../../nn/safetensors.ts";
import { loadNetwork } from "../../../../../nn/weights.ts";
import type { Network } from "../../../../../nn/module.ts";
import type { ObjectModel } from "../../../../../train/models/model_kind.ts";
import { heldFrames } from "../../../../../train/images/series/frames.ts";
import { measureRivals, rivalLooks } from "../../../../../train/jobs/train/seeds/rivals.ts";
import { uNet } from "../../../../../train/models/unet/kind.ts";
import { defaultPostprocess } from "../../../../../train/models/unet/postprocess.ts";
import { evaluateFrames } from "../../../../../train/objects/scores/evaluate.ts";
import {
  labelsOf,
  picture,
  type Rectangle,
  thresholdModel,
} from "../../../fixtures/models/threshold_model.ts";

const device = await openDevice();

const STEADY: Rectangle = { x: 1, y: 1, width: 3, height: 4, value: 1 };
const BLINKING: Rectangle = { x: 7, y: 2, width: 4, height: 3, value: 1 };
const DIM: Rectangle = { x: 6, y: 8, width: 4, height: 3, value: 0.3 };
/** What the frames show. */
const FRAMES = [[STEADY], [STEADY], [STEADY, BLINKING], [STEADY], [STEADY]]
  .map((rectangles) => [...rectangles, DIM]);

/** The measures of these objects on each frame. */
function evaluationOf(frames: readonly (readonly Rectangle[])[]) {
  return evaluateFrames(frames.map((rectangles, number) => ({
    ...{ number, labels: labelsOf(rectangles), truth: labelsOf([STEADY, DIM]) },
  })));
}

Deno.test("measureRivals() looks plainly, lets frames vote, and averages views", async () => {
  const weights = decodeSafeTensors(thresholdModel(), "the test");
  const network = loadNetwork(device, { weights, from: "the test" });
  const images = FRAMES.map(picture);
  const truth = new Map(FRAMES.map((_, t) => [t, labelsOf([STEADY, DIM])]));
  const video = { name: "cells", frames: heldFrames(images), truth, markers: new Map() };
  const rivals = await measureRivals(device, {
    ...{ network, video, objects: uNet.objects!, exposure: 4, field: 0 },
    decode: { ...defaultPostprocess, threshold: 0.5, opening: 0, minSize: 0 },
    filter: { minOverlap: 0, fillGaps: false },
  });
  assertEquals(Object.keys(rivals), ["plain", "voted", "views"]);
  const bright = FRAMES.map((rectangles) => rectangles.filter((one) => one !== DIM));
  assertEquals(rivals.plain, await evaluationOf(bright));
  assertEquals(rivals.voted, await evaluationOf(FRAMES.map(() => [STEADY, DIM])));
  assertEquals(rivals.views, await evaluationOf(FRAMES));
});

Deno.test("rivalLooks() has what a model can do, and no second look at exposure 1", () => {
  const { propose: _, ...silent } = uNet.objects!;
  const network = (rays?: number) => {
    return { architecture: { kind: "any", options: { rays } } } as unknown as Network;
  };
  const looks = (objects: ObjectModel, rays?: number) =>
    Object.keys(rivalLooks({ objects, network: network(rays), exposure: 1 }));
  assertEquals(looks(silent), ["views"]);
  assertEquals(looks(uNet.objects!), ["voted", "views"]);
  assertEquals(looks(uNet.objects!, 8), ["voted", "views"]);
  assertEquals(looks(uNet.objects!, 6), ["voted"]);
});
