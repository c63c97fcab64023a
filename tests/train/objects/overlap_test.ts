import { assertEquals, assertThrows } from "@std/assert";
import { objectsOf, overlapOf, pairScore } from "../../../train/objects/overlap.ts";
import { countedAreas, drawn, empty, HUGE_ID, idsOf, rectangles } from "./fixtures/label_images.ts";

Deno.test("objectsOf() lists ids in ascending order with their areas, whatever the ids", () => {
  const objects = objectsOf(drawn(`
    ##..9
    ##..9
    3.99.`));
  assertEquals([...objects.ids], [3, 9, HUGE_ID]);
  assertEquals([...objects.areas], [1, 4, 4]);
});

Deno.test("objectsOf() finds none in background and in an image without pixels", () => {
  assertEquals(objectsOf(empty(3, 4)).ids.length, 0);
  assertEquals(objectsOf(empty(0, 0)).ids.length, 0);
});

Deno.test("overlapOf() counts shared pixels and keeps areas that lie on background", () => {
  const overlap = overlapOf(
    drawn(`
      11.5
      11.5`),
    drawn(`
      .#7.
      .##.`),
  );
  assertEquals([...overlap.first.ids], [1, 5]);
  assertEquals([...overlap.second.ids], [7, HUGE_ID]);
  assertEquals([...overlap.second.areas], [1, 3]);
  assertEquals(overlap.pairs, [{ first: 0, second: 1, area: 2 }]);
});

Deno.test("overlapOf() agrees with counting pixel by pixel", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const a = rectangles({ seed, count: 30, height: 31, width: 47, side: 12 });
    const b = rectangles({ seed: seed + 100, count: 25, height: 31, width: 47, side: 15 });
    const overlap = overlapOf(a, b);
    assertEquals([...overlap.first.ids], idsOf(a));
    assertEquals([...overlap.second.ids], idsOf(b));
    const found = new Map<string, number>();
    overlap.first.ids.forEach((id, i) => found.set(`${id},`, overlap.first.areas[i]));
    overlap.second.ids.forEach((id, i) => found.set(`,${id}`, overlap.second.areas[i]));
    for (const { first, second, area } of overlap.pairs) {
      found.set(`${overlap.first.ids[first]},${overlap.second.ids[second]}`, area);
    }
    assertEquals(found, countedAreas(a, b));
    const order = overlap.pairs.map((pair) => pair.first * 1000 + pair.second);
    assertEquals(order, order.toSorted((x, y) => x - y));
  }
});

Deno.test("overlapOf() does not join runs across different ids of either image", () => {
  const a = drawn("1111");
  const overlap = overlapOf(a, drawn("2323"));
  assertEquals(overlap.pairs.map((pair) => pair.area), [2, 2]);
});

Deno.test("pairScore() divides by union, first or second area", () => {
  const overlap = overlapOf(drawn("1111.."), drawn("..2222"));
  const [pair] = overlap.pairs;
  assertEquals(pairScore(overlap, pair), 2 / 6);
  assertEquals(pairScore(overlap, pair, { criterion: "iot" }), 0.5);
  const smaller = overlapOf(drawn("1111.."), drawn("..22.."));
  assertEquals(pairScore(smaller, smaller.pairs[0], { criterion: "iop" }), 1);
});

Deno.test("overlapOf() refuses images of different sizes and names both", () => {
  assertThrows(() => overlapOf(empty(2, 6), empty(3, 4)), RangeError, "2x6, the second is 3x4");
});

Deno.test("objectsOf() takes what is to be ignored for no object", () => {
  const { ids, areas } = objectsOf(drawn("1?2?#"));
  assertEquals([[...ids], [...areas]], [[1, 2, HUGE_ID], [1, 1, 1]]);
});

Deno.test("overlapOf() takes pixels that one image ignores away from the other, and names what lies there", () => {
  const overlap = overlapOf(drawn("11?????2"), drawn("33344556"));
  assertEquals([...overlap.first.areas], [2, 1]);
  // 3 loses one of three pixels, 4 both, 5 both.
  assertEquals([...overlap.second.ids], [3, 4, 5, 6]);
  assertEquals([...overlap.second.areas], [2, 0, 0, 1]);
  assertEquals(overlap.pairs.map(({ first, second, area }) => [first, second, area]), [
    [0, 0, 2],
    [1, 3, 1],
  ]);
  assertEquals([[...overlap.ignored.first], [...overlap.ignored.second]], [[], [1, 2]]);
  // Half of an object is not more than half of it.
  assertEquals(overlapOf(drawn("?."), drawn("11")).ignored.second.size, 0);
  assertEquals(overlapOf(drawn("??."), drawn("111")).ignored.second.size, 1);
  const turned = overlapOf(drawn("33344556"), drawn("11?????2"));
  assertEquals([[...turned.ignored.first], [...turned.ignored.second]], [[1, 2], []]);
});
