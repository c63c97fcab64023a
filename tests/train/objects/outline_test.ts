import { assertEquals } from "@std/assert";
import { tracedOutlines } from "../../../train/objects/outline.ts";
import { drawLabels } from "./fixtures/drawings.ts";

Deno.test("tracedOutlines() gives the outer outline of every object, and its holes beside it", () => {
  const outlines = tracedOutlines(drawLabels(["111.", "1.12", "1112"]));
  assertEquals(outlines, [
    {
      label: 1,
      parts: [[[0, 0], [3, 0], [3, 3], [0, 3]]],
      holes: [[[1, 2], [2, 2], [2, 1], [1, 1]]],
    },
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
