import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { IGNORED_LABEL } from "../../../train/images/image.ts";
import { scaleText } from "../../../train/models/object_scale.ts";
import { ObjectSizes } from "../../../train/objects/object_sizes.ts";

/** An image of squares of some sides, one below the other. */
function squares(sides: readonly number[]) {
  const width = Math.max(...sides);
  const rows = sides.flatMap((side, i) =>
    Array.from(
      { length: side },
      () => Array.from({ length: width }, (_, x) => x < side ? i + 1 : 0),
    )
  );
  return { width, height: rows.length, data: Uint32Array.from(rows.flat()) };
}

function sizesOf(...images: (readonly number[])[]): ObjectSizes {
  const sizes = new ObjectSizes();
  images.forEach((sides) => sizes.add(squares(sides)));
  return sizes;
}

Deno.test("ObjectSizes gives the median diameter of discs of the same area, over all images", () => {
  const sizes = sizesOf([3, 30, 5], [31, 29]);
  assertEquals(sizes.objects, 5);
  const expected = 29 * Math.sqrt(4 / Math.PI);
  assert(Math.abs(sizes.median! / expected - 1) < 0.011, `${sizes.median}, not ${expected}`);
  assertEquals(new ObjectSizes().median, null);
  const ignoring = new ObjectSizes();
  ignoring.add({ width: 2, height: 1, data: Uint32Array.of(IGNORED_LABEL, 0) });
  assertEquals(ignoring.objects, 0);
});

Deno.test("scaleText() speaks of objects beyond those that were learned, and names sizes and the remedy", () => {
  const found = sizesOf(Array(12).fill(20));
  const text = (factor: number, sizes = found) => {
    const median = factor * found.median!;
    const scale = { median, low: 0.9 * median, high: 1.1 * median };
    return scaleText(sizes, { scale, where: "v" });
  };
  for (const factor of [1, 1.6, 1 / 1.6]) assertEquals(text(factor), null, `${factor}`);
  assertStringIncludes(text(2)!, "found in v are 22.6 pixels in diameter in the median");
  assertStringIncludes(text(2)!, "learned from ones of 40.8 to 49.8");
  assertStringIncludes(text(2)!, "scale the images by 2.0, as --rescale does");
  assertStringIncludes(text(1 / 3)!, "scale the images by 0.33");
  assertEquals(scaleText(found, { scale: null, where: "v" }), null);
  assertEquals(text(4, sizesOf([20, 20])), null);
});
