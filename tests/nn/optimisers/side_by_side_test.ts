// Parameters that lie side by side: their gradients do, too, one dispatch updates them, to the same bits.
import { assert, assertEquals } from "@std/assert";
import { add } from "../../../kernels/ops/arithmetic.ts";
import { conv2d } from "../../../kernels/ops/conv2d/mod.ts";
import { mean } from "../../../kernels/ops/reductions.ts";
import { square } from "../../../kernels/ops/pointwise.ts";
import type { Tensor } from "../../../kernels/gpu/tensor.ts";
import { Tape, Variable } from "../../../nn/autodiff.ts";
import { ParameterStore } from "../../../nn/module.ts";
import { Adam } from "../../../nn/optimisers/adam.ts";
import type { Optimiser } from "../../../nn/optimisers/optimiser.ts";
import { Sgd } from "../../../nn/optimisers/sgd.ts";
import { Random } from "../../../train/images/random.ts";
import { assertClose, device } from "../../kernels/fixtures/check_operation.ts";

function normals(shape: number[], seed: number): Tensor<"f32"> {
  const random = new Random(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return device.upload(shape, Float32Array.from({ length: size }, () => random.normal()));
}

/** Four parameters of odd sizes, as a network has them, or each in a buffer of its own. */
async function makeParameters(isBeside: boolean): Promise<Map<string, Variable>> {
  const store = new ParameterStore(device, new Random(1));
  store.conv2d("a", { cIn: 3, cOut: 5, k: 3 });
  store.conv2d("b", { cIn: 5, cOut: 1, k: 1 });
  if (isBeside) return new Map(store.parameters);
  const named = new Map<string, Variable>();
  for (const [name, { value }] of store.parameters) {
    const own = device.upload(value.shape, await device.read(value));
    named.set(name, new Variable(own, { needsGradient: true }));
  }
  return named;
}

function lossOf(tape: Tape, parameters: Map<string, Variable>): Variable {
  const [aw, ab, bw, bb] = parameters.values();
  const x = new Variable(normals([2, 3, 8, 8], 2));
  const y = tape.apply(conv2d, [x, aw, ab], { relu: true });
  return tape.apply(mean, [
    tape.apply(square, [tape.apply(conv2d, [y, bw, bb], { relu: false })], {}),
  ], {});
}

async function valuesOf(variables: Iterable<Variable>): Promise<Float32Array[]> {
  return await Promise.all([...variables].map(({ value }) => device.read(value)));
}

Deno.test("a ParameterStore puts what it made side by side when it is asked for it, and more afterwards", async () => {
  using _scope = device.scope();
  const store = new ParameterStore(device, new Random(1));
  const { weight, bias } = store.conv2d("a", { cIn: 1, cOut: 2, k: 3 });
  assertEquals(weight.value.block, null);
  const before = await device.read(weight.value);
  assertEquals([...store.parameters.keys()], ["a.weight", "a.bias"]);
  const { block } = weight.value;
  assert(block !== null && bias.value.block === block);
  assertEquals(await device.read(weight.value), before);
  store.norm("b", 3);
  const later = store.parameters.get("b.weight")!.value;
  assert(later.block !== null && later.block !== block && weight.value.block === block);
});

Deno.test("gradients of parameters side by side lie as these do, with the bits of those that do not", async () => {
  using _scope = device.scope();
  const [beside, apart] = [await makeParameters(true), await makeParameters(false)];
  const read = async (parameters: Map<string, Variable>) => {
    const tape = new Tape(device);
    const gradients = tape.backward(lossOf(tape, parameters));
    const tensors = [...parameters.values()].map((parameter) => gradients.get(parameter)!);
    return { tensors, values: await Promise.all(tensors.map((tensor) => device.read(tensor))) };
  };
  const [one, other] = [await read(beside), await read(apart)];
  assertEquals(one.values, other.values);
  const { block } = one.tensors[0];
  assert(block !== null && block !== [...beside.values()][0].value.block);
  [...beside.values()].forEach(({ value }, i) => {
    assertEquals([one.tensors[i].block === block, one.tensors[i].offset], [true, value.offset]);
  });
  assertEquals(other.tensors.map(({ block }) => block), [null, null, null, null]);
});

Deno.test("an optimiser updates parameters side by side in one dispatch, to the bits of one for each", async () => {
  using _scope = device.scope();
  const kinds: ((parameters: Map<string, Variable>) => Optimiser)[] = [
    (parameters) => new Adam(device, { parameters }),
    (parameters) => new Sgd(device, { parameters }),
    (parameters) => new Sgd(device, { parameters, settings: { momentum: 0.9 } }),
  ];
  for (const make of kinds) {
    const train = async (isBeside: boolean) => {
      const parameters = await makeParameters(isBeside);
      const optimiser = make(parameters);
      let dispatches = 0;
      for (let step = 0; step < 3; step++) {
        using _step = device.scope();
        const tape = new Tape(device);
        const gradients = tape.backward(lossOf(tape, parameters));
        optimiser.advance(0.01);
        const before = device.dispatchCount;
        optimiser.update(gradients);
        dispatches = device.dispatchCount - before;
      }
      const names = [...optimiser.tensors.keys()];
      const saved = await Promise.all([...optimiser.tensors.values()].map((t) => device.read(t)));
      return { dispatches, names, saved, weights: await valuesOf(parameters.values()) };
    };
    const { dispatches, ...beside } = await train(true);
    const { dispatches: apart, ...others } = await train(false);
    assertEquals([dispatches, apart], [1, 4]);
    assertEquals(beside, others);
  }
});

Deno.test("an optimiser of some parameters of a network leaves the others alone", async () => {
  using _scope = device.scope();
  const parameters = await makeParameters(true);
  const before = await valuesOf(parameters.values());
  const some = new Map([...parameters].slice(2));
  const adam = new Adam(device, { parameters: some });
  const tape = new Tape(device);
  adam.step(tape.backward(lossOf(tape, parameters)), 0.1);
  const after = await valuesOf(parameters.values());
  assertEquals(after.slice(0, 2), before.slice(0, 2));
  assertClose(
    after.slice(2).flatMap((values) => [...values]),
    before.slice(2).flatMap((values, i) =>
      [...values].map((value, k) => value - Math.sign(value - after[2 + i][k]) * 0.1)
    ),
    { limit: 1e-3, what: "a first step of the size of the learning rate" },
  );
});

Deno.test("gradients that are no sums of slabs, or come twice, find their places, too", async () => {
  using _scope = device.scope();
  const grad = async (isBeside: boolean) => {
    const parameters = await makeParameters(isBeside);
    const [aw, ab, bw] = parameters.values();
    const tape = new Tape(device);
    const x = new Variable(normals([1, 3, 8, 8], 3));
    const once = tape.apply(conv2d, [x, aw, ab], { relu: false });
    const twice = tape.apply(conv2d, [x, aw, ab], { relu: true });
    const sum = tape.apply(
      mean,
      [tape.apply(square, [tape.apply(add, [once, twice], {})], {})],
      {},
    );
    const loss = tape.apply(add, [sum, tape.apply(mean, [tape.apply(square, [bw], {})], {})], {});
    const gradients = tape.backward(loss);
    const found = [aw, ab, bw].map((variable) => gradients.get(variable)!);
    return {
      blocks: found.map(({ block }) => block !== null),
      values: await Promise.all(found.map((tensor) => device.read(tensor))),
    };
  };
  const [beside, apart] = [await grad(true), await grad(false)];
  assertEquals(beside.values, apart.values);
  assertEquals([beside.blocks, apart.blocks], [[true, true, true], [false, false, false]]);
});
