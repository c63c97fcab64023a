import { assertEquals } from "@std/assert";
import { piecesOf } from "../../../../train/images/masks/pieces.ts";
import { Random } from "../../../../train/images/random.ts";
import { drawLabels } from "../../objects/fixtures/drawings.ts";

Deno.test("piecesOf() parts pixels that touch at a corner with 4 neighbours, not with 8", () => {
  const labels = drawLabels([
    "1.2.1",
    ".1.2.",
    "1...2",
  ]);
  const found = (connectivity: 4 | 8) =>
    piecesOf(labels, { connectivity }).pieces.map(({ label, size }) => [label, size]);
  assertEquals(found(8), [[1, 3], [2, 3], [1, 1]]);
  assertEquals(found(4).length, 7);
});

Deno.test("piecesOf() does not join the ends of two rows", () => {
  const labels = drawLabels(["..1", "1..", "..1"]);
  assertEquals(piecesOf(labels, { connectivity: 8 }).pieces.length, 3);
});

Deno.test("piecesOf() finds what union of neighbours finds, in the order of first pixels", () => {
  const random = new Random(6);
  for (const connectivity of [4, 8] as const) {
    for (let trial = 0; trial < 30; trial++) {
      const [width, height] = [1 + random.integer(12), 1 + random.integer(9)];
      const data = Uint32Array.from({ length: width * height }, () => random.integer(3));
      const { pieces, indices } = piecesOf({ width, height, data }, { connectivity });
      // The lowest pixel that each one reaches, by going on until nothing changes.
      const lowest = Int32Array.from(data.keys());
      for (let hasChanged = true; hasChanged;) {
        hasChanged = false;
        data.forEach((label, a) =>
          data.forEach((other, b) => {
            const dx = Math.abs(a % width - b % width);
            const dy = Math.abs(Math.floor(a / width) - Math.floor(b / width));
            const touches = connectivity === 4 ? dx + dy === 1 : Math.max(dx, dy) === 1;
            if (label === 0 || label !== other || !touches || lowest[a] <= lowest[b]) return;
            lowest[a] = lowest[b];
            hasChanged = true;
          })
        );
      }
      const firsts = [...new Set(lowest.filter((_, at) => data[at] !== 0))].sort((a, b) => a - b);
      assertEquals(pieces.map(({ label }) => label), firsts.map((at) => data[at]));
      data.forEach((label, at) => {
        assertEquals(indices[at], label === 0 ? -1 : firsts.indexOf(lowest[at]));
      });
      pieces.forEach(({ size }, index) => {
        assertEquals(size, indices.filter((of) => of === index).length);
      });
    }
  }
});
