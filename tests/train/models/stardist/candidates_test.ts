// Candidates of an image: those of a plain whole-image computation, however the image is cut.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { OutOfMemoryError } from "../../../../kernels/gpu/errors.ts";
import { openDevice } from "../../../../kernels/open_device.ts";
import { runSteps } from "../../../../kernels/masks/mod.ts";
import type { Candidates, RayMaps } from "../../../../nn/labels/stardist/candidates.ts";
import type { Network } from "../../../../nn/module.ts";
import type { Plane } from "../../../../train/images/image.ts";
import type { Border } from "../../../../train/models/stardist/border.ts";
import { candidateSteps, type StarAnswer } from "../../../../train/models/stardist/candidates.ts";
import { noiseImage, starNetwork, wholeAnswer } from "../../fixtures/models/star_network.ts";

// Kernels for images of other widths add up in another order; with one kernel the bits are the same.
const device = await openDevice({ kernels: { "upConv2d forward": "separate" } });
const byRule = await openDevice();

const THRESHOLD = 0.5;

async function answerOf(
  { network, image, tile, border, threshold = THRESHOLD, on = device }: {
    network: Network;
    image: Plane;
    tile?: number;
    border?: Border;
    threshold?: number;
    on?: typeof device;
  },
): Promise<StarAnswer> {
  return await runSteps(on, candidateSteps(on, { network, image, tile, border, threshold }));
}

/** All that the definition makes candidates, most probable first, then by row and column. */
function candidatesOf(
  { prob, dist, width, height }: RayMaps,
  { grid, skip = [0, 0, 0, 0], threshold = THRESHOLD }: {
    grid: number;
    /** Grid points left out above, left, below and right. */
    skip?: readonly number[];
    threshold?: number;
  },
): Candidates {
  const area = width * height;
  const rays = dist.length / area;
  const points: { at: number; row: number; column: number }[] = [];
  for (let row = skip[0]; row < height - skip[2]; row++) {
    for (let column = skip[1]; column < width - skip[3]; column++) {
      const at = row * width + column;
      if (prob[at] > threshold) points.push({ at, row, column });
    }
  }
  points.sort((a, b) => prob[b.at] - prob[a.at] || a.row - b.row || a.column - b.column);
  const ray = (at: number, k: number) => Math.max(dist[k * area + at], Math.fround(1e-3));
  return {
    count: points.length,
    rays,
    prob: Float32Array.from(points, ({ at }) => prob[at]),
    points: Int32Array.from(points.flatMap(({ row, column }) => [row * grid, column * grid])),
    dist: Float32Array.from(
      points.flatMap(({ at }) => Array.from({ length: rays }, (_, k) => ray(at, k))),
    ),
  };
}

/** Networks with images of odd sizes, and sides of tiles that fit neither. */
const CASES: [grid: number, depth: number, width: number, height: number, tiles: number[]][] = [
  [1, 1, 61, 47, [24, 37, 46]],
  [1, 2, 99, 31, [56, 66]],
  [2, 1, 83, 59, [55, 60]],
  [2, 1, 90, 9, [60]],
  [4, 1, 131, 125, [114, 120]],
  [4, 1, 5, 133, [115]],
];

Deno.test("candidateSteps() gives the bits of the whole image, whatever the tiles", async () => {
  for (const [grid, depth, width, height, tiles] of CASES) {
    const network = await starNetwork(device, { grid, depth });
    const image = noiseImage(width, height);
    const maps = await wholeAnswer(device, { network, image });
    const expected = candidatesOf(maps, { grid });
    for (const tile of [undefined, 4096, ...tiles]) {
      const what = `grid ${grid}, depth ${depth}, ${width}x${height} in tiles of ${tile}`;
      const { candidates, prob } = await answerOf({ network, image, tile });
      assertEquals(prob, { width: maps.width, height: maps.height, data: maps.prob }, what);
      assertEquals(candidates, expected, what);
    }
    assert(expected.count > 5, `${expected.count} candidates`);
  }
});

Deno.test("candidateSteps() that drops goes by the edges of the padded map, whatever the tiles", async () => {
  for (const [grid, depth, width, height, tiles] of CASES) {
    const network = await starNetwork(device, { grid, depth });
    const image = noiseImage(width, height);
    const maps = await wholeAnswer(device, { network, image, margin: 0 });
    // Padding at the lower and the right end takes as many grid points off the two that are dropped.
    const end = (length: number) => {
      const { sizeMultiple } = network;
      const points = Math.ceil(Math.ceil(length / sizeMultiple) * sizeMultiple / grid);
      return Math.max(0, 2 - (points - Math.ceil(length / grid)));
    };
    const expected = candidatesOf(maps, { grid, skip: [2, 2, end(height), end(width)] });
    for (const tile of [undefined, 4096, ...tiles]) {
      const { candidates } = await answerOf({ network, image, tile, border: "drop" });
      assertEquals(candidates, expected, `grid ${grid}, ${width}x${height} in tiles of ${tile}`);
    }
  }
});

Deno.test("candidateSteps() differs by rounding alone where kernels go by the size", async () => {
  const network = await starNetwork(byRule, { grid: 2 });
  const image = noiseImage(101, 63);
  const [whole, tiled] = [
    await answerOf({ network, image, on: byRule }),
    await answerOf({ network, image, tile: 60, on: byRule }),
  ];
  const worst = Math.max(...whole.prob.data.map((p, i) => Math.abs(p - tiled.prob.data[i])));
  assert(worst < 1e-6, `${worst}`);
  const places = ({ points, count }: Candidates) =>
    Array.from({ length: count }, (_, i) => points.slice(2 * i, 2 * i + 2).join()).toSorted();
  assertEquals(places(tiled.candidates), places(whole.candidates));
});

Deno.test("candidateSteps() finds all candidates where there are more than there is room for", async () => {
  const network = await starNetwork(device, { grid: 2 });
  const image = noiseImage(75, 62);
  // Every point proposes: neither the first guess nor what few candidates leave of it is room enough.
  const all = candidatesOf(await wholeAnswer(device, { network, image }), {
    ...{ grid: 2, threshold: 0 },
  });
  assertEquals((await answerOf({ network, image, threshold: 0.999999 })).candidates.count, 0);
  for (let turn = 0; turn < 2; turn++) {
    assertEquals((await answerOf({ network, image, threshold: 0 })).candidates, all);
  }
});

Deno.test("candidateSteps() asks every grid point once, those at the edges too", async () => {
  for (const [width, height] of [[67, 61], [1, 1], [4, 40], [8, 8], [3, 2]]) {
    for (const grid of [1, 2, 4]) {
      const network = await starNetwork(device, { grid });
      const { candidates, prob } = await answerOf({
        network,
        image: noiseImage(width, height),
        tile: network.sizeMultiple * Math.ceil((2 * network.reach + 2) / network.sizeMultiple + 2),
        threshold: 0,
      });
      const [rows, columns] = [Math.ceil(height / grid), Math.ceil(width / grid)];
      const expected = Array.from({ length: rows * columns }, (_, i) => {
        const [row, column] = [Math.floor(i / columns), i % columns];
        return `${row * grid},${column * grid}`;
      });
      const found = Array.from(
        { length: candidates.count },
        (_, i) => candidates.points.slice(2 * i, 2 * i + 2).join(),
      );
      assertEquals(found.toSorted(), expected.toSorted(), `grid ${grid}, ${width}x${height}`);
      assertEquals(prob.data.length, rows * columns);
    }
  }
});

Deno.test("candidateSteps() that drops has no candidate in an image without a middle", async () => {
  const network = await starNetwork(device, { grid: 2 });
  const image = noiseImage(40, 8);
  const { candidates } = await answerOf({ network, image, threshold: 0, border: "drop" });
  assertEquals([candidates.count, candidates.rays], [0, 8]);
});

Deno.test("candidateSteps() frees what it needs, also when it is not driven to its end", async () => {
  // A device of its own: networks of other tests are collected whenever that suits the engine.
  using own = await openDevice();
  const network = await starNetwork(own, { grid: 2 });
  const image = noiseImage(90, 70);
  // The first answer makes the textures that operands are read from, which stay.
  await answerOf({ network, image, on: own });
  const { inUse } = own.memory;
  await answerOf({ network, image, tile: 60, on: own });
  assertEquals(own.memory.inUse, inUse);
  const steps = candidateSteps(own, { network, image, threshold: THRESHOLD });
  steps.next([]);
  steps.return(undefined as never);
  assertEquals(own.memory.inUse, inUse);
});

Deno.test("candidateSteps() takes smaller tiles within a memory limit, and says when none fits", async () => {
  const image = noiseImage(230, 170);
  using small = await openDevice({
    memoryLimit: 1024 ** 2,
    kernels: { "upConv2d forward": "separate" },
  });
  const answers = [];
  for (const on of [small, device]) {
    answers.push(await answerOf({ network: await starNetwork(on, { depth: 2 }), image, on }));
  }
  assertEquals(answers[0], answers[1]);
  assert(small.memory.allocated <= 1024 ** 2, `${small.memory.allocated} bytes`);
  using tiny = await openDevice({ memoryLimit: 384 * 1024 });
  const network = await starNetwork(tiny, { depth: 3, grid: 4 });
  await assertRejects(() => answerOf({ network, image, on: tiny }), OutOfMemoryError);
});
