import { assertEquals } from "@std/assert";
import type { Candidates } from "../../../../nn/labels/stardist/candidates.ts";
import { findObjects } from "../../../../nn/labels/stardist/objects.ts";
import { doubtfulLabels } from "../../../../train/models/stardist/doubtful.ts";

const SIZE = { width: 40, height: 11 };

/** Diamonds with corners 4 pixels from their places in row 5. */
function diamondsAt(list: readonly [column: number, prob: number][]): Candidates {
  return {
    count: list.length,
    rays: 4,
    prob: Float32Array.from(list, ([, prob]) => prob),
    points: Int32Array.from(list.flatMap(([column]) => [5, column])),
    dist: new Float32Array(4 * list.length).fill(4),
  };
}

function rowOf(data: Uint32Array): number[] {
  return [...data.subarray(5 * SIZE.width, 6 * SIZE.width)];
}

Deno.test("doubtfulLabels() are what is too improbable or overlaps too much, where no object is", () => {
  const all = diamondsAt([[6, 0.9], [7, 0.85], [9, 0.8], [28, 0.3]]);
  const sure = diamondsAt([[6, 0.9], [7, 0.85], [9, 0.8]]);
  const kept = findObjects(sure, { ...SIZE, nmsThreshold: 0.1 });
  assertEquals([...kept.points], [5, 6]);
  const labels = { ...SIZE, data: kept.labels };
  const { data } = doubtfulLabels(all, { kept, labels });
  // The double of the object, one pixel aside, is none; the others are numbered by probability.
  const row = rowOf(data);
  assertEquals(row.slice(2, 11), Array(9).fill(0));
  assertEquals(row.slice(11, 14), [1, 1, 1]);
  assertEquals(row.slice(24, 33), Array(9).fill(2));
  assertEquals(new Set(data).size, 3);
  data.forEach((id, at) => assertEquals(id > 0 && labels.data[at] > 0, false));
});

Deno.test("doubtfulLabels() has nothing where everything is kept", () => {
  const all = diamondsAt([[6, 0.9], [28, 0.7]]);
  const kept = findObjects(all, { ...SIZE, nmsThreshold: 0.4 });
  const { data } = doubtfulLabels(all, { kept, labels: { ...SIZE, data: kept.labels } });
  assertEquals(new Set(data), new Set([0]));
});
