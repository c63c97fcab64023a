// The choice of thresholds: that of a search that decodes everything anew at each pair of them.
import { assert, assertEquals } from "@std/assert";
import { openDevice } from "../../../../kernels/open_device.ts";
import { findCandidates, type RayMaps } from "../../../../nn/labels/stardist/candidates.ts";
import { findObjects } from "../../../../nn/labels/stardist/objects.ts";
import {
  optimizeThresholds,
  type RayThresholds,
} from "../../../../nn/labels/stardist/thresholds.ts";
import type { Network } from "../../../../nn/module.ts";
import { parameterTensors } from "../../../../nn/weights.ts";
import { IGNORED_LABEL, type LabelImage } from "../../../../train/images/image.ts";
import { type Sample, sampleFromPlanes } from "../../../../train/images/sample.ts";
import { matching } from "../../../../train/objects/scores/matching.ts";
import { pickThresholds } from "../../../../train/models/stardist/thresholds.ts";
import { noiseImage, starNetwork, wholeAnswer } from "../../fixtures/models/star_network.ts";

const device = await openDevice({ kernels: { "upConv2d forward": "separate" } });
const DEFAULTS: RayThresholds = { prob: 0.5, nms: 0.4 };

/** What a network finds in an image with given thresholds, all from the beginning. */
function decode(
  maps: RayMaps,
  { grid, thresholds, ...size }: {
    grid: number;
    thresholds: RayThresholds;
    width: number;
    height: number;
  },
): Uint32Array {
  const candidates = findCandidates(maps, { threshold: thresholds.prob, grid });
  return findObjects(candidates, { nmsThreshold: thresholds.nms, ...size }).labels;
}

/** Objects of two images whose IoU reaches a threshold over one half, or the most for lower ones. */
function countMatches(truth: Uint32Array, found: Uint32Array, threshold: number) {
  const sizes = (labels: Uint32Array) => {
    const counts = new Map<number, number>();
    for (const id of labels) if (id > 0) counts.set(id, (counts.get(id) ?? 0) + 1);
    return counts;
  };
  const [trueSizes, foundSizes] = [sizes(truth), sizes(found)];
  const shared = new Map<string, number>();
  truth.forEach((id, i) => {
    if (id > 0 && found[i] > 0) {
      const key = `${id} ${found[i]}`;
      shared.set(key, (shared.get(key) ?? 0) + 1);
    }
  });
  const partners = new Map<number, number[]>();
  for (const [key, common] of shared) {
    const [a, b] = key.split(" ").map(Number);
    const iou = common / (trueSizes.get(a)! + foundSizes.get(b)! - common);
    if (iou >= threshold) partners.set(a, [...partners.get(a) ?? [], b]);
  }
  // Augmenting paths: the most pairs that there can be.
  const taken = new Map<number, number>();
  const place = (a: number, seen: Set<number>): boolean =>
    (partners.get(a) ?? []).some((b) => {
      if (seen.has(b)) return false;
      seen.add(b);
      const other = taken.get(b);
      if (other !== undefined && !place(other, seen)) return false;
      taken.set(b, a);
      return true;
    });
  const matched = [...trueSizes.keys()].filter((a) => place(a, new Set())).length;
  return { matched, all: trueSizes.size + foundSizes.size - matched };
}

/** The thresholds that the golden-section search finds when everything is decoded for each pair. */
async function bruteForce(network: Network, stills: readonly Sample[]): Promise<RayThresholds> {
  const { grid } = network;
  const images = await Array.fromAsync(stills, async ({ width, height, image, labels }) => {
    const maps = await wholeAnswer(device, { network, image: { width, height, data: image } });
    return { maps, truth: labels!, width, height };
  });
  const score = (thresholds: RayThresholds) => {
    const found = images.map(({ maps, width, height }) =>
      decode(maps, { grid, thresholds, width, height })
    );
    const accuracies = [0.3, 0.5, 0.7].map((iou) => {
      const counts = images.map(({ truth }, i) => countMatches(truth, found[i], iou));
      const [matched, all] = [0, 0].map((_, k) =>
        counts.reduce((sum, count) => sum + [count.matched, count.all][k], 0)
      );
      return matched === 0 ? 0 : matched / all;
    });
    return accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / 3;
  };
  const maxProb = Math.max(...images.flatMap(({ maps }) => [...maps.prob]));
  const { prob, nms } = await optimizeThresholds(score, { maxProb });
  return { prob, nms };
}

/**
 * Stills whose truth is what the network itself finds with given thresholds, with every third object
 * left out: so thresholds matter, and no score is perfect.
 */
async function stillsFor(
  network: Network,
  { count, thresholds }: { count: number; thresholds: RayThresholds },
): Promise<Sample[]> {
  return await Array.fromAsync({ length: count }, async (_, i) => {
    const image = noiseImage(50 + 3 * i, 41 + i, i);
    const maps = await wholeAnswer(device, { network, image });
    const { width, height } = image;
    const data = decode(maps, { grid: network.grid, thresholds, width, height });
    const truth: LabelImage = {
      width,
      height,
      data: data.map((id) => id % 3 === 2 ? 0 : id) as Uint32Array<ArrayBuffer>,
    };
    return sampleFromPlanes([image], truth);
  });
}

Deno.test("pickThresholds() is the search that decodes from scratch at every pair", async () => {
  const seen = new Set<string>();
  const wanted = [{ prob: 0.6, nms: 0.5 }, { prob: 0.75, nms: 0.3 }, { prob: 0.5, nms: 0.4 }];
  for (const [i, thresholds] of wanted.entries()) {
    const network = await starNetwork(device, { grid: [2, 1, 4][i], length: [4, 3, 6][i] });
    const stills = await stillsFor(network, { count: 3 - i, thresholds });
    const picked = await pickThresholds(device, { network, stills });
    assertEquals(picked, await bruteForce(network, stills), `still set ${i}`);
    seen.add(JSON.stringify(picked));
  }
  assertEquals(seen.size, 3, "the stills make no difference");
  assert(!seen.has(JSON.stringify(DEFAULTS)));
});

Deno.test("pickThresholds() passes over stills without labels", async () => {
  const network = await starNetwork(device, { grid: 2 });
  const stills = await stillsFor(network, { count: 1, thresholds: { prob: 0.6, nms: 0.4 } });
  const unlabelled = sampleFromPlanes([noiseImage(30, 30, 9)]);
  assertEquals(
    await pickThresholds(device, { network, stills: [unlabelled, ...stills] }),
    await pickThresholds(device, { network, stills }),
  );
});

Deno.test("pickThresholds() does not mind what is found where labels are ignored", async () => {
  const network = await starNetwork(device, { grid: 2 });
  const [still] = await stillsFor(network, { count: 1, thresholds: { prob: 0.6, nms: 0.4 } });
  const { width, height, labels } = still;
  const whole = { width, height, data: labels! };
  // Nothing is known but the object of which the network is least sure.
  const last = labels!.reduce((most, id) => Math.max(most, id), 0);
  const ids = { width, height, data: labels!.map((id) => id === last ? id : IGNORED_LABEL) };
  const stills = [{ ...still, labels: ids.data }];
  const thresholds = await pickThresholds(device, { network, stills });
  const image = { width, height, data: still.image };
  const maps = await wholeAnswer(device, { network, image });
  const data = decode(maps, { grid: 2, thresholds, width, height }) as Uint32Array<ArrayBuffer>;
  const prediction = { width, height, data };
  assert(matching({ truth: whole, prediction }).n_pred > 1, "there is something to mind");
  const { tp, fp, fn } = matching({ truth: ids, prediction }, { threshold: 0.7 });
  assertEquals([tp, fp, fn], [1, 0, 0]);
});

Deno.test("pickThresholds() gives StarDist's where nothing can be learnt", async () => {
  const network = await starNetwork(device, { grid: 2 });
  const image = noiseImage(40, 40);
  const empty = { width: 40, height: 40, data: new Uint32Array(1600) };
  const pick = (stills: Sample[]) => pickThresholds(device, { network, stills });
  assertEquals(await pick([]), DEFAULTS);
  assertEquals(await pick([sampleFromPlanes([image])]), DEFAULTS);
  // No object is there to be found: every score is 0.
  assertEquals(await pick([sampleFromPlanes([image], empty)]), DEFAULTS);
});

Deno.test("pickThresholds() of a network that answers 0 everywhere gives StarDist's", async () => {
  const network = await starNetwork(device, { grid: 2 });
  device.write(parameterTensors(network).get("prob.bias")!, Float32Array.of(-1000));
  const truth = { width: 40, height: 40, data: new Uint32Array(1600).fill(1) };
  const stills = [sampleFromPlanes([noiseImage(40, 40)], truth)];
  assertEquals(await pickThresholds(device, { network, stills }), DEFAULTS);
});

Deno.test("pickThresholds() leaves nothing on the GPU", async () => {
  const network = await starNetwork(device, { grid: 2 });
  const stills = await stillsFor(network, { count: 1, thresholds: DEFAULTS });
  const { inUse } = device.memory;
  await pickThresholds(device, { network, stills });
  assertEquals(device.memory.inUse, inUse);
});
