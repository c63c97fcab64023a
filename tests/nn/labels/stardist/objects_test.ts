import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type Candidates,
  findCandidates,
  type RayMaps,
  selectCandidates,
} from "../../../../nn/labels/stardist/candidates.ts";
import { findObjects, objectsAbove } from "../../../../nn/labels/stardist/objects.ts";
import { Random } from "../../../../train/images/random.ts";
import { randomStars } from "./fixtures/stars.ts";

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
  assertEquals(objects.count, side * side);
  assertEquals(new Set(objects.labels).size, side * side);
  assertEquals(objects.labels[257 * side + 257], 257 * side + 258);
});

/** The candidates that are more probable than a threshold, in float32 as the maps are. */
function candidatesAbove(candidates: Candidates, threshold: number): Candidates {
  const indices = Array.from(candidates.prob.keys());
  const kept = indices.filter((i) => candidates.prob[i] > Math.fround(threshold));
  return selectCandidates(candidates, kept);
}

Deno.test("objectsAbove() is findObjects() at the higher threshold, also with ties", () => {
  const random = new Random(11);
  let left = 0;
  for (let round = 0; round < 60; round++) {
    const [side, count, levels] = [20 + random.integer(60), random.integer(120), 1 + round % 9];
    const rays = 3 + random.integer(14);
    const stars = randomStars(random, { count, rays, side, shortest: 0.5, longest: 9 });
    // As many probabilities as levels: most candidates share theirs with others.
    const prob = stars.prob.map((p) => Math.ceil(p * levels) / levels);
    const candidates = { ...stars, prob };
    const size = { width: side, height: side - 5 };
    const nmsThreshold = random.uniform(0, 0.8);
    const objects = findObjects(candidates, { nmsThreshold, ...size });
    for (const threshold of [0, 1, ...prob.slice(0, 3), random.next(), random.next()]) {
      const found = objectsAbove(objects, { threshold, ...size });
      const expected = findObjects(candidatesAbove(candidates, threshold), {
        nmsThreshold,
        ...size,
      });
      assertEquals(found, expected, `round ${round}, threshold ${threshold}`);
      left += objects.count - found.count;
    }
  }
  assert(left > 100, "thresholds leave nothing out");
});

Deno.test("objectsAbove() keeps what is more probable, not what is as probable", () => {
  const candidates: Candidates = {
    count: 3,
    rays: 4,
    prob: Float32Array.of(0.9, 0.7, 0.7),
    points: Int32Array.of(3, 3, 3, 12, 12, 3),
    dist: new Float32Array(12).fill(2),
  };
  const size = { width: 16, height: 16 };
  const objects = findObjects(candidates, { nmsThreshold: 0.4, ...size });
  const counts = [0.5, 0.7, Math.fround(0.7), 0.69999, 0.9, 1].map((threshold) =>
    objectsAbove(objects, { threshold, ...size }).count
  );
  assertEquals(counts, [3, 1, 1, 3, 0, 0]);
});

Deno.test("objectsAbove() and findCandidates() refuse a threshold that is no number", () => {
  const size = { height: 20, width: 20 };
  const maps = discMaps([{ row: 9, column: 9, radius: 5 }], size);
  const objects = findCandidates(maps, { threshold: 0.9 });
  const message = "Cannot find candidates: the threshold is NaN, expected a number";
  assertThrows(() => findCandidates(maps, { threshold: NaN }), RangeError, message);
  assertThrows(() => objectsAbove(objects, { threshold: NaN, ...size }), RangeError, message);
});
