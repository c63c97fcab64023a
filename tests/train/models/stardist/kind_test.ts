// StarDist from a normalised image to objects.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { openDevice } from "../../../../kernels/open_device.ts";
import { runSteps } from "../../../../kernels/masks/mod.ts";
import { findCandidates } from "../../../../nn/labels/stardist/candidates.ts";
import { findObjects } from "../../../../nn/labels/stardist/objects.ts";
import {
  defaultRayThresholds,
  type RayThresholds,
} from "../../../../nn/labels/stardist/thresholds.ts";
import { starDist } from "../../../../train/models/stardist/kind.ts";
import { rayOutlines } from "../../../../train/models/stardist/outlines.ts";
import { ALL_ORIENTATIONS, PLAIN } from "../../../../train/models/views.ts";
import {
  brightNetwork,
  noiseImage,
  starNetwork,
  wholeAnswer,
} from "../../fixtures/models/star_network.ts";

const device = await openDevice({ kernels: { "upConv2d forward": "separate" } });
const { segment } = starDist.objects!;
const DECODE: RayThresholds = { prob: 0.55, nms: 0.3 };

Deno.test("segment() of StarDist is findObjects() on what the network says", async () => {
  for (const [grid, width, height, tile] of [[1, 57, 43, 40], [2, 90, 67, 64], [4, 70, 133, 128]]) {
    const network = await starNetwork(device, { grid, length: 5 });
    const image = noiseImage(width, height);
    const maps = await wholeAnswer(device, { network, image });
    const { prob: threshold, nms } = DECODE;
    const candidates = findCandidates(maps, { threshold, grid });
    const expected = findObjects(candidates, { nmsThreshold: nms, width, height });
    assert(expected.count > 3 && expected.count < candidates.count, `${expected.count} objects`);
    for (const options of [{}, { tile }]) {
      const steps = segment(device, { network, image, decode: DECODE, ...options });
      const found = await runSteps(device, steps);
      assertEquals(found.labels, { width, height, data: expected.labels });
      assertEquals([found.count, found.map], [expected.count, null]);
      assertEquals(found.outlines!(), rayOutlines(expected));
    }
  }
});

Deno.test("segment() of StarDist enlarges the map to the image, each pixel its grid point", async () => {
  for (const [grid, width, height] of [[1, 21, 18], [2, 21, 18], [4, 23, 17], [4, 2, 3]]) {
    const network = await starNetwork(device, { grid });
    const image = noiseImage(width, height);
    const steps = segment(device, { network, image, decode: DECODE, wantsMap: true });
    const { map } = await runSteps(device, steps);
    const small = await wholeAnswer(device, { network, image });
    assertEquals([map!.width, map!.height, map!.data.length], [width, height, width * height]);
    map!.data.forEach((value, i) => {
      const [row, column] = [Math.floor(i / width / grid), Math.floor(i % width / grid)];
      assertEquals(value, small.prob[row * small.width + column], `grid ${grid}, pixel ${i}`);
    });
  }
});

Deno.test("segment() of StarDist in many views finds objects and leaves nothing on the GPU", async () => {
  const network = await starNetwork(device, { grid: 2, length: 5 });
  const { inUse } = device.memory;
  const options = { network, image: noiseImage(45, 38), decode: DECODE };
  const plain = await runSteps(device, segment(device, options));
  const same = await runSteps(device, segment(device, { ...options, views: PLAIN, exposure: 1 }));
  assertEquals(same.labels, plain.labels);
  const turned = await runSteps(device, segment(device, { ...options, views: ALL_ORIENTATIONS }));
  assert(turned.count > 0, `${turned.count} objects`);
  assert(turned.labels.data.some((id, i) => (id > 0) !== (plain.labels.data[i] > 0)));
  assertEquals(device.memory.inUse, inUse);
});

Deno.test("segment() of StarDist without a candidate is an empty image", async () => {
  const network = await starNetwork(device, { grid: 2 });
  const image = noiseImage(33, 21);
  const { labels, count, outlines } = await runSteps(
    device,
    segment(device, { network, image, decode: { prob: 1, nms: 0.4 } }),
  );
  assertEquals(labels, { width: 33, height: 21, data: new Uint32Array(33 * 21) });
  assertEquals([count, outlines!()], [0, []]);
});

Deno.test("segment() of StarDist leaves nothing on the GPU", async () => {
  const network = await starNetwork(device, { grid: 2 });
  const { inUse } = device.memory;
  const options = { network, image: noiseImage(40, 50), decode: DECODE, wantsMap: true };
  await runSteps(device, segment(device, options));
  assertEquals(device.memory.inUse, inUse);
});

Deno.test("segment() of StarDist finds what is at the edges, in an image of 8 rows too", async () => {
  const network = brightNetwork(device, { grid: 2, rays: 8, length: 2 });
  // One bright spot in each column of spots, at all heights, the first and the last row among them.
  for (const [width, height] of [[80, 8], [81, 9], [77, 30]]) {
    const data = new Float32Array(width * height);
    const rows = [0, 2, 4, height - 3, height - 1];
    const spots = Array.from({ length: Math.floor(width / 10) }, (_, i) => rows[i % 5]);
    spots.forEach((y, i) => {
      for (const dy of [-1, 0, 1]) {
        for (const dx of [-1, 0, 1]) {
          const row = y + dy;
          if (row >= 0 && row < height) data[row * width + 10 * i + 1 + dx] = 1;
        }
      }
    });
    const image = { width, height, data };
    const find = async (border?: "drop") => {
      const decode = { prob: 0.5, nms: 0.1, border };
      const { labels } = await runSteps(device, segment(device, { network, image, decode }));
      const columns = (i: number) =>
        [0, 1, 2].map((x) => labels.data[spots[i] * width + 10 * i + x]);
      return spots.filter((_, i) => columns(i).some((id) => id > 0)).length;
    };
    assertEquals(await find(), spots.length, `${width}x${height}`);
    assert(await find("drop") < spots.length);
  }
});

Deno.test("segmentTwice() of StarDist is segment() with both thresholds of the probability", async () => {
  const network = await starNetwork(device, { grid: 2, length: 5 });
  const image = noiseImage(90, 67);
  const withThreshold = async (prob: number) =>
    (await runSteps(device, segment(device, { network, image, decode: { ...DECODE, prob } })))
      .labels;
  const untuned = await withThreshold(defaultRayThresholds.prob);
  for (const prob of [0.4, 0.55]) {
    const options = { network, image, decode: { ...DECODE, prob } };
    const found = await runSteps(device, starDist.objects!.segmentTwice!(device, options));
    assertEquals(found, { labels: await withThreshold(prob), untuned });
    assert(found.labels.data.join() !== untuned.data.join());
  }
});

Deno.test("StarDist's decoding comes back from a file's metadata, and must make sense", () => {
  const { encodeDecoding, readDecoding } = starDist.objects!;
  assertEquals(readDecoding(encodeDecoding(DECODE)), DECODE);
  for (const border of ["mirror", "drop"] as const) {
    assertEquals(readDecoding(encodeDecoding({ ...DECODE, border })), { ...DECODE, border });
  }
  assertThrows(() => readDecoding({ ...encodeDecoding(DECODE), border: "none" }), RangeError);
  assertEquals(readDecoding({}), { prob: 0.5, nms: 0.4 });
  for (const wrong of [{ prob: 1.1, nms: 0.3 }, { prob: 0.5, nms: -0.1 }, { prob: 0.5 }]) {
    assertThrows(() => readDecoding({ thresholds: JSON.stringify(wrong) }), RangeError);
  }
});
