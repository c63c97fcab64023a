import { assertEquals } from "@std/assert";
import { IGNORED_LABEL } from "../../../kernels/targets/label_grid.ts";
import { foregroundTarget } from "../../../nn/labels/foreground.ts";

const LABELS = Uint32Array.of(
  ...[0, 7, 7, 9, 0],
  ...[0, 7, 7, 9, 9],
  ...[3, 0, 0, 0, 9],
);

Deno.test("foregroundTarget() makes every object pixel foreground", () => {
  assertEquals([...foregroundTarget(LABELS, { width: 5, parted: false })], [
    ...[0, 1, 1, 1, 0],
    ...[0, 1, 1, 1, 1],
    ...[1, 0, 0, 0, 1],
  ]);
});

Deno.test("foregroundTarget() parts objects that share a side, and not those at a corner", () => {
  assertEquals([...foregroundTarget(LABELS, { width: 5, parted: true })], [
    ...[0, 1, 0, 0, 0],
    ...[0, 1, 0, 0, 1],
    ...[1, 0, 0, 0, 1],
  ]);
});

Deno.test("foregroundTarget() does not take the ends of two rows for neighbours", () => {
  const labels = Uint32Array.of(1, 0, 2, 1, 0, 2);
  const target = foregroundTarget(labels, { width: 3, parted: true });
  assertEquals([...target], [1, 0, 1, 1, 0, 1]);
});

Deno.test("foregroundTarget() marks what is to be ignored, and leaves no gap to it", () => {
  const labels = Uint32Array.of(1, 1, IGNORED_LABEL, 2, 2, 3);
  for (const [parted, gap] of [[false, 1], [true, 0]] as const) {
    assertEquals([...foregroundTarget(labels, { width: 6, parted })], [1, 1, -1, 1, gap, gap]);
  }
});
