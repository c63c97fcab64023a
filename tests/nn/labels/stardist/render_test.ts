import { Random } from "../../../../train/images/random.ts";
import { assertEquals } from "@std/assert";
import { paintPolygons, paintRows } from "../../../../nn/labels/stardist/render.ts";
import fixtures from "./fixtures/skimage.json" with { type: "json" };

for (const { name, vertices, filled } of fixtures) {
  Deno.test(`paintPolygons() fills the pixels of skimage.draw.polygon: ${name}`, () => {
    const [height, width] = [filled.length, filled[0].length];
    const labels = paintPolygons(Float32Array.from(vertices), {
      rays: vertices.length / 2,
      width,
      height,
    });
    const rows = filled.map((_, row) =>
      Array.from(labels.subarray(row * width, (row + 1) * width), (id) => ".#"[id]).join("")
    );
    assertEquals(rows, filled);
  });
}

Deno.test("paintPolygons() paints the first polygon on top and names each by its rank", () => {
  const square = (top: number, left: number) =>
    [[0, 0], [0, 2], [2, 2], [2, 0]].flatMap(([row, column]) => [top + row, left + column]);
  const vertices = Float32Array.from([...square(0, 1), ...square(0, 0), ...square(0, 1)]);
  assertEquals([...paintPolygons(vertices, { rays: 4, width: 5, height: 3 })], [
    ...[2, 1, 1, 1, 0],
    ...[2, 1, 1, 1, 0],
    ...[2, 1, 1, 1, 0],
  ]);
});

Deno.test("paintPolygons() of no polygon is background", () => {
  const labels = paintPolygons(new Float32Array(), { rays: 4, width: 3, height: 1 });
  assertEquals([...labels], [0, 0, 0]);
});

/** Whether a pixel's centre lies in a polygon, edge by edge: O'Rourke's rule as it is written. */
function isInside(
  polygon: Float32Array,
  { row, column }: { row: number; column: number },
): boolean {
  let [toRight, toLeft] = [0, 0];
  for (let at = 0; at < polygon.length; at += 2) {
    const before = (at + polygon.length - 2) % polygon.length;
    const [y0, x0] = [polygon[at] - row, polygon[at + 1] - column];
    const [y1, x1] = [polygon[before] - row, polygon[before + 1] - column];
    if (Math.abs(x0) < 1e-12 && Math.abs(y0) < 1e-12) return true;
    const crossing = (x0 * y1 - x1 * y0) / (y1 - y0);
    if ((y0 > 0) !== (y1 > 0) && crossing > 0) toRight++;
    if ((y0 < 0) !== (y1 < 0) && crossing < 0) toLeft++;
  }
  return toRight % 2 === 1 || toLeft % 2 === 1;
}

Deno.test("paintPolygons() fills each pixel that lies inside by itself: any polygons, on pixels and off", () => {
  const random = new Random(31);
  const [rays, width, height] = [9, 24, 20];
  for (let turn = 0; turn < 300; turn++) {
    // Halves and whole numbers put vertices and edges on pixels; others come close.
    const steps = [1, 2, 3, 2 ** 20][turn % 4];
    const vertices = Float32Array.from(
      { length: 2 * rays },
      () => Math.round(random.uniform(-4, 26) * steps) / steps,
    );
    const labels = paintPolygons(vertices, { rays, width, height });
    const expected = Array.from(
      labels,
      (_, at) => isInside(vertices, { row: Math.floor(at / width), column: at % width }) ? 1 : 0,
    );
    assertEquals([...labels], expected, `turn ${turn}`);
  }
});

Deno.test("paintRows() and paintPolygons() paint several polygons as each by itself: also flat ones and far ones", () => {
  const random = new Random(32);
  const [rays, count, width, height] = [7, 4, 23, 19];
  const kinds: (() => number)[] = [
    () => random.uniform(-12, 34),
    () => Math.round(random.uniform(-12, 34)) / 2,
    // Many edges lie on one row, or are none.
    () => 5 * random.integer(3),
    () => 5 * random.integer(3) + (random.chance(0.5) ? 0 : 1e-6),
    () => random.uniform(-12, 34) * (random.chance(0.1) ? 2 ** 21 : 1),
  ];
  const polygons = Array.from({ length: count }, (_, index) => index);
  for (let turn = 0; turn < 200; turn++) {
    const vertices = Float32Array.from({ length: 2 * rays * count }, kinds[turn % kinds.length]);
    const expected = Uint32Array.from({ length: width * height }, (_, at) => {
      const place = { row: Math.floor(at / width), column: at % width };
      return 1 +
        polygons.findIndex((index) =>
          isInside(vertices.subarray(2 * rays * index, 2 * rays * (index + 1)), place)
        );
    });
    assertEquals(paintPolygons(vertices, { rays, width, height }), expected, `turn ${turn}`);
    const from = random.integer(height);
    const to = from + 1 + random.integer(height - from);
    const part = paintRows(vertices, { rays, width, rows: [from, to], polygons });
    assertEquals(part, expected.slice(width * from, width * to), `turn ${turn}, from ${from}`);
  }
});
