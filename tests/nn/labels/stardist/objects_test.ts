import { assertEquals } from "@std/assert";
import { findCandidates, type RayMaps } from "../../../../nn/labels/stardist/candidates.ts";
import { findObjects } from "../../../../nn/labels/stardist/objects.ts";

interface Disc {
  row: number;
  column: number;
  radius: number;
}

const RAYS = 32;

/** The answer of a perfect network to an image of discs, at grid 1. */
function discMaps(discs: readonly Disc[], { height, width }: { height: number; width: number }) {
  const size = height * width;
  const maps = {
    prob: new Float32Array(size),
    dist: new Float32Array(RAYS * size),
    width,
    height,
  };
  for (let at = 0; at < size; at++) {
    for (const { row, column, radius } of discs) {
      const [y, x] = [Math.floor(at / width) - row, at % width - column];
      const inside = radius * radius - x * x - y * y;
      if (inside < 0) continue;
      maps.prob[at] = 1 - Math.hypot(x, y) / (radius + 1);
      for (let ray = 0; ray < RAYS; ray++) {
        const angle = 2 * Math.PI * ray / RAYS;
        const along = x * Math.cos(angle) + y * Math.sin(angle);
        maps.dist[ray * size + at] = Math.sqrt(along * along + inside) - along;
      }
    }
  }
  return maps satisfies RayMaps;
}

function objectsOf(discs: readonly Disc[], size: { height: number; width: number }) {
  const candidates = findCandidates(discMaps(discs, size), { threshold: 0.3 });
  return findObjects(candidates, { nmsThreshold: 0.4, ...size });
}

Deno.test("findObjects() gives one object for each disc, the most probable first", () => {
  const size = { height: 40, width: 60 };
  const discs = [
    { row: 12, column: 12, radius: 8 },
    { row: 12, column: 31, radius: 9 },
    { row: 28, column: 20, radius: 6 },
  ];
  const objects = objectsOf(discs, size);
  // Every centre has probability 1: the upper, then the left one is first.
  assertEquals([...objects.points], [12, 12, 12, 31, 28, 20]);
  assertEquals([...objects.prob], [1, 1, 1]);
  assertEquals([...objects.dist].every((d, at) => d === discs[Math.floor(at / RAYS)].radius), true);
  discs.forEach(({ row, column, radius }, index) => {
    const area = objects.labels.filter((id) => id === index + 1).length;
    const disc = Math.PI * radius * radius;
    assertEquals(Math.abs(area - disc) < 0.1 * disc, true, `${area} pixels`);
    assertEquals(objects.labels[row * size.width + column], index + 1);
    assertEquals(objects.labels[row * size.width + column + radius], index + 1);
    assertEquals(objects.labels[row * size.width + column + radius + 1], 0);
  });
});

Deno.test("findObjects() cuts objects at the edges of the image", () => {
  const size = { height: 12, width: 12 };
  const { labels, count } = objectsOf([{ row: 3, column: 3, radius: 20 }], size);
  assertEquals(count, 1);
  assertEquals([...labels].every((id) => id === 1), true);
});

Deno.test("findObjects() of no candidate is an empty image", () => {
  const { labels, count, vertices } = objectsOf([], { height: 3, width: 4 });
  assertEquals(labels, new Uint32Array(12));
  assertEquals([count, vertices.length], [0, 0]);
});

Deno.test("findObjects() keeps more than 65,535 objects of one pixel apart", () => {
  const side = 260;
  const prob = new Float32Array(side * side).fill(0.9);
  const dist = new Float32Array(3 * prob.length).fill(-1);
  const candidates = findCandidates({ prob, dist, width: side, height: side }, { threshold: 0.5 });
  const objects = findObjects(candidates, { nmsThreshold: 0.4, width: side, height: side });
  assertEquals(objects.count, 256 * 256);
  assertEquals(new Set(objects.labels).size, 256 * 256 + 1);
  assertEquals(objects.labels[257 * side + 257], 256 * 256);
});
