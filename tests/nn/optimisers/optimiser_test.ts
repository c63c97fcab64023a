// SGD and AdamW against their formulas in float64, and what is done to gradients before a step.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { add } from "../../../kernels/ops/arithmetic.ts";
import { meanSquaredError } from "../../../kernels/ops/mean_squared_error.ts";
import { relu } from "../../../kernels/ops/relu.ts";
import type { SgdSettings } from "../../../kernels/parts/training/sgd.ts";
import type { Tensor } from "../../../kernels/gpu/tensor.ts";
import { Adam, DEFAULT_ADAMW } from "../../../nn/optimisers/adam.ts";
import { Tape } from "../../../nn/autodiff.ts";
import { detach, type Gradients, Variable } from "../../../nn/gradients.ts";
import type { Parameters } from "../../../nn/module.ts";
import {
  clipByNorm,
  clipByValue,
  GradientAccumulator,
  type Optimiser,
} from "../../../nn/optimisers/optimiser.ts";
import { Sgd } from "../../../nn/optimisers/sgd.ts";
import { Random } from "../../../train/images/random.ts";
import { assertClose, device } from "../../kernels/fixtures/check_operation.ts";

const SHAPES: Readonly<Record<string, number[]>> = { "weight": [3, 2, 3, 3], "bias": [5] };

function normals(size: number, random: Random): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: size }, () => random.normal());
}

function variable(shape: number[], values: ArrayLike<number>): Variable {
  return new Variable(device.upload(shape, Float32Array.from(values)), { needsGradient: true });
}

function makeParameters(random: Random): Parameters {
  return new Map(
    Object.entries(SHAPES).map((
      [name, shape],
    ) => [name, variable(shape, normals(shape.reduce((a, b) => a * b), random))]),
  );
}

function makeGradients(parameters: Parameters, random: Random): Map<Variable, Tensor<"f32">> {
  return new Map(
    [...parameters.values()].map((parameter) => [
      parameter,
      device.upload(parameter.value.shape, normals(parameter.value.size, random)),
    ]),
  );
}

async function valuesOf(parameters: Parameters): Promise<number[]> {
  const read = await Promise.all([...parameters.values()].map(({ value }) => device.read(value)));
  return read.flatMap((values) => [...values]);
}

async function read(gradients: Gradients): Promise<number[][]> {
  return await Promise.all(
    [...gradients.values()].map(async (tensor) => [...await device.read(tensor)]),
  );
}

Deno.test("Sgd follows PyTorch's formulas, with momentum, Nesterov's, decay and none of them", async () => {
  using _scope = device.scope();
  const kinds: SgdSettings[] = [
    { momentum: 0 },
    { momentum: 0, weightDecay: 0.1 },
    { momentum: 0.9 },
    { momentum: 0.8, nesterov: true, weightDecay: 0.02 },
  ];
  for (const settings of kinds) {
    const { momentum, nesterov = false, weightDecay = 0 } = settings;
    const random = new Random(3);
    const parameters = makeParameters(random);
    const weights = Float64Array.from(await valuesOf(parameters));
    const velocity = new Float64Array(weights.length);
    const optimiser = new Sgd(device, { parameters, settings });
    for (let step = 0; step < 5; step++) {
      const gradients = makeGradients(parameters, random);
      const rate = 0.1 / (1 + step);
      (await read(gradients)).flat().forEach((dw, i) => {
        const g = dw + weightDecay * weights[i];
        velocity[i] = momentum * velocity[i] + g;
        weights[i] -= rate * (nesterov ? g + momentum * velocity[i] : velocity[i]);
      });
      optimiser.step(gradients, rate);
    }
    assertEquals(optimiser.count, 5);
    const what = JSON.stringify(settings);
    assertClose(await valuesOf(parameters), weights, { limit: 1e-6, what });
  }
});

Deno.test("Sgd refuses momentum of 1 and more, and Nesterov's without any", () => {
  using _scope = device.scope();
  const parameters: Parameters = new Map();
  for (const settings of [{ momentum: 1 }, { momentum: -0.1 }, { momentum: 0, nesterov: true }]) {
    assertThrows(() => new Sgd(device, { parameters, settings }), RangeError, "with momentum");
  }
});

Deno.test("AdamW shrinks weights whatever their gradients are", async () => {
  using _scope = device.scope();
  const w = variable([4], [1, -2, 3, 0]);
  const settings = { ...DEFAULT_ADAMW, weightDecay: 0.5 };
  const optimiser = new Adam(device, { parameters: new Map([["w", w]]), settings });
  const zero = device.upload([4], new Float32Array(4));
  for (let step = 0; step < 2; step++) optimiser.step(new Map([[w, zero]]), 0.1);
  const share = 0.95 ** 2;
  assertClose(await device.read(w.value), [share, -2 * share, 3 * share, 0], {
    limit: 1e-6,
    what: "w",
  });
});

Deno.test("every optimiser goes on from what it saved with the same bits, and refuses a missing gradient", async () => {
  using _scope = device.scope();
  const kinds: Record<string, (parameters: Parameters) => Optimiser> = {
    sgd: (parameters) => new Sgd(device, { parameters, settings: { momentum: 0 } }),
    nesterov: (parameters) =>
      new Sgd(device, { parameters, settings: { momentum: 0.9, nesterov: true } }),
    adamw: (parameters) => new Adam(device, { parameters, settings: DEFAULT_ADAMW }),
  };
  for (const [name, make] of Object.entries(kinds)) {
    const run = async (cut: number | null) => {
      const random = new Random(8);
      const parameters = makeParameters(random);
      let optimiser = make(parameters);
      for (let step = 0; step < 6; step++) {
        if (step === cut) {
          const next = make(parameters);
          for (const [name, tensor] of optimiser.tensors) {
            device.write(next.tensors.get(name)!, await device.read(tensor));
          }
          next.restoreCount(optimiser.count);
          optimiser = next;
        }
        optimiser.step(makeGradients(parameters, random), 0.01);
      }
      return await valuesOf(parameters);
    };
    assertEquals(await run(3), await run(null), name);
    const parameters = makeParameters(new Random(1));
    const before = await valuesOf(parameters);
    assertThrows(
      () => make(parameters).step(new Map(), 0.1),
      TypeError,
      "Cannot update weight: the loss does not depend on it",
    );
    assertEquals(await valuesOf(parameters), before);
  }
});

Deno.test("a captured step of Sgd takes the rate of each replay", async () => {
  using _scope = device.scope();
  const w = variable([2], [0, 0]);
  const optimiser = new Sgd(device, { parameters: new Map([["w", w]]) });
  const gradient = device.upload([2], Float32Array.of(1, -2));
  using recording = device.capture(() => optimiser.update(new Map([[w, gradient]])));
  for (const rate of [0.5, 0.25]) {
    optimiser.advance(rate);
    recording.replay();
  }
  assertEquals([...await device.read(w.value)], [-0.75, 1.5]);
});

Deno.test("clipByValue() brings every number between the limits, and keeps NaN", async () => {
  using _scope = device.scope();
  const [a, b] = [variable([3], [0, 0, 0]), variable([2], [0, 0])];
  const gradients = new Map([
    [a, device.upload([3], Float32Array.of(-7, 0.5, NaN))],
    [b, device.upload([2], Float32Array.of(Infinity, -0.25))],
  ]);
  clipByValue(device, gradients, { limit: 2 });
  assertEquals(await read(gradients), [[-2, 0.5, NaN], [2, -0.25]]);
  for (const limit of [0, -1, NaN, Infinity]) {
    assertThrows(
      () => clipByValue(device, gradients, { limit }),
      RangeError,
      `Cannot clip gradients at ${limit}: expected a number > 0`,
    );
  }
});

Deno.test("clipByNorm() shortens all gradients together, and leaves short ones alone", async () => {
  using _scope = device.scope();
  const random = new Random(4);
  const parameters: Parameters = new Map([
    ["a", variable([70_001], normals(70_001, random))],
    ["b", variable([3], [0, 0, 0])],
  ]);
  const gradients = makeGradients(parameters, random);
  const before = await read(gradients);
  const length = Math.sqrt(before.flat().reduce((sum, g) => sum + g * g, 0));
  const found = await device.read(clipByNorm(device, gradients, { limit: 2 * length }));
  assertClose(found, [length], { limit: 1e-5, what: "norm" });
  assertEquals(await read(gradients), before);
  clipByNorm(device, gradients, { limit: length / 4 });
  const after = await read(gradients);
  const expected = before.map((values) => values.map((g) => g / 4));
  after.forEach((values, i) => assertClose(values, expected[i], { limit: 1e-5, what: `${i}` }));
});

Deno.test("clipByNorm() shortens a tensor that two variables share once, and makes all NaN of one", async () => {
  using _scope = device.scope();
  const [a, b] = [variable([2], [0, 0]), variable([2], [0, 0])];
  const shared = device.upload([2], Float32Array.of(3, 4));
  const norm = clipByNorm(device, new Map([[a, shared], [b, shared]]), { limit: 1 });
  assertClose(await device.read(norm), [Math.hypot(5, 5)], { limit: 1e-6, what: "norm" });
  const factor = 1 / Math.hypot(5, 5);
  assertClose(await device.read(shared), [3 * factor, 4 * factor], { limit: 1e-5, what: "g" });
  const broken = new Map([
    [a, device.upload([2], Float32Array.of(1, NaN))],
    [b, device.upload([2], Float32Array.of(1, 2))],
  ]);
  clipByNorm(device, broken, { limit: 1 });
  assertEquals(await read(broken), [[NaN, NaN], [NaN, NaN]]);
});

Deno.test("GradientAccumulator gives the gradients of one large batch, and starts anew", async () => {
  using _scope = device.scope();
  const [w, unused] = [variable([2], [1, -2]), variable([1], [0])];
  const sums = new GradientAccumulator(device, { parameters: new Map([["w", w], ["u", unused]]) });
  const targets = [[0, 0], [4, 1], [-3, 5]];
  const lossOf = (tape: Tape, target: number[]) =>
    tape.apply(
      meanSquaredError,
      [w, new Variable(device.upload([2], Float32Array.from(target)))],
      {},
    );
  for (let round = 0; round < 2; round++) {
    for (const target of targets) {
      const tape = new Tape(device);
      sums.add(tape.backward(lossOf(tape, target)), { share: 1 / targets.length });
    }
    const expected = [0, 1].map((i) =>
      targets.reduce((sum, target) => sum + [1, -2][i] - target[i], 0) / targets.length
    );
    const [ofW, ofUnused] = await read(sums.gradients);
    assertClose(ofW, expected, { limit: 1e-6, what: `round ${round}` });
    assertEquals(ofUnused, [0]);
    sums.clear();
  }
  assertEquals(await read(sums.gradients), [[0, 0], [0]]);
});

Deno.test("detach() lets no gradient pass, and its value lives as long as the variable's", async () => {
  using _scope = device.scope();
  const x = variable([2], [1, 2]);
  const tape = new Tape(device);
  const y = tape.apply(relu, [x], {});
  const loss = tape.apply(meanSquaredError, [tape.apply(add, [y, detach(y)], {}), detach(x)], {});
  const constant = detach(y);
  assert(!constant.needsGradient && constant.value === y.value);
  const gradients = tape.backward(loss, { keep: [y] });
  // The slope of mean (y + c − t)² where c and t stand still: 2 (2x − x) / 2.
  assertEquals(await read(gradients), [[1, 2]]);
  assertEquals([...await device.read(constant.value)], [1, 2]);
});

Deno.test("Tape.withoutGradients() records nothing, and does not train", () => {
  using _scope = device.scope();
  const tape = Tape.withoutGradients(device);
  assertEquals([tape.isTraining, new Tape(device).isTraining], [false, true]);
  const x = variable([1], [1]);
  const y = tape.apply(relu, [x], {});
  assert(!y.needsGradient);
  tape.drop(y);
  assert(y.value.freed);
});
