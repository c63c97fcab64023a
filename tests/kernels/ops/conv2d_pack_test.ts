// Weights in the order in which kernels read them: those of a network are packed together.
import { assertEquals } from "@std/assert";
import { packWeights } from "../../../kernels/ops/conv2d/pack.ts";
import type { Tensor } from "../../../kernels/gpu/tensor.ts";
import { device, randomArray, upload } from "../fixtures/check_operation.ts";
import { Random } from "../../../train/images/random.ts";

/** Odd numbers of channels, one tap and nine, and a bias and a matrix that are nobody's kernels. */
const SHAPES = [[5, 3, 3, 3], [5], [1, 5, 1, 1], [16, 7, 3, 3], [4, 6], [6, 2, 5, 5]];

/** The same in plain loops: `[c_out / 4][term]` vectors of 4 channels, 0 past the last one. */
function packedArray(
  { shape, values }: { shape: readonly number[]; values: Float32Array },
  turned: boolean,
) {
  const [first, second, k] = shape;
  const [cOut, cIn] = turned ? [second, first] : [first, second];
  const result: number[] = [];
  for (let block = 0; block < Math.ceil(cOut / 4); block++) {
    for (let i = 0; i < cIn; i++) {
      for (let tap = 0; tap < k * k; tap++) {
        for (let o = block * 4; o < block * 4 + 4; o++) {
          const at = turned
            ? (i * second + o) * k * k + (k * k - 1 - tap)
            : (o * second + i) * k * k + tap;
          result.push(o < cOut ? values[at] : 0);
        }
      }
    }
  }
  return Float32Array.from(result);
}

Deno.test("packWeights() packs all weights of a block in one dispatch, each as by itself", async () => {
  using _scope = device.scope();
  const random = new Random(1);
  const tensors = SHAPES.map((shape) => upload(randomArray(shape, { random })));
  const kernels = (list: Tensor<"f32">[]) => list.filter(({ shape }) => shape.length === 4);
  for (const transposed of [false, true]) {
    const alone = [];
    for (const weight of kernels(tensors)) {
      const packed = await device.read(packWeights(device, { weight, transposed }));
      const values = await device.read(weight);
      assertEquals(packed, packedArray({ shape: weight.shape, values }, transposed));
      alone.push(packed);
    }
    const { parts } = device.blocks.make(SHAPES);
    tensors.forEach((tensor, i) => device.copy({ from: tensor, to: parts[i], count: tensor.size }));
    const before = device.dispatchCount;
    const together = kernels([...parts]).map((weight) =>
      packWeights(device, { weight, transposed })
    );
    assertEquals(device.dispatchCount - before, 1);
    for (const [i, packed] of together.entries()) assertEquals(await device.read(packed), alone[i]);
  }
});
