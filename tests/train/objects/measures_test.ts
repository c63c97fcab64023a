import { assertAlmostEquals, assertEquals } from "@std/assert";
import { intensityOf, shapeOf } from "../../../train/objects/measures.ts";
import { seenObjects } from "../../../train/objects/sequence/seen_object.ts";
import { discs } from "./fixtures/movies.ts";
import { drawn } from "./fixtures/label_images.ts";

Deno.test("shapeOf() measures a disc as its formulas have it", () => {
  const [disc] = seenObjects(discs([{ y: 50, x: 50, r: 20, id: 3 }]));
  const { perimeter, eccentricity } = shapeOf(disc);
  assertAlmostEquals(perimeter, 2 * Math.PI * 20, 0.05 * 2 * Math.PI * 20);
  assertEquals(eccentricity < 0.01, true);
});

Deno.test("shapeOf() gives the eccentricity of an ellipse, whichever way it lies", () => {
  const ellipse = (a: number, b: number) => {
    const data = new Uint32Array(10201);
    data.forEach((_, at) => {
      const [y, x] = [Math.floor(at / 101) - 50, at % 101 - 50];
      if ((x / a) ** 2 + (y / b) ** 2 <= 1) data[at] = 1;
    });
    return shapeOf(seenObjects({ width: 101, height: 101, data })[0]).eccentricity;
  };
  assertAlmostEquals(ellipse(40, 24), 0.8, 0.005);
  assertAlmostEquals(ellipse(24, 40), 0.8, 0.005);
});

Deno.test("shapeOf() counts oblique steps √2, and takes single pixels and lines", () => {
  const diamond = seenObjects(drawn(".....\n..1..\n.111.\n..1..\n....."))[0];
  assertAlmostEquals(shapeOf(diamond).perimeter, 4 * Math.SQRT2);
  const [pixel] = seenObjects(drawn("...\n.1.\n..."));
  assertEquals(shapeOf(pixel), { perimeter: 0, eccentricity: 0 });
  const [line] = seenObjects(drawn("11111"));
  assertEquals(shapeOf(line).eccentricity, 1);
});

Deno.test("intensityOf() leaves out what is no number", () => {
  const [object] = seenObjects(drawn("111\n.1."));
  const image = { width: 3, height: 2, data: Float32Array.of(1, 5, NaN, 100, 3, 100) };
  assertEquals(intensityOf(object, image), { mean: 3, min: 1, max: 5, sum: 9 });
  const nothing = { ...image, data: image.data.fill(NaN) };
  assertEquals(intensityOf(object, nothing).mean, NaN);
});
