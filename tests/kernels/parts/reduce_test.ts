// Sums at sizes at which a software adapter would silently end one long loop.
import { assertEquals } from "@std/assert";
import { sumSlabs } from "../../../kernels/parts/reduce.ts";
import { Random } from "../../../train/images/random.ts";
import { assertClose, device } from "../fixtures/check_operation.ts";

/** Values that keep a sum far from 0, so that a lost part of it shows. */
function uniform(size: number, seed: number): Float32Array<ArrayBuffer> {
  const random = new Random(seed);
  return Float32Array.from({ length: size }, () => random.uniform(0.5, 1.5));
}

Deno.test("sumSlabs() adds every slab once, from one to far more than it takes in one pass", async () => {
  using _scope = device.scope();
  for (const slabs of [1, 2, 255, 256, 257, 4097, 70_001, 300_007]) {
    const shape = [3];
    const values = uniform(slabs * 3, slabs);
    const partial = device.upload([slabs, ...shape], values);
    const total = sumSlabs(device, { partial, shape });
    const expected = new Float64Array(3);
    values.forEach((value, i) => expected[i % 3] += value);
    assertEquals(total.shape, shape);
    assertClose(await device.read(total), expected, { limit: 1e-5, what: `${slabs} slabs` });
  }
});

Deno.test("sumSlabs() keeps the shape of a slab", async () => {
  using _scope = device.scope();
  const partial = device.upload([2, 2, 1, 3], Float32Array.from({ length: 12 }, (_, i) => i));
  const total = sumSlabs(device, { partial, shape: [2, 1, 3] });
  assertEquals(total.shape, [2, 1, 3]);
  assertEquals(await device.read(total), Float32Array.of(6, 8, 10, 12, 14, 16));
});

Deno.test("sumSlabs() of no slabs is 0", async () => {
  using _scope = device.scope();
  const partial = device.empty([0, 3]);
  assertEquals(await device.read(sumSlabs(device, { partial, shape: [3] })), new Float32Array(3));
});
