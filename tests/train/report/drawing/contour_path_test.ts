import { assertEquals } from "@std/assert";
import { traceContours } from "../../../../train/objects/contours.ts";
import { contourPath } from "../../../../train/report/drawing/contour_path.ts";
import { drawLabels } from "../../objects/fixtures/drawings.ts";

Deno.test("contourPath() writes edges as relative moves", () => {
  const loops = traceContours(drawLabels(["111", "1.1", "111"])).get(1) ?? [];
  assertEquals(contourPath(loops), "M0 0h3v3h-3zM1 2h1v-1h-1z");
  assertEquals(contourPath([]), "");
});
