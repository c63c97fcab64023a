import { assertEquals } from "@std/assert";
import { paintPolygons } from "../../../../nn/labels/stardist/render.ts";
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
