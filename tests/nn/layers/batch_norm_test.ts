import { assert, assertEquals } from "@std/assert";
import { meanSquaredError } from "../../../kernels/ops/mean_squared_error.ts";
import { Tape } from "../../../nn/autodiff.ts";
import { Variable } from "../../../nn/gradients.ts";
import { BatchNorm } from "../../../nn/layers/batch_norm.ts";
import { ParameterStore } from "../../../nn/module.ts";
import { Random } from "../../../train/images/random.ts";
import {
  assertClose,
  device,
  randomArray,
  upload,
} from "../../kernels/fixtures/check_operation.ts";

const SHAPE = [3, 2, 6, 8];

function images(seed: number): Variable {
  return new Variable(upload(randomArray(SHAPE, { random: new Random(seed) })));
}

/** A layer with weights that are not 1 and 0. */
function makeLayer(share?: number) {
  const store = new ParameterStore(device, new Random(2));
  const conv = store.conv2d("conv", { cIn: 2, cOut: 2, k: 3 });
  const norm = new BatchNorm(device, store.norm("norm", 2), { share });
  device.write(norm.weight.value, Float32Array.of(1.5, -0.5));
  device.write(norm.bias.value, Float32Array.of(0.25, 2));
  return { conv, norm };
}

Deno.test("BatchNorm predicts by what it has tracked, which after one batch alone is that batch", async () => {
  using _scope = device.scope();
  const { norm } = makeLayer(1);
  const x = images(1);
  const trained = await device.read(norm.forward(new Tape(device), x).value);
  const predicted = norm.forward(Tape.withoutGradients(device), x);
  // Apart from the variance, which is tracked as if divided by one less.
  const n = 3 * 6 * 8;
  const shifts = [0.25, 2];
  const expected = trained.map((value, i) => {
    const shift = shifts[Math.floor(i / 48) % 2];
    return (value - shift) * Math.sqrt((n - 1) / n) + shift;
  });
  assertClose(await device.read(predicted.value), expected, { limit: 1e-5, what: "y" });
});

Deno.test("BatchNorm.fold() gives a convolution that answers as both layers do", async () => {
  using _scope = device.scope();
  const { conv, norm } = makeLayer();
  for (const seed of [1, 2, 3]) {
    const tape = new Tape(device);
    norm.forward(tape, conv.forward(tape, images(seed), { relu: false }));
  }
  const x = images(4);
  const tape = Tape.withoutGradients(device);
  const both = norm.forward(tape, conv.forward(tape, x, { relu: false }));
  const folded = norm.fold(conv).forward(tape, x, { relu: false });
  const y = await device.read(both.value);
  assertClose(await device.read(folded.value), y, { limit: 1e-5, what: "folded" });
  const plain = await device.read(conv.forward(tape, x, { relu: false }).value);
  assert(plain.some((value, i) => Math.abs(value - y[i]) > 0.1));
});

Deno.test("BatchNorm tracks once where a checkpoint computes twice, and goes on from saved moments", async () => {
  using _scope = device.scope();
  const run = async (recompute: boolean) => {
    const { conv, norm } = makeLayer();
    const tape = new Tape(device, { recompute });
    const x = images(5);
    const y = tape.checkpoint((inner) =>
      norm.forward(inner, conv.forward(inner, x, { relu: false }))
    );
    const zero = new Variable(device.upload(SHAPE, new Float32Array(3 * 2 * 6 * 8)));
    const gradients = tape.backward(tape.apply(meanSquaredError, [y, zero], {}));
    const tensors = [...norm.tensors.values(), gradients.get(conv.weight)!];
    return { norm, values: await Promise.all(tensors.map((tensor) => device.read(tensor))) };
  };
  const once = await run(false);
  assertEquals((await run(true)).values, once.values);
  const { norm } = makeLayer();
  for (const [name, tensor] of once.norm.tensors) {
    device.write(norm.tensors.get(name)!, await device.read(tensor));
  }
  const x = images(6);
  const answers = [norm, once.norm].map((layer) =>
    device.read(layer.forward(Tape.withoutGradients(device), x).value)
  );
  assertEquals(await answers[0], await answers[1]);
});
