// Suppression row by row must keep what suppression with all candidates at hand keeps.
import { assertEquals, assertThrows } from "@std/assert";
import {
  type Candidates,
  joinCandidates,
  selectCandidates,
} from "../../../../nn/labels/stardist/candidates.ts";
import {
  GrowingSuppression,
  MarginError,
} from "../../../../nn/labels/stardist/growing_suppression.ts";
import { findObjects } from "../../../../nn/labels/stardist/objects.ts";
import { Random } from "../../../../train/images/random.ts";

const SIZE = { width: 60, height: 200 };
const RAYS = 8;

/** Candidates anywhere, in their order; long chains of them overlap. Probabilities are often equal. */
function anywhere(seed: number, count: number): Candidates {
  const random = new Random(seed, 2);
  const points = Int32Array.from(
    { length: 2 * count },
    (_, i) => random.integer(i % 2 === 0 ? SIZE.height : SIZE.width),
  );
  const one = {
    ...{ count, rays: RAYS, points },
    prob: Float32Array.from({ length: count }, () => random.integer(40) / 40),
    dist: Float32Array.from({ length: count * RAYS }, () => 3 + 6 * random.next()),
  };
  return joinCandidates([one]);
}

/** Those whose points are in some rows. */
function inRows(all: Candidates, from: number, to: number): Candidates {
  const indices = Array.from(all.prob.keys()).filter((at) =>
    all.points[2 * at] >= from && all.points[2 * at] < to
  );
  return selectCandidates(all, indices);
}

function grown(
  all: Candidates,
  { rows, threshold, margin }: { rows: number; threshold: number; margin: number },
): { kept: Candidates; mostWaiting: number } {
  const growing = new GrowingSuppression({ threshold, margin });
  let mostWaiting = 0;
  for (let from = 0; from < SIZE.height; from += rows) {
    const to = from + rows;
    growing.add(inRows(all, from, to), to >= SIZE.height ? Infinity : to);
    mostWaiting = Math.max(mostWaiting, growing.waiting);
  }
  return { kept: growing.end(), mostWaiting };
}

Deno.test("GrowingSuppression keeps what findObjects() keeps, however many rows come at once", () => {
  for (const seed of [1, 2, 3]) {
    const all = anywhere(seed, 700);
    for (const threshold of [0.1, 0.4, 0.9]) {
      const { labels: _, vertices: __, ...whole } = findObjects(all, {
        ...SIZE,
        nmsThreshold: threshold,
      });
      for (const rows of [1, 7, 40, 500]) {
        const { kept, mostWaiting } = grown(all, { rows, threshold, margin: 9 });
        assertEquals(kept, whole, `seed ${seed}, threshold ${threshold}, ${rows} rows`);
        if (rows < 40) assertEquals(mostWaiting < 250, true, `${mostWaiting} of 700 wait`);
      }
    }
  }
});

Deno.test("GrowingSuppression says when a candidate reaches farther up than was allowed for", () => {
  const all = anywhere(4, 200);
  assertThrows(() => grown(all, { rows: 10, threshold: 0.4, margin: 2 }), MarginError, "2 rows");
  const none = selectCandidates(all, []);
  const growing = new GrowingSuppression({ threshold: 0.4, margin: 9 });
  assertThrows(() => growing.end(), RangeError, "0 candidates wait");
  growing.add(none, 10);
  growing.add(none, Infinity);
  assertEquals(growing.end().count, 0);
});
