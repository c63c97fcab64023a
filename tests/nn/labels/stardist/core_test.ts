import { assert, assertEquals } from "@std/assert";
import { boundingBoxes } from "../../../../nn/labels/stardist/box_index.ts";
import { Core } from "../../../../nn/labels/stardist/core.ts";
import { intersectionArea, sweepPolygon } from "../../../../nn/labels/stardist/intersection.ts";
import {
  polygonArea,
  rayPolygons,
  truncatePolygons,
} from "../../../../nn/labels/stardist/polygons.ts";
import { Random } from "../../../../train/images/random.ts";
import { randomStars } from "./fixtures/stars.ts";

/** The core of one polygon; null if it has none. */
function coreOf(vertices: Int32Array<ArrayBuffer>, share: number): Core | null {
  const core = new Core();
  const boxes = boundingBoxes(vertices, vertices.length / 2);
  const place = { from: 0, to: vertices.length, boxes, box: 0 };
  return core.take(vertices, { ...place, share }) ? core : null;
}

function isIn(core: Core, vertices: Int32Array): boolean {
  return core.isIn(vertices, 0, vertices.length);
}

/** A circle of 16 vertices around (0, 0), moved; around it as the rays of a star go, or against them. */
function circle(
  radius: number,
  { right = 0, down = 0, way = 1 }: { right?: number; down?: number; way?: number } = {},
): Int32Array<ArrayBuffer> {
  const vertices = Array.from({ length: 16 }, (_, i) => {
    const angle = way * 2 * Math.PI * i / 16;
    return [down + radius * Math.sin(angle), right + radius * Math.cos(angle)];
  });
  return Int32Array.from(vertices.flat());
}

Deno.test("Core is held only by what shares more than its share: any polygons, any sizes", () => {
  const random = new Random(5);
  let [held, covered] = [0, 0];
  for (let turn = 0; turn < 4000; turn++) {
    const size = [4, 12, 40, 150][turn % 4];
    const star = (longest: number) => {
      const stars = { count: 1, rays: 32, side: size / 2, shortest: 0.6 * size, longest };
      return truncatePolygons(rayPolygons(randomStars(random, stars)));
    };
    // Vertices anywhere cross themselves, turn back and wind twice; stars hardly do.
    const wild = () => {
      const count = 3 + random.integer(6);
      return Int32Array.from({ length: 2 * count }, () => random.integer(4 * size) - size);
    };
    const a = turn % 5 === 0 ? wild() : star(0.9 * size);
    const b = turn % 3 === 0 ? wild() : star(size);
    const share = [-1, 0, 0.3, 0.4, 0.8][turn % 5];
    const core = coreOf(a, share);
    if (core === null) continue;
    const shared = intersectionArea(sweepPolygon(a), sweepPolygon(b));
    const isMore = shared > share * Math.min(polygonArea(a), polygonArea(b));
    if (isIn(core, b)) {
      assert(isMore, `turn ${turn}: ${shared} is not more than ${share}`);
      held++;
    }
    if (isMore) covered++;
  }
  assert(held > 0.2 * covered && held > 300, `${held} of ${covered}`);
});

Deno.test("Core is held by what lies around it, whichever way that turns, and by nothing beside it", () => {
  const core = coreOf(circle(20), 0.25)!;
  assert(isIn(core, circle(20)));
  assert(isIn(core, circle(20, { right: 6 })));
  assert(isIn(core, circle(14)));
  assert(isIn(core, circle(20, { way: -1 })));
  assert(!isIn(core, circle(9)));
  assert(!isIn(core, circle(20, { right: 15 })));
  assert(!isIn(core, circle(20, { down: 40 })));
  assert(!isIn(core, circle(20, { right: 1000 })));
  // An edge may meet it whichever comes first.
  for (let first = 0; first < 16; first++) {
    const bitten = circle(20);
    bitten.set([0, 0], 0);
    const turned = Int32Array.from(bitten, (_, at) => bitten[(at + 2 * first) % 32]);
    assert(!isIn(core, turned), `from vertex ${first}`);
    const half = Int32Array.from({ length: 32 }, (_, at) => circle(20)[(at + 2 * first) % 32]);
    assert(!isIn(core, half.subarray(0, 18)), `half from vertex ${first}`);
  }
});

Deno.test("Core of what is no star around its middle, or has to be larger than it, is none", () => {
  assertEquals(coreOf(circle(20), 1), null);
  assertEquals(coreOf(circle(20), NaN), null);
  assertEquals(coreOf(circle(0), 0.4), null);
  assertEquals(coreOf(circle(20, { way: -1 }), 0.4), null);
  assertEquals(coreOf(Int32Array.of(...circle(20), ...circle(20)), 0.4), null);
  const bowTie = Int32Array.of(0, 0, 10, 10, 0, 10, 10, 0);
  assertEquals(coreOf(bowTie, 0.4), null);
  assertEquals(coreOf(circle(2 ** 20), 0.4), null);
  assert(coreOf(circle(2 ** 17), 0.4) !== null);
});
