import { assertEquals, assertThrows } from "@std/assert";
import {
  findCandidates,
  gatheredCandidates,
  joinCandidates,
  type RayMaps,
  selectCandidates,
} from "../../../../nn/labels/stardist/candidates.ts";
import { Random } from "../../../../train/images/random.ts";

const RAYS = 5;

/** Maps of random probabilities in tenths, so that many are equal, and random distances. */
function randomMaps(height: number, width: number): RayMaps {
  const random = new Random(width);
  const prob = Float32Array.from({ length: height * width }, () => random.integer(10) / 10);
  const dist = Float32Array.from(
    { length: RAYS * height * width },
    () => random.uniform(-1, 9),
  );
  return { prob, dist, width, height };
}

/** What lies in a part of the maps. */
function crop(maps: RayMaps, rows: [number, number], columns: [number, number]): RayMaps {
  const [height, width] = [rows[1] - rows[0], columns[1] - columns[0]];
  const plane = (from: Float32Array, channel: number) =>
    Array.from({ length: height * width }, (_, at) => {
      const row = rows[0] + Math.floor(at / width);
      return from[(channel * maps.height + row) * maps.width + columns[0] + at % width];
    });
  return {
    prob: Float32Array.from(plane(maps.prob, 0)),
    dist: Float32Array.from(Array.from({ length: RAYS }, (_, k) => plane(maps.dist, k)).flat()),
    width,
    height,
  };
}

/** One row of maps with three rays; the probabilities of the inner pixels are given. */
function line(inner: number[]): RayMaps {
  const width = inner.length + 4;
  const prob = new Float32Array(5 * width);
  prob.set(inner, 2 * width + 2);
  return { prob, dist: new Float32Array(3 * prob.length).fill(1), width, height: 5 };
}

Deno.test("findCandidates() takes what is more probable than the threshold, not what equals it", () => {
  const found = findCandidates(line([0.25, 0.5, 0.75, -1]), { threshold: 0.5 });
  assertEquals([...found.points], [2, 4]);
  assertEquals([...found.prob], [0.75]);
});

Deno.test("findCandidates() takes pixels at the edges too, unless rows and columns are given", () => {
  const [width, height] = [7, 6];
  const prob = new Float32Array(width * height).fill(1);
  const maps = { prob, dist: new Float32Array(3 * prob.length), width, height };
  assertEquals(findCandidates(maps, { threshold: 0 }).count, 42);
  assertEquals([...findCandidates(maps, { threshold: 0, rows: [2, 4], columns: [2, 5] }).points], [
    ...[2, 2, 2, 3, 2, 4],
    ...[3, 2, 3, 3, 3, 4],
  ]);
});

Deno.test("findCandidates() sorts by probability, then by row, then by column", () => {
  const maps = randomMaps(20, 30);
  const { prob, points, count } = findCandidates(maps, { threshold: 0.2 });
  const order = Array.from({ length: count }, (_, at) => ({
    prob: prob[at],
    at: points[2 * at] * 30 + points[2 * at + 1],
  }));
  for (let at = 1; at < count; at++) {
    const [before, after] = [order[at - 1], order[at]];
    const right = before.prob > after.prob || before.prob === after.prob && before.at < after.at;
    assertEquals(right, true, `${at}`);
  }
  assertEquals(new Set(prob).size, 7);
});

Deno.test("findCandidates() gives positions in image pixels and copies the pixel's rays", () => {
  const maps = randomMaps(9, 11);
  const { points, dist, prob, count } = findCandidates(maps, { threshold: 0.3, grid: 4 });
  for (let at = 0; at < count; at++) {
    const pixel = points[2 * at] / 4 * 11 + points[2 * at + 1] / 4;
    assertEquals(prob[at], maps.prob[pixel]);
    for (let ray = 0; ray < RAYS; ray++) {
      const expected = Math.fround(Math.max(1e-3, maps.dist[ray * 99 + pixel]));
      assertEquals(dist[at * RAYS + ray], expected);
    }
  }
});

Deno.test("findCandidates() of tiles, joined, are those of the whole", () => {
  const [height, width] = [23, 31];
  const maps = randomMaps(height, width);
  const rule = { threshold: 0.4, grid: 2 };
  const tile = (rows: [number, number], columns: [number, number]) => {
    // Each tile overlaps its neighbours by 3 pixels and answers for its inner part.
    const from = [Math.max(0, rows[0] - 3), Math.max(0, columns[0] - 3)] as const;
    const to = [Math.min(height, rows[1] + 3), Math.min(width, columns[1] + 3)];
    return findCandidates(crop(maps, [from[0], to[0]], [from[1], to[1]]), {
      ...rule,
      origin: from,
      rows: [rows[0] - from[0], rows[1] - from[0]],
      columns: [columns[0] - from[1], columns[1] - from[1]],
    });
  };
  const joined = joinCandidates([
    tile([12, height], [16, width]),
    tile([0, 12], [0, 16]),
    tile([12, height], [0, 16]),
    tile([0, 12], [16, width]),
  ]);
  assertEquals(joined, findCandidates(maps, rule));
});

Deno.test("selectCandidates() keeps the order that it is given", () => {
  const all = findCandidates(randomMaps(12, 12), { threshold: 0.5 });
  const some = selectCandidates(all, [3, 1]);
  assertEquals([...some.prob], [all.prob[3], all.prob[1]]);
  assertEquals([...some.points], [...all.points.slice(6, 8), ...all.points.slice(2, 4)]);
  assertEquals(some.dist.slice(RAYS), all.dist.slice(RAYS, 2 * RAYS));
});

Deno.test("findCandidates() refuses distances that are no numbers, where they would be used", () => {
  for (const distance of [NaN, Infinity, 2 ** 23]) {
    const maps = line([0.9, 0.1]);
    maps.dist.fill(distance, 2 * maps.prob.length);
    assertThrows(
      () => findCandidates(maps, { threshold: 0.5 }),
      RangeError,
      `Cannot make a polygon at grid row 2, column 2: ray 2 is ${distance} pixels long`,
    );
    assertEquals(findCandidates(maps, { threshold: 0.95 }).count, 0);
  }
});

Deno.test("findCandidates() refuses a probability that is no number: the answer would be no objects", () => {
  const maps = line([0.9, NaN]);
  assertThrows(
    () => findCandidates(maps, { threshold: 0.5 }),
    RangeError,
    "Cannot find candidates: the probability at grid row ",
  );
});

Deno.test("findCandidates() refuses maps of different sizes and fewer than 3 rays", () => {
  const maps = line([0.9]);
  for (
    const wrong of [{ ...maps, width: 6 }, { ...maps, dist: new Float32Array(2 * 25) }, {
      ...maps,
      prob: new Float32Array(24),
    }]
  ) {
    assertThrows(() => findCandidates(wrong, { threshold: 0.5 }), RangeError, "at least 3 dist");
  }
});

Deno.test("joinCandidates() refuses nothing, and different numbers of rays", () => {
  const found = findCandidates(line([0.9]), { threshold: 0.5 });
  assertThrows(() => joinCandidates([]), RangeError, "there are none");
  assertThrows(
    () => joinCandidates([found, { ...found, rays: 4 }]),
    RangeError,
    "3 rays and 4 rays",
  );
});

Deno.test("findCandidates() puts candidates into the order of their probabilities, also below 0 and of both zeros", () => {
  const random = new Random(17);
  const [width, height, rays] = [31, 23, 3];
  const values = [-0, 0, -1, -1e-30, 1e-30, 0.5, 0.5000001, 1, 3e38, -3e38, Infinity];
  const prob = Float32Array.from(
    { length: width * height },
    () => random.chance(0.5) ? values[random.integer(values.length)] : random.normal(),
  );
  const dist = Float32Array.from({ length: rays * prob.length }, () => random.uniform(-1, 9));
  const found = findCandidates({ prob, dist, width, height }, { threshold: -3.1e38 });
  const order = Array.from(prob.keys()).filter((at) => prob[at] > -3.1e38)
    .sort((a, b) => (prob[a] === prob[b] ? 0 : prob[b] - prob[a]) || a - b);
  assertEquals([...found.prob], order.map((at) => prob[at]));
  const points = order.flatMap((at) => [Math.floor(at / width), at % width]);
  assertEquals([...found.points], points);
  const rayed = order.flatMap((at) =>
    [0, 1, 2].map((ray) => Math.max(Math.fround(1e-3), dist[ray * prob.length + at]))
  );
  assertEquals([...found.dist], rayed);
});

Deno.test("gatheredCandidates() are those of the whole maps, in whatever order points were gathered", () => {
  const maps = randomMaps(11, 17);
  const area = maps.prob.length;
  const rule = { threshold: 0.45, grid: 2, rows: [1, 10], columns: [2, 15] } as const;
  const above = [...maps.prob.keys()].filter((at) => maps.prob[at] > 0.45).reverse();
  const gathered = (listed: readonly number[], most: number) => {
    const places = new Uint32Array(1 + most);
    places.set([above.length, ...listed.slice(0, most)]);
    const values = new Float32Array(RAYS * most).fill(NaN);
    listed.slice(0, most).forEach((at, slot) => {
      for (let ray = 0; ray < RAYS; ray++) {
        values[ray * most + slot] = maps.dist[ray * area + at];
      }
    });
    const { prob, width, height } = maps;
    return { prob, width, height, places, values };
  };
  const whole = findCandidates(maps, rule);
  assertEquals(gatheredCandidates(gathered(above, above.length), rule), whole);
  assertEquals(gatheredCandidates(gathered(above, above.length + 30), rule), whole);
  assertEquals(gatheredCandidates(gathered(above, 12), rule), null);
  const wrong = gathered(above, above.length);
  wrong.values.fill(Infinity);
  assertThrows(() => gatheredCandidates(wrong, rule), RangeError, "ray 0 is Infinity");
});
