// Sums of several reductions at once, as software adapters and GPUs have them, against plain loops.
import { assertEquals } from "@std/assert";
import { Device } from "../../../kernels/gpu/device.ts";
import { MOST_SLABS, MOST_SUMS, sumJointly } from "../../../kernels/parts/joint_sums.ts";
import { Random } from "../../../train/images/random.ts";
import { assertClose, device as opened } from "../fixtures/check_operation.ts";

/** Sizes in fours and others, one slab and many, a few columns and more than a workgroup has. */
const REDUCTIONS = [
  { size: 1, slabs: 1 },
  { size: 1, slabs: MOST_SLABS },
  { size: 16, slabs: 257 },
  { size: 5, slabs: 31 },
  { size: 1200, slabs: 3 },
  { size: 300, slabs: 16 },
  { size: 7, slabs: 1000 },
];

for (const style of ["registers", "textures"] as const) {
  Deno.test(`sumJointly() adds every slab of every reduction once, the same bits each time (${style})`, async () => {
    using device = new Device(opened.gpu, { ...opened.adapter, style }).task();
    using _scope = device.scope();
    assertEquals(REDUCTIONS.length, MOST_SUMS);
    const random = new Random(7);
    const values = REDUCTIONS.map(({ size, slabs }) =>
      Float32Array.from({ length: size * slabs }, () => random.uniform(0.5, 1.5))
    );
    const run = async (count: number) => {
      const { parts, whole } = device.blocks.make(REDUCTIONS.map(({ size }) => [size]));
      device.write(whole, new Float32Array(whole.size).fill(NaN));
      sumJointly(
        device,
        REDUCTIONS.slice(0, count).map(({ size, slabs }, i) => ({
          partial: device.upload([slabs, size], values[i]),
          slabs,
          total: parts[i],
        })),
      );
      return await Promise.all(parts.map((part) => device.read(part)));
    };
    const sums = await run(MOST_SUMS);
    REDUCTIONS.forEach(({ size, slabs }, i) => {
      const expected = new Float64Array(size);
      values[i].forEach((value, k) => expected[k % size] += value);
      assertClose(sums[i], expected, { limit: 1e-6, what: `${slabs} slabs of ${size}` });
    });
    assertEquals(await run(MOST_SUMS), sums);
    const some = await run(2);
    assertEquals(some.slice(0, 2), sums.slice(0, 2));
    assertEquals(some[2], new Float32Array(16).fill(NaN));
  });
}
