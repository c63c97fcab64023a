import { assert, assertEquals, assertLess, assertLessOrEqual } from "@std/assert";
import { Random } from "../../../../train/images/random.ts";
import { chooseTile, tilePlan } from "../../../../train/models/tiles/tile_plan.ts";

/** The reach and multiple of the U-Net of depth 3. */
const RULE = { reach: 52, multiple: 8 };

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

/** Pixels computed for an image, what overlaps counted twice. */
function cost(
  image: { width: number; height: number },
  tile: { width: number; height: number },
  rule = RULE,
): number {
  const along = (length: number, side: number) =>
    tilePlan({ length, side, ...rule }).reduce((sum, { size }) => sum + size, 0);
  return along(image.width, tile.width) * along(image.height, tile.height);
}

Deno.test("tilePlan() keeps every pixel exactly once, inside its tile and off its rim", () => {
  const random = new Random(3);
  for (let i = 0; i < 2000; i++) {
    const multiple = 2 ** (1 + random.integer(4));
    const length = 1 + random.integer(600);
    const side = multiple * (1 + random.integer(40));
    const reach = random.integer(100);
    const plan = tilePlan({ length, side, reach, multiple });
    const padded = roundUp(length, multiple);
    const what = JSON.stringify({ length, side, reach, multiple, plan });
    let next = 0;
    for (const { start, size, keepFrom, keepTo } of plan) {
      assertEquals(keepFrom, next, what);
      assertLess(keepFrom, keepTo, what);
      next = keepTo;
      assert(start % multiple === 0 && size % multiple === 0, what);
      assert(start >= 0 && start + size <= padded, what);
      // Where a tile ends inside the image, what is kept is further from its end than the reach.
      assert(start === 0 || keepFrom - start >= reach, what);
      assert(start + size === padded || start + size - keepTo >= reach, what);
      const margin = roundUp(reach, multiple);
      assert(size <= Math.max(side, 2 * margin + multiple), what);
      assertEquals(size, plan[0].size, what);
    }
    assertEquals(next, length, what);
  }
});

Deno.test("chooseTile() takes the whole image where it may", () => {
  for (const [width, height] of [[1100, 700], [1, 1], [8, 3000], [512, 512]]) {
    const mostPixels = roundUp(width, 8) * roundUp(height, 8);
    const tile = chooseTile({ width, height }, { ...RULE, mostPixels });
    assertEquals(tile, { width: roundUp(width, 8), height: roundUp(height, 8) });
  }
});

Deno.test("chooseTile() costs no more than any other tile within the limit", () => {
  const random = new Random(5);
  for (let i = 0; i < 200; i++) {
    const image = { width: 1 + random.integer(3000), height: 1 + random.integer(3000) };
    const mostPixels = 120 * 120 + random.integer(1_000_000);
    const tile = chooseTile(image, { ...RULE, mostPixels });
    const what = JSON.stringify({ image, mostPixels, tile });
    assertLessOrEqual(tile.width * tile.height, mostPixels, what);
    const chosen = cost(image, tile);
    for (let other = 0; other < 40; other++) {
      const width = 120 + 8 * random.integer(400);
      const height = Math.floor(mostPixels / width / 8) * 8;
      if (height < 120) continue;
      assertLessOrEqual(chosen, cost(image, { width, height }), `${what} ${width}x${height}`);
    }
  }
});

Deno.test("chooseTile() gives the smallest tile of use where even that has more pixels", () => {
  const tile = chooseTile({ width: 900, height: 700 }, { ...RULE, mostPixels: 50 });
  assertEquals(tile, { width: 120, height: 120 });
});
