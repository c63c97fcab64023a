import { assertEquals } from "@std/assert";
import { rayOutlines } from "../../../../train/models/stardist/outlines.ts";

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
