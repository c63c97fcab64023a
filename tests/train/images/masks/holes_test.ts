import { assertEquals } from "@std/assert";
import { isObject, type LabelImage } from "../../../../train/images/image.ts";
import { fillHoles } from "../../../../train/images/masks/holes.ts";
import { Random } from "../../../../train/images/random.ts";
import { drawn } from "../../objects/fixtures/label_images.ts";

Deno.test("fillHoles() fills background that one object encloses, and counts it", () => {
  const mask = drawn(`
    1111.222.
    1..1.2.2.
    1.11.22..
    111......`);
  const { labels, objects, pixels } = fillHoles(mask);
  assertEquals(
    labels,
    drawn(`
      1111.222.
      1111.222.
      1111.22..
      111......`),
  );
  assertEquals([objects, pixels], [2, 4]);
  assertEquals(mask.data[10], 0, "the mask that was given is as it was");
});

Deno.test("fillHoles() leaves what opens to the border, lies between objects or is no background", () => {
  for (
    const mask of [
      drawn("1.1\n1.1\n111"),
      drawn("1122\n1..2\n1122"),
      drawn("111\n1?1\n111"),
      drawn("11111\n12221\n12221\n11111"),
    ]
  ) {
    assertEquals(fillHoles(mask), { labels: mask, objects: 0, pixels: 0 });
  }
  // A way over a corner is none.
  assertEquals(fillHoles(drawn("11.\n1.1\n111")).labels, drawn("11.\n111\n111"));
  // An object in a hole stays, the background around it is filled.
  assertEquals(
    fillHoles(drawn("11111\n1...1\n1.2.1\n1...1\n11111")).labels,
    drawn("11111\n11111\n11211\n11111\n11111"),
  );
});

/** The same by its definition: pixels without a way out of the image that does not touch the object. */
function filledByDefinition({ width, height, data }: LabelImage): Uint32Array {
  const filled = data.slice();
  for (const id of new Set(data.filter(isObject))) {
    const isOut = new Set<number>();
    const at = (x: number, y: number) => y * (width + 2) + x;
    const stack = [[0, 0]];
    while (stack.length > 0) {
      const [x, y] = stack.pop()!;
      if (x < 0 || y < 0 || x > width + 1 || y > height + 1 || isOut.has(at(x, y))) continue;
      const isInside = x > 0 && y > 0 && x <= width && y <= height;
      if (isInside && data[(y - 1) * width + x - 1] === id) continue;
      isOut.add(at(x, y));
      stack.push([x + 1, y], [x - 1, y], [x, y + 1], [x, y - 1]);
    }
    data.forEach((label, i) => {
      const [x, y] = [i % width + 1, Math.floor(i / width) + 1];
      if (label === 0 && !isOut.has(at(x, y))) filled[i] = id;
    });
  }
  return filled;
}

Deno.test("fillHoles() is its definition on random images", () => {
  const random = new Random(3);
  let filled = 0;
  for (let trial = 0; trial < 200; trial++) {
    const [width, height] = [1 + random.integer(9), 1 + random.integer(9)];
    const data = Uint32Array.from({ length: width * height }, () => random.chance(0.3) ? 0 : 1);
    if (trial % 2 === 0) data.forEach((id, i) => data[i] = id && i % width > width / 2 ? 2 : id);
    const mask = { width, height, data };
    const found = fillHoles(mask);
    assertEquals(found.labels.data, filledByDefinition(mask));
    assertEquals(found.pixels, found.labels.data.filter((id, i) => id !== data[i]).length);
    filled += found.pixels;
  }
  assertEquals(filled > 100, true);
});
