// Adam against the formulas of Kingma and Ba in float64, alone and in alternation.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { type AdamSettings, adamStepSizes } from "../../../kernels/parts/training/adam.ts";
import type { Tensor } from "../../../kernels/gpu/tensor.ts";
import { Adam, DEFAULT_ADAM } from "../../../nn/optimisers/adam.ts";
import { Variable } from "../../../nn/autodiff.ts";
import type { Parameters } from "../../../nn/module.ts";
import { Random } from "../../../train/images/random.ts";
import { assertClose, device } from "../../kernels/fixtures/check_operation.ts";

/** Adam in plain loops: weights change in place. */
class ReferenceAdam {
  readonly #first: Float64Array;
  readonly #second: Float64Array;
  #t = 0;

  constructor(size: number, readonly settings: AdamSettings) {
    this.#first = new Float64Array(size);
    this.#second = new Float64Array(size);
  }

  step(weights: Float64Array, gradient: ArrayLike<number>, learningRate: number): void {
    const { beta1, beta2, epsilon, weightDecay = 0 } = this.settings;
    this.#t++;
    for (let i = 0; i < weights.length; i++) {
      weights[i] *= 1 - learningRate * weightDecay;
      this.#first[i] = beta1 * this.#first[i] + (1 - beta1) * gradient[i];
      this.#second[i] = beta2 * this.#second[i] + (1 - beta2) * gradient[i] ** 2;
      const mean = this.#first[i] / (1 - beta1 ** this.#t);
      const variance = this.#second[i] / (1 - beta2 ** this.#t);
      weights[i] -= learningRate * mean / (Math.sqrt(variance) + epsilon);
    }
  }
}

const SHAPES: Readonly<Record<string, number[]>> = { "a.weight": [3, 2, 3, 3], "a.bias": [5] };

function normals(size: number, random: Random, scale = 1): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: size }, () => scale * random.normal());
}

function makeParameters(random: Random) {
  const values = new Map<string, Float64Array>();
  const parameters = new Map<string, Variable>();
  for (const [name, shape] of Object.entries(SHAPES)) {
    const data = normals(shape.reduce((a, b) => a * b), random);
    values.set(name, Float64Array.from(data));
    parameters.set(name, new Variable(device.upload(shape, data), { needsGradient: true }));
  }
  return { values, parameters: parameters as Parameters };
}

/** Gradients for all parameters, on both sides. */
function makeGradients(parameters: Parameters, random: Random, scale: number) {
  const plain = new Map<string, Float32Array<ArrayBuffer>>();
  const tensors = new Map<Variable, Tensor<"f32">>();
  for (const [name, parameter] of parameters) {
    const data = normals(parameter.value.size, random, scale);
    plain.set(name, data);
    tensors.set(parameter, device.upload(parameter.value.shape, data));
  }
  return { plain, tensors };
}

Deno.test("DEFAULT_ADAM holds PyTorch's defaults", () => {
  assertEquals(DEFAULT_ADAM, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
});

Deno.test("adamStepSizes() corrects the bias of both moments", () => {
  const first = adamStepSizes({ learningRate: 0.1, t: 1, settings: DEFAULT_ADAM });
  assertClose(first, [1, 1 / Math.sqrt(0.001), 1e-8, 1], { limit: 1e-6, what: "t 1" });
  const late = adamStepSizes({ learningRate: 0.1, t: 1e6, settings: DEFAULT_ADAM });
  assertClose(late, [0.1, 1, 1e-8, 1], { limit: 1e-6, what: "t 1e6" });
});

Deno.test("two Adam optimisers on the same weights follow the formulas, each with its own moments", async () => {
  using _scope = device.scope();
  const random = new Random(5);
  const { values, parameters } = makeParameters(random);
  const other: AdamSettings = { beta1: 0.5, beta2: 0.9, epsilon: 1e-3, weightDecay: 0.5 };
  const settings = [DEFAULT_ADAM, other];
  const optimisers = settings.map((s) => new Adam(device, { parameters, settings: s }));
  const references = settings.map((s) =>
    new Map([...values].map(([name, { length }]) => [name, new ReferenceAdam(length, s)]))
  );
  const order = [0, 0, 1, 0, 1, 1, 0, 0, 1, 0];
  for (const [step, which] of order.entries()) {
    using _step = device.scope();
    const { plain, tensors } = makeGradients(parameters, random, 10 ** (step % 4 - 2));
    const rate = [1e-2, 1e-3][which] * (1 + step);
    optimisers[which].step(tensors, rate);
    for (const [name, weights] of values) {
      references[which].get(name)!.step(weights, plain.get(name)!, rate);
    }
  }
  assertEquals(optimisers.map(({ count }) => count), [6, 4]);
  for (const [name, { value }] of parameters) {
    assertClose(await device.read(value), values.get(name)!, { limit: 1e-6, what: name });
  }
});

Deno.test("Adam's first step is the learning rate, whatever the size of the gradient", async () => {
  using _scope = device.scope();
  const weight = new Variable(device.upload([4], new Float32Array(4)), { needsGradient: true });
  const optimiser = new Adam(device, { parameters: new Map([["w", weight]]) });
  const gradient = device.upload([4], Float32Array.of(1e-3, -1e3, 1e-20, 0));
  optimiser.step(new Map([[weight, gradient]]), 0.01);
  const moved = await device.read(weight.value);
  assertClose(moved.slice(0, 2), [-0.01, 0.01], { limit: 1e-4, what: "moved" });
  assert(Math.abs(moved[2]) < 1e-10 && moved[3] === 0, "epsilon keeps tiny gradients tiny");
});

Deno.test("Adam goes on from saved moments with the same bits", async () => {
  using _scope = device.scope();
  const run = async (cut: number | null) => {
    const random = new Random(8);
    const { parameters } = makeParameters(random);
    let optimiser = new Adam(device, { parameters });
    for (let step = 0; step < 6; step++) {
      if (step === cut) {
        const next = new Adam(device, { parameters });
        assertEquals([...next.tensors.keys()], [
          "a.weight.first",
          "a.weight.second",
          "a.bias.first",
          "a.bias.second",
        ]);
        for (const [name, tensor] of optimiser.tensors) {
          device.write(next.tensors.get(name)!, await device.read(tensor));
        }
        next.restoreCount(optimiser.count);
        optimiser = next;
      }
      optimiser.step(makeGradients(parameters, random, 1).tensors, 0.01);
    }
    const values = [...parameters.values()].map(({ value }) => device.read(value));
    return await Promise.all(values);
  };
  assertEquals(await run(3), await run(null));
});

Deno.test("Adam starts from zero moments, also in recycled memory", async () => {
  using _scope = device.scope();
  device.free(device.upload([5], Float32Array.of(NaN, 1, 2, 3, 4)));
  device.free(device.upload([5], Float32Array.of(NaN, 1, 2, 3, 4)));
  const { parameters } = makeParameters(new Random(1));
  for (const tensor of new Adam(device, { parameters }).tensors.values()) {
    assert((await device.read(tensor)).every((value) => value === 0));
  }
});

Deno.test("Adam.step() names a parameter without a gradient, and changes nothing", async () => {
  using _scope = device.scope();
  const random = new Random(2);
  const { values, parameters } = makeParameters(random);
  const optimiser = new Adam(device, { parameters });
  const { tensors } = makeGradients(parameters, random, 1);
  tensors.delete(parameters.get("a.bias")!);
  assertThrows(
    () => optimiser.step(tensors, 0.1),
    TypeError,
    "Cannot update a.bias: the loss does not depend on it",
  );
  assertEquals(optimiser.count, 0);
  for (const [name, { value }] of parameters) {
    assertEquals(await device.read(value), Float32Array.from(values.get(name)!));
  }
});
