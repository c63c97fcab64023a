import { assertEquals } from "@std/assert";
import { rayOutlines, tracedOutlines } from "../../../train/objects/outline.ts";
import { drawLabels } from "../report/fixtures/drawings.ts";

Deno.test("rayOutlines() gives x before y, from the corner of the first pixel", () => {
  const vertices = Float32Array.of(1, 2, 1, 4, 3, 2, 11, 12, 11, 14, 13, 12);
  const prob = Float32Array.of(0.75, 0.5);
  assertEquals(rayOutlines({ count: 2, rays: 3, vertices, prob }), [
    { label: 1, parts: [[[2.5, 1.5], [4.5, 1.5], [2.5, 3.5]]], probability: 0.75 },
    { label: 2, parts: [[[12.5, 11.5], [14.5, 11.5], [12.5, 13.5]]], probability: 0.5 },
  ]);
  const none = { count: 0, rays: 3, vertices: new Float32Array(), prob: new Float32Array() };
  assertEquals(rayOutlines(none), []);
});

Deno.test("tracedOutlines() gives the outer outline of every object, without its holes", () => {
  const outlines = tracedOutlines(drawLabels(["111.", "1.12", "1112"]));
  assertEquals(outlines, [
    { label: 1, parts: [[[0, 0], [3, 0], [3, 3], [0, 3]]] },
    { label: 2, parts: [[[3, 1], [4, 1], [4, 3], [3, 3]]] },
  ]);
  assertEquals(tracedOutlines(drawLabels(["..."])), []);
});

Deno.test("tracedOutlines() gives pixels that touch at a corner as parts of one object", () => {
  assertEquals(tracedOutlines(drawLabels(["1.", ".1"])), [{
    label: 1,
    parts: [[[0, 0], [1, 0], [1, 1], [0, 1]], [[1, 1], [2, 1], [2, 2], [1, 2]]],
  }]);
});
