// Sums at sizes at which a software adapter would silently end one long loop.
import { assertEquals } from "@std/assert";
import { maskAndSum, sumPerChannel } from "../../../kernels/parts/channel_sums.ts";
import { Random } from "../../../train/images/random.ts";
import { assertClose, device } from "../fixtures/check_operation.ts";

/** Values that keep a sum far from 0, so that a lost part of it shows. */
function uniform(size: number, seed: number): Float32Array<ArrayBuffer> {
  const random = new Random(seed);
  return Float32Array.from({ length: size }, () => random.uniform(0.5, 1.5));
}

Deno.test("sumPerChannel() is right on one pixel, on odd sizes and on planes of a million", async () => {
  for (
    const [n, c, h, w] of [[1, 1, 1, 1], [3, 5, 7, 9], [2, 3, 16, 16], [1, 2, 257, 1], [
      2,
      2,
      1021,
      1033,
    ]]
  ) {
    using _scope = device.scope();
    const values = uniform(n * c * h * w, h);
    const expected = new Float64Array(c);
    values.forEach((value, i) => expected[Math.floor(i / (h * w)) % c] += value);
    const sums = sumPerChannel(device, device.upload([n, c, h, w], values));
    assertEquals(sums.shape, [c]);
    assertClose(await device.read(sums), expected, { limit: 1e-5, what: `[${[n, c, h, w]}]` });
  }
});

Deno.test("sumPerChannel() frees what it needs on the way", () => {
  using _scope = device.scope();
  const x = device.empty([1, 2, 1000, 1000]);
  device.trim(); // So that nothing larger serves.
  const before = device.memory.inUse;
  sumPerChannel(device, x);
  assertEquals(device.memory.inUse - before, 256);
});

Deno.test("maskAndSum() masks every element and sums what is left, the same bits as in two passes", async () => {
  for (const shape of [[1, 1, 1, 1], [3, 5, 7, 9], [2, 3, 16, 16], [1, 2, 1021, 33]]) {
    using _scope = device.scope();
    const size = shape.reduce((a, b) => a * b);
    const random = new Random(size);
    const y = Float32Array.from({ length: size }, () => Math.max(0, random.normal()));
    const dy = uniform(size, 7);
    const masked = dy.map((value, i) => y[i] > 0 ? value : 0);
    const sums = await device.read(sumPerChannel(device, device.upload(shape, masked)));
    for (const inPlace of [false, true]) {
      const upstream = device.upload(shape, dy);
      const result = maskAndSum(device, { y: device.upload(shape, y), dy: upstream, inPlace });
      assertEquals(await device.read(result.dz), masked);
      assertEquals(await device.read(result.sums), sums);
      assertEquals(await device.read(upstream), inPlace ? masked : dy);
    }
  }
});
