import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Random } from "../../../train/images/random.ts";
import { traceContours } from "../../../train/objects/contours.ts";
import { areaOf, polygonsOf } from "../../../train/objects/polygons.ts";
import { drawLabels } from "./fixtures/drawings.ts";
import { faultsOf } from "./fixtures/valid_polygons.ts";

function polygonsIn(rows: string[], id = 1) {
  return polygonsOf(traceContours(drawLabels(rows)).get(id)!);
}

Deno.test("polygonsOf() gives an object its holes", () => {
  const [{ shell, holes }, ...others] = polygonsIn(["111", "1.1", "111"]);
  assertEquals(others, []);
  assertEquals(shell, [[0, 0], [3, 0], [3, 3], [0, 3]]);
  assertEquals(holes, [[[1, 2], [2, 2], [2, 1], [1, 1]]]);
});

Deno.test("polygonsOf() splits a ring that touches itself into a shell and a hole", () => {
  // The outline comes to (2, 2) twice, between the hole and the outside.
  const polygons = polygonsIn(["111", "1.1", "11."]);
  assertEquals(polygons.map(({ holes }) => holes.length), [1]);
  assertEquals(areaOf(polygons[0]), 7);
  assertEquals(faultsOf(polygons), []);
});

Deno.test("polygonsOf() splits holes that touch at a corner", () => {
  const [{ holes }] = polygonsIn(["1111", "1.11", "11.1", "1111"]);
  assertEquals(holes.length, 2);
});

Deno.test("polygonsOf() puts an object's part in its own hole beside it", () => {
  const polygons = polygonsIn(["11111", "1...1", "1.1.1", "1...1", "11111"]);
  assertEquals(polygons.map(areaOf), [16, 1]);
  assertEquals(faultsOf(polygons), []);
});

Deno.test("polygonsOf() of traced objects is valid and covers their pixels", () => {
  const random = new Random(3);
  for (let n = 0; n < 300; n++) {
    const [width, height] = [1 + random.integer(9), 1 + random.integer(9)];
    const density = 0.3 + 0.65 * random.next();
    const data = Uint32Array.from(
      { length: width * height },
      () => random.chance(density) ? 1 + random.integer(2) : 0,
    );
    for (const [id, loops] of traceContours({ width, height, data })) {
      const polygons = polygonsOf(loops);
      const rows = Array.from(
        { length: height },
        (_, y) => data.subarray(y * width, (y + 1) * width).join(""),
      ).join("\n");
      assertEquals(faultsOf(polygons), [], `object ${id} of\n${rows}`);
      const area = polygons.reduce((sum, polygon) => sum + areaOf(polygon), 0);
      assertEquals(area, data.filter((other) => other === id).length);
    }
  }
});

/** A polygon of rays as a network gives it. */
function star(x: number, y: number, distances: readonly number[]) {
  return distances.map((distance, ray) => {
    const angle = 2 * Math.PI * ray / distances.length;
    const at = [x + distance * Math.cos(angle), y + distance * Math.sin(angle)];
    return at.map(Math.fround) as [number, number];
  });
}

Deno.test("polygonsOf() of rays is valid, also where many are as short as they can be", () => {
  const random = new Random(5);
  for (let n = 0; n < 400; n++) {
    const rays = [3, 8, 32, 64][random.integer(4)];
    const scale = [0.001, 0.05, 5, 50][random.integer(4)];
    const distances = Array.from(
      { length: rays },
      () => random.chance(n % 2 === 0 ? 0 : 0.3) ? 1e-3 : 1e-3 + scale * random.next(),
    );
    const loop = star(random.uniform(-2, 60), random.uniform(-2, 60), distances);
    const polygons = polygonsOf([loop]);
    assertEquals(faultsOf(polygons), [], JSON.stringify(loop));
    if (n % 2 === 1 || scale < 5) continue;
    // Nothing but rounding happens to a plain one.
    const [x, y] = [loop.map(([x]) => x), loop.map(([, y]) => y)];
    const area = x.reduce(
      (sum, _, i) => sum + (x[i] * y[(i + 1) % rays] - x[(i + 1) % rays] * y[i]) / 2,
      0,
    );
    assertAlmostEquals(areaOf(polygons[0]), area, 0.02 + 1e-3 * rays * scale);
    assert(polygons[0].shell.length >= rays - 2);
  }
});

Deno.test("polygonsOf() of nothing is nothing", () => {
  assertEquals(polygonsOf([]), []);
  assertEquals(polygonsOf([[[1, 1], [1, 1], [1, 1]]]), []);
  assertEquals(polygonsOf([[[0, 0], [2, 2], [4, 4]]]), []);
});
