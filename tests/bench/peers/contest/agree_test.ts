import { assert, assertEquals, assertThrows } from "@std/assert";
import { errorOf, largestError } from "../../../../bench/peers/contest/agree.ts";
import type { Arrays } from "../../../../bench/peers/serve.ts";

function arrays(byName: Record<string, number[]>): Arrays {
  return new Map(
    Object.entries(byName).map(([name, values]) => [
      name,
      { shape: [values.length], data: Float32Array.from(values) },
    ]),
  );
}

Deno.test("errorOf() is relative to the largest value of each array", () => {
  const expected = arrays({ dw: [100, -200, 0], db: [0.5, 0] });
  assertEquals(errorOf(expected, expected), 0);
  assertEquals(errorOf(arrays({ dw: [100, -202, 0], db: [0.5, 0] }), expected), 0.01);
  assertEquals(errorOf(arrays({ dw: [100, -200, 0], db: [0.5, 0.25] }), expected), 0.5);
  assertEquals(errorOf(arrays({ y: [0.25] }), arrays({ y: [0] })), 0.25);
});

Deno.test("errorOf() is not taken in by numbers that are none", () => {
  const expected = arrays({ y: [1, 2] });
  for (const wrong of [NaN, Infinity, -Infinity]) {
    const error = errorOf(arrays({ y: [1, wrong] }), expected);
    assert(!(error <= 1), `${error}`);
  }
});

Deno.test("errorOf() wants every array in its shape", () => {
  const expected = arrays({ dw: [1, 2] });
  assertThrows(() => errorOf(arrays({ dx: [1, 2] }), expected), RangeError, "lack dw");
  assertThrows(
    () => errorOf(arrays({ dw: [1, 2, 3] }), expected),
    RangeError,
    "its dw is [3], expected [2]",
  );
});

Deno.test("largestError() lets through no gradient that is a percent off", () => {
  for (const op of ["conv2d", "unet"] as const) {
    for (const pass of ["forward", "dx", "dw", "step"] as const) {
      assert(largestError({ op, pass }) <= 2e-3);
    }
  }
});
