// Views of an image and their merged answer, against the answers to images that were really turned.
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { runSteps } from "../../../../kernels/masks/mod.ts";
import { openDevice } from "../../../../kernels/open_device.ts";
import type { RayMaps } from "../../../../nn/labels/stardist/candidates.ts";
import type { Network } from "../../../../nn/module.ts";
import { expose } from "../../../../train/images/exposure.ts";
import type { Plane } from "../../../../train/images/image.ts";
import { orient } from "../../../../train/images/orientation.ts";
import { starDist } from "../../../../train/models/stardist/kind.ts";
import { mergedMaps } from "../../../../train/models/stardist/merged_maps.ts";
import { viewedCandidateSteps } from "../../../../train/models/stardist/viewed_candidates.ts";
import { type View, viewsOf } from "../../../../train/models/views.ts";
import { noiseImage, starNetwork } from "../../fixtures/models/star_network.ts";
import { wholeAnswer } from "../../fixtures/models/star_network.ts";

const device = await openDevice({ kernels: { "upConv2d forward": "separate" } });

/** The indices of a plane's pixels, as pixels. */
function indices(width: number, height: number): Plane {
  return { width, height, data: Float32Array.from({ length: width * height }, (_, i) => i) };
}

/** For each ray of a turned image the nearest ray of the image, by where its tip comes from. */
function raysBack(rays: number, orientation: number): number[] {
  const [side, centre, reach] = [401, 200, 180];
  const from = orient(indices(side, side), orientation).data;
  return Array.from({ length: rays }, (_, ray) => {
    const angle = 2 * Math.PI * ray / rays;
    const row = centre + Math.round(reach * Math.sin(angle));
    const column = centre + Math.round(reach * Math.cos(angle));
    const tip = from[row * side + column];
    const back = Math.atan2(Math.floor(tip / side) - centre, tip % side - centre);
    return (Math.round(back / (2 * Math.PI) * rays) + rays) % rays;
  });
}

/** The answer to one view, turned back: NaN at grid points that the view lacks. */
async function answerTo(
  network: Network,
  { image, view: { orientation, gain } }: { image: Plane; view: View },
): Promise<RayMaps> {
  const { grid } = network;
  const isTurned = orientation !== 0;
  const onGrid = (length: number) => isTurned ? length - (length - 1) % grid : length;
  const [width, height] = [onGrid(image.width), onGrid(image.height)];
  const cut = new Float32Array(width * height).map((_, i) =>
    image.data[Math.floor(i / width) * image.width + i % width]
  );
  const turned = orient(expose({ width, height, data: cut }, gain), orientation);
  const maps = await wholeAnswer(device, { network, image: turned });
  const size = { width: Math.ceil(image.width / grid), height: Math.ceil(image.height / grid) };
  const area = size.width * size.height;
  const rays = maps.dist.length / maps.prob.length;
  const back = raysBack(rays, orientation);
  const from = orient(indices(size.width, size.height), orientation).data;
  const result = { ...size, prob: new Float32Array(area), dist: new Float32Array(rays * area) };
  maps.prob.forEach((p, i) => {
    result.prob[from[i]] = p;
    back.forEach((ray, k) =>
      result.dist[ray * area + from[i]] = maps.dist[k * maps.prob.length + i]
    );
  });
  return result;
}

Deno.test("mergedMaps() turns the answer to every view back, rays and all", async () => {
  for (const [grid, width, height] of [[1, 40, 33], [2, 42, 37], [2, 35, 30], [4, 45, 52]]) {
    const network = await starNetwork(device, { grid, rays: 8 });
    const image = noiseImage(width, height);
    for (let orientation = 0; orientation < 8; orientation++) {
      const view = { orientation, gain: 1 };
      const steps = mergedMaps(device, { network, image, exposure: 1, views: [view] });
      const merged = await runSteps(device, steps);
      const expected = await answerTo(network, { image, view });
      const what = `grid ${grid}, ${width}x${height}, orientation ${orientation}`;
      assertEquals([merged.width, merged.height], [expected.width, expected.height], what);
      merged.prob.forEach((p, i) => assertAlmostEquals(p, expected.prob[i], 1e-5, what));
      merged.dist.forEach((d, i) => assertAlmostEquals(d, expected.dist[i], 1e-3, what));
    }
  }
});

Deno.test("mergedMaps() averages probabilities, and distances weighted with them", async () => {
  const network = await starNetwork(device, { grid: 2, rays: 8 });
  const image = noiseImage(38, 41);
  const views = viewsOf(4);
  const merged = await runSteps(
    device,
    mergedMaps(device, { network, image, exposure: 1.3, views, tile: 32 }),
  );
  const seen = { ...image, data: expose(image, 1.3).data };
  const answers: RayMaps[] = [];
  for (const { orientation, gain } of views) {
    const own = { ...image, data: expose(image, 1.3 * gain).data };
    answers.push(await answerTo(network, { image: own, view: { orientation, gain: 1 } }));
  }
  assert(seen.data.some((value, i) => value !== image.data[i]));
  const area = merged.prob.length;
  for (let i = 0; i < area; i++) {
    const probs = answers.map(({ prob }) => prob[i]);
    const sum = probs.reduce((total, p) => total + p, 0);
    assertAlmostEquals(merged.prob[i], sum / 4, 1e-5);
    for (let ray = 0; ray < 8; ray++) {
      const at = ray * area + i;
      const weighted = answers.reduce((total, { dist }, k) => total + probs[k] * dist[at], 0);
      assertAlmostEquals(merged.dist[at], weighted / sum, 1e-3);
    }
  }
});

Deno.test("mergedMaps() refuses to transpose rays that do not turn by a quarter", async () => {
  const network = await starNetwork(device, { grid: 1, rays: 6 });
  const views = [{ orientation: 1, gain: 1 }, { orientation: 0, gain: 1 }];
  const steps = mergedMaps(device, { network, image: noiseImage(20, 20), exposure: 1, views });
  let message = "";
  await runSteps(device, steps).catch((error) => message = error.message);
  assertEquals(
    message,
    "Cannot turn 6 rays into orientation 1: their number must be a multiple of 4",
  );
  assertThrows(() => viewsOf(9), RangeError, "Cannot take 9 views");
});

Deno.test("segment() of StarDist with one plain view is the search without views, to the bit", async () => {
  const network = await starNetwork(device, { grid: 2 });
  const { inUse } = device.memory;
  const options = { network, image: noiseImage(50, 44), decode: { prob: 0.55, nms: 0.3 } };
  const plain = await runSteps(device, starDist.objects!.segment(device, options));
  const viewed = await runSteps(
    device,
    starDist.objects!.segment(device, { ...options, exposure: 1, views: viewsOf(1) }),
  );
  assertEquals(viewed.labels, plain.labels);
  const four = await runSteps(
    device,
    starDist.objects!.segment(device, { ...options, views: viewsOf(4), wantsMap: true }),
  );
  assertEquals(four.map!.data.length, 50 * 44);
  assertEquals(device.memory.inUse, inUse);
});

Deno.test("viewedCandidateSteps() finds in blocks what it finds in the whole image", async () => {
  const cases = [[1, 61, 47, "drop"], [2, 70, 83, "mirror"], [4, 131, 90, "mirror"]] as const;
  for (const [grid, width, height, border] of cases) {
    const network = await starNetwork(device, { grid });
    const image = noiseImage(width, height);
    const seen = { network, image, exposure: 1.2, views: viewsOf(5), border, threshold: 0.5 };
    const find = (blockPixels?: number) =>
      runSteps(device, viewedCandidateSteps(device, { ...seen, blockPixels }));
    const [whole, blocks] = [await find(), await find(900)];
    const differences = whole.prob.data.map((p, i) => Math.abs(p - blocks.prob.data[i]));
    const worst = Math.max(...differences);
    assert(worst < 1e-6, `${border}, grid ${grid}: ${worst}`);
    const places = ({ points, count }: typeof whole.candidates) =>
      Array.from({ length: count }, (_, i) => points.slice(2 * i, 2 * i + 2).join()).toSorted();
    assertEquals(places(blocks.candidates), places(whole.candidates));
    assert(whole.candidates.count > 5);
  }
});
