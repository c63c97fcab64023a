import { assert, assertEquals, assertThrows } from "@std/assert";
import { runForward } from "../../../kernels/operation.ts";
import { localMaximum, localMaximumCheck } from "../../../kernels/ops/local_maximum.ts";
import { sizeOf } from "../../../kernels/gpu/shape.ts";
import { assertClose, checkOperation, device } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("localMaximum() and its gradient equal the float64 reference", () =>
  checkOperation(localMaximum));

Deno.test("localMaximum() looks at a square of pixels, cut off at the border", async () => {
  const data = [
    ...[0, 0, 0, 0, 0],
    ...[0, 5, 0, 0, 0],
    ...[0, 0, 0, 0, 0],
    ...[0, 0, 0, 0, 7],
  ];
  const params = { radius: 1 };
  const { y } = await runOperation(localMaximum, [{ shape: [1, 1, 4, 5], data }], { params });
  assertEquals([...y], [
    ...[5, 5, 5, 0, 0],
    ...[5, 5, 5, 0, 0],
    ...[5, 5, 5, 7, 7],
    ...[0, 0, 0, 7, 7],
  ]);
});

Deno.test("localMaximum() finds no zeros outside of an image that is negative throughout", async () => {
  const shape = [1, 1, 2, 2];
  const { y } = await runOperation(localMaximum, [{ shape, data: [-4, -3, -2, -1] }], {
    params: { radius: 2 },
  });
  assertEquals([...y], [-1, -1, -1, -1]);
});

Deno.test("localMaximum() gives the gradient of a tie to the first maximum in row-major order", async () => {
  const images = [
    [1, 1, 1, 1, 1, 1, 1, 1, 1],
    [0, 0, 2, 2, 0, 0, 0, 0, 0],
    [0, 3, 0, 0, 0, 3, 3, 0, 0],
  ];
  // Every pixel has a gradient of its own, so that a wrong way shows.
  const dy = [1, 2, 4, 8, 16, 32, 64, 128, 256];
  for (const data of images) {
    const { gradients: [dx] } = await runOperation(localMaximum, [{ shape: [1, 1, 3, 3], data }], {
      params: { radius: 1 },
      dy,
    });
    assertEquals([...dx!], firstMaximaOf(data, dy));
  }
});

/** The rule written out for 3 × 3 pixels and a radius of 1. */
function firstMaximaOf(data: readonly number[], dy: readonly number[]): number[] {
  const dx = new Array(9).fill(0);
  dy.forEach((gradient, i) => {
    const near = data.flatMap((value, at) => {
      const isNear = Math.abs(at % 3 - i % 3) <= 1 &&
        Math.abs(Math.floor(at / 3) - Math.floor(i / 3)) <= 1;
      return isNear ? [{ at, value }] : [];
    });
    const largest = Math.max(...near.map(({ value }) => value));
    dx[near.find(({ value }) => value === largest)!.at] += gradient;
  });
  return dx;
}

Deno.test("localMaximum() keeps planes apart", async () => {
  const shape = [2, 2, 1, 1];
  const { y } = await runOperation(localMaximum, [{ shape, data: [1, 2, 3, 4] }], {
    params: { radius: 9 },
  });
  assertEquals([...y], [1, 2, 3, 4]);
});

Deno.test("localMaximum() is right on large images and with the largest radius", async () => {
  const cases = [
    { shape: [1, 1, 257, 1031], radius: 3 },
    { shape: [1, 1, 2101, 1], radius: 1024 },
    { shape: [1, 1, 1, 2099], radius: 1024 },
  ];
  for (const { shape, radius } of cases) {
    const size = sizeOf(shape);
    // No two values within 65,521 pixels are equal.
    const x = { shape, data: Float64Array.from({ length: size }, (_, i) => (i * 7919) % 65_521) };
    const dy = { shape, data: Float64Array.from({ length: size }, (_, i) => i % 5 - 1) };
    const params = { radius };
    const { y, gradients: [dx] } = await runOperation(localMaximum, [x], { params, dy: dy.data });
    const { forward, backward } = localMaximumCheck.reference;
    assert(backward !== "none");
    assertClose(y, forward([x], params).data, { limit: 0, what: `[${shape}]` });
    assertClose(dx!, backward([x], dy, params)[0].data, { limit: 0, what: `[${shape}] dx` });
  }
});

Deno.test("localMaximum() refuses a radius that is no whole number, negative or too large", () => {
  using _scope = device.scope();
  for (const radius of [-1, 0.5, NaN, 1025]) {
    assertThrows(
      () =>
        runForward(device, localMaximum, {
          inputs: [device.empty([1, 1, 4, 4])],
          params: { radius },
        }),
      RangeError,
      `Cannot run localMaximum: radius is ${radius}, expected a whole number from 0 to 1024`,
    );
  }
});
