import { assertAlmostEquals, assertEquals } from "@std/assert";
import {
  cutOut,
  factsOf,
  PICKED,
  pickSquare,
  pickStills,
  renumbered,
  SIDE,
  type StillFacts,
} from "../../../../train/jobs/builtin/pick_stills.ts";

/** 400 stills, one for each of twenty diameters and twenty brightnesses. */
function allKinds(): StillFacts[] {
  return Array.from({ length: 400 }, (_, i) => ({
    name: `still-${String(i).padStart(3, "0")}`,
    objects: i * 7 % 31,
    diameter: 5 + Math.floor(i / 20),
    brightness: i % 20,
  }));
}

Deno.test("pickStills() takes two stills of each of twenty kinds, by diameter and brightness", () => {
  const picked = pickStills(allKinds());
  assertEquals(picked.length, PICKED);
  const kinds = Map.groupBy(
    picked,
    ({ diameter, brightness }) => `${Math.floor((diameter - 5) / 4)} ${Math.floor(brightness / 5)}`,
  );
  assertEquals(Array.from(kinds.values(), ({ length }) => length), Array(20).fill(2));
});

Deno.test("pickStills() takes the same stills in whatever order it is given them", () => {
  assertEquals(pickStills(allKinds().reverse()), pickStills(allKinds()));
});

Deno.test("pickStills() takes each still once where there are few", () => {
  const few = allKinds().slice(0, 3);
  assertEquals(pickStills(few), few);
});

Deno.test("factsOf() gives the median diameter as of circles, and the mean intensity of objects", () => {
  // Areas 1, 2 and 4; intensities are the numbers of the objects, and 9 elsewhere.
  const data = Uint32Array.of(1, 0, 2, 2, 0, 3, 3, 3, 3);
  const labels = { width: 3, height: 3, data };
  const image = { ...labels, data: Float32Array.from(data, (id) => id === 0 ? 9 : id) };
  const facts = factsOf("a", { image, labels })!;
  assertEquals(facts.objects, 3);
  assertAlmostEquals(facts.diameter, 2 * Math.sqrt(2 / Math.PI), 1e-12);
  assertAlmostEquals(facts.brightness, (1 + 2 * 2 + 4 * 3) / 7, 1e-12);
  assertEquals(factsOf("b", { image, labels: { ...labels, data: new Uint32Array(9) } }), null);
});

Deno.test("pickSquare() finds the square with the most centres, and the first of equals", () => {
  const [width, height] = [2 * SIDE, SIDE];
  const data = new Uint32Array(width * height);
  assertEquals(pickSquare({ width, height, data }), { x: 0, y: 0, side: SIDE });
  data[10 * width + 3] = 1;
  data[20 * width + 2 * SIDE - 3] = 2;
  data[30 * width + 2 * SIDE - 9] = 3;
  const { x, y, side } = pickSquare({ width, height, data });
  // The last square that does not reach further than it must.
  assertEquals({ x, y, side }, { x: SIDE, y: 0, side: SIDE });
});

Deno.test("pickSquare() takes all of an image that is smaller", () => {
  assertEquals(pickSquare({ width: 7, height: 5, data: new Uint32Array(35) }), {
    x: 0,
    y: 0,
    side: 5,
  });
});

Deno.test("cutOut() and renumbered() keep objects apart and count them from 1", () => {
  const data = Uint32Array.of(9, 9, 4, 0, 7, 7, 4, 0, 7);
  const cut = cutOut({ width: 3, data }, { x: 1, y: 0, side: 2 });
  assertEquals(cut, [9, 4, 7, 7]);
  assertEquals(renumbered([0, ...cut, 9]), [0, 1, 2, 3, 3, 1]);
});
