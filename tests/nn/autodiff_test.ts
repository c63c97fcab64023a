// Gradients through graphs: values used twice, branches that meet, constants, and what has no gradient.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { checked } from "../../kernels/checks.ts";
import type { NdArray, Operation, Params } from "../../kernels/operation.ts";
import { add } from "../../kernels/ops/arithmetic.ts";
import { concat } from "../../kernels/ops/concat.ts";
import { conv2d } from "../../kernels/ops/conv2d/mod.ts";
import { dice } from "../../kernels/ops/dice.ts";
import { maxPool2d } from "../../kernels/ops/max_pool2d.ts";
import { meanSquaredError } from "../../kernels/ops/mean_squared_error.ts";
import { relu } from "../../kernels/ops/relu.ts";
import { scale } from "../../kernels/ops/scale.ts";
import { sigmoid } from "../../kernels/ops/sigmoid.ts";
import { upsampleNearest } from "../../kernels/ops/upsample.ts";
import { type Shape, sizeOf } from "../../kernels/gpu/shape.ts";
import { Tensor } from "../../kernels/gpu/tensor.ts";
import { type Gradients, Tape, Variable } from "../../nn/autodiff.ts";
import { UNet } from "../../nn/networks/unet.ts";
import { Random } from "../../train/images/random.ts";
import { assertClose, device, randomArray, upload } from "../kernels/fixtures/check_operation.ts";

function variable(shape: Shape, values: readonly number[]): Variable {
  return new Variable(device.upload(shape, Float32Array.from(values)), { needsGradient: true });
}

function constant(shape: Shape, values: readonly number[]): Variable {
  return new Variable(device.upload(shape, Float32Array.from(values)));
}

function random(shape: Shape, seed: number, needsGradient = true): Variable {
  return new Variable(upload(randomArray(shape, { random: new Random(seed) })), { needsGradient });
}

/** Half the mean square, whose gradient to y is y divided by the number of values. */
function halfSquare(tape: Tape, y: Variable): Variable {
  const size = sizeOf(y.value.shape);
  return tape.apply(meanSquaredError, [y, constant(y.value.shape, new Array(size).fill(0))], {});
}

async function read(gradients: Gradients, x: Variable): Promise<number[]> {
  const gradient = gradients.get(x);
  assert(gradient, "there is no gradient");
  assertEquals(gradient.shape, x.value.shape);
  return [...await device.read(gradient)];
}

Deno.test("Tape.backward() counts a value once for every use: y = x + x", async () => {
  using _scope = device.scope();
  const x = variable([2], [3, -1]);
  const tape = new Tape(device);
  const gradients = tape.backward(halfSquare(tape, tape.apply(add, [x, x], {})));
  // loss = ((2·3)² + (2·−1)²) / 2, so d/dx = 4x.
  assertEquals(await read(gradients, x), [12, -4]);
  assertEquals(gradients.size, 1);
});

Deno.test("Tape.backward() adds up the two ways of a diamond", async () => {
  using _scope = device.scope();
  const x = variable([3], [2, -2, 0.5]);
  const tape = new Tape(device);
  const a = tape.apply(relu, [x], {});
  const b = tape.apply(add, [x, x], {});
  const y = tape.apply(add, [a, b], {});
  const gradients = tape.backward(halfSquare(tape, y));
  // y is 3x where x > 0 and 2x elsewhere; d/dx of the mean of y² is 2 y y' / 3.
  assertClose(await read(gradients, x), [2 * 6 * 3 / 3, 2 * -4 * 2 / 3, 2 * 1.5 * 3 / 3], {
    limit: 1e-6,
    what: "dx",
  });
});

Deno.test("Tape.backward() doubles along a chain of x + x", async () => {
  using _scope = device.scope();
  const x = variable([1], [1]);
  const tape = new Tape(device);
  let y = x;
  for (let i = 0; i < 10; i++) y = tape.apply(add, [y, y], {});
  const gradients = tape.backward(halfSquare(tape, y));
  assertEquals(await read(gradients, x), [2 * 1024 * 1024]);
});

Deno.test("Tape.backward() gives a skip connection both of its gradients", async () => {
  using _scope = device.scope();
  const x = variable([1, 1, 2, 2], [1, 2, 3, 4]);
  const tape = new Tape(device);
  const skip = tape.apply(relu, [x], {});
  const pooled = tape.apply(upsampleNearest, [tape.apply(maxPool2d, [skip], {})], {});
  const both = tape.apply(concat, [pooled, skip], {});
  const gradients = tape.backward(halfSquare(tape, both));
  // Eight values: the skip's own four, and four times the maximum.
  assertEquals(await read(gradients, x), [2 / 8, 4 / 8, 6 / 8, 8 / 8 + 4 * 8 / 8]);
});

Deno.test("Tape.backward() concat of a value with itself", async () => {
  using _scope = device.scope();
  const x = variable([2, 1, 1, 2], [1, 2, 3, 4]);
  const tape = new Tape(device);
  const gradients = tape.backward(halfSquare(tape, tape.apply(concat, [x, x], {})));
  assertEquals(await read(gradients, x), [0.5, 1, 1.5, 2]);
});

Deno.test("weights shared by two branches get the sum of the branches' gradients", async () => {
  using _scope = device.scope();
  const [weight, bias] = [random([2, 1, 3, 3], 1), random([2], 2)];
  const frames = [random([1, 1, 6, 6], 3, false), random([1, 1, 6, 6], 4, false)];
  const targets = [random([1, 2, 6, 6], 5, false), random([1, 2, 6, 6], 6, false)];
  const branch = (tape: Tape, i: number) => {
    const y = tape.apply(conv2d, [frames[i], weight, bias], { relu: true });
    return tape.apply(meanSquaredError, [y, targets[i]], {});
  };
  const separate = await Promise.all([0, 1].map(async (i) => {
    const tape = new Tape(device);
    const gradients = tape.backward(branch(tape, i));
    return { weight: await read(gradients, weight), bias: await read(gradients, bias) };
  }));
  const tape = new Tape(device);
  const sum = tape.apply(add, [branch(tape, 0), branch(tape, 1)], {});
  const shared = tape.backward(sum);
  for (const [name, parameter] of [["weight", weight], ["bias", bias]] as const) {
    const expected = separate[0][name].map((value, i) => value + separate[1][name][i]);
    assertClose(await read(shared, parameter), expected, { limit: 1e-6, what: name });
  }
});

Deno.test("a constant gets no gradient, and nothing is computed for it", async () => {
  using _scope = device.scope();
  const [x, t] = [variable([2], [1, 2]), constant([2], [0, 0])];
  const tape = new Tape(device);
  const frozen = tape.apply(relu, [t], {});
  assert(!frozen.needsGradient);
  const loss = tape.apply(meanSquaredError, [tape.apply(add, [x, frozen], {}), t], {});
  const gradients = tape.backward(loss);
  assertEquals([...gradients.keys()], [x]);
  assertEquals(await read(gradients, x), [1, 2]);
});

Deno.test("Tape.backward() gives nothing to a variable that the loss does not depend on", () => {
  using _scope = device.scope();
  const [x, unused] = [variable([1], [1]), variable([1], [1])];
  const tape = new Tape(device);
  tape.apply(relu, [unused], {});
  const gradients = tape.backward(halfSquare(tape, tape.apply(relu, [x], {})));
  assertEquals([...gradients.keys()], [x]);
});

Deno.test("Tape.backward() uses the tape up: a second time is an error, more operations are not", async () => {
  using _scope = device.scope();
  const x = variable([2], [3, -1]);
  const tape = new Tape(device);
  const loss = halfSquare(tape, x);
  const first = await read(tape.backward(loss), x);
  assertThrows(
    () => tape.backward(loss),
    TypeError,
    "Cannot differentiate a value that is not on the tape: another has it, or backward was run",
  );
  assertEquals(await read(tape.backward(halfSquare(tape, x)), x), first);
});

Deno.test("Tape.backward() frees what it has used, but for the loss, what is to be kept, and leaves", () => {
  using _scope = device.scope();
  const [x, t] = [variable([300], new Array(300).fill(1)), constant([300], new Array(300).fill(0))];
  const tape = new Tape(device);
  device.trim(); // So that nothing larger serves.
  const before = device.memory.inUse;
  const y = tape.apply(relu, [x], {});
  const z = tape.apply(add, [tape.apply(add, [y, y], {}), y], {});
  const side = tape.apply(relu, [x], {});
  const loss = tape.apply(meanSquaredError, [z, t], {});
  const gradients = tape.backward(loss, { keep: [z] });
  assertEquals([y, side, z, loss, x, t].map(({ value }) => value.freed), [
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
  assertEquals([...gradients.values()].map(({ freed }) => freed), [false]);
  // What is left: z, the loss, and the gradient of x.
  assertEquals(device.memory.inUse - before, 2 * 1280 + 256);
});

Deno.test("a value that backward has freed says so, and how to keep it", () => {
  using _scope = device.scope();
  const tape = new Tape(device);
  const y = tape.apply(relu, [variable([2], [1, 2])], {});
  tape.backward(halfSquare(tape, y));
  assertThrows(
    () => device.clear(y.value),
    TypeError,
    "Cannot use a tensor: backward has freed it with all values of its tape; to use a value " +
      "afterwards: tape.backward(loss, { keep: [y] })",
  );
});

Deno.test("Tape.backward() leaves an upstream gradient that was handed on to several variables whole", async () => {
  using _scope = device.scope();
  const spread: Operation<Record<never, never>> = {
    ...add,
    name: "spread",
    inputs: ["a", "b", "c", "d"],
    forward: (on, [a, b]) => add.forward(on, [a, b], {}),
    backward: (_device, { dy }) => [dy, dy, dy, dy],
  };
  const [x, z] = [variable([2], [1, 2]), variable([2], [1, 2])];
  const tape = new Tape(device);
  const gradients = tape.backward(halfSquare(tape, tape.apply(spread, [x, x, z, x], {})));
  assertEquals(await read(gradients, z), [2, 4]);
  assertEquals(await read(gradients, x), [6, 12]);
});

/** Two convolutions whose values in between a checkpoint does not keep. */
function convolveTwice(tape: Tape, x: Variable, [weight, bias]: readonly Variable[]): Variable {
  const y = tape.apply(conv2d, [x, weight, bias], { relu: true });
  const z = tape.apply(conv2d, [y, weight, bias], { relu: true });
  tape.drop(y);
  return z;
}

Deno.test("Tape.checkpoint() gives the same bits in less memory", async () => {
  using _scope = device.scope();
  const parameters = [random([3, 3, 3, 3], 1), random([3], 2)];
  const x = random([2, 3, 16, 20], 3);
  const run = (recompute: boolean) => {
    const tape = new Tape(device, { recompute });
    let y = x;
    for (let level = 0; level < 12; level++) {
      const input = y;
      y = tape.checkpoint((inner) => convolveTwice(inner, input, parameters));
    }
    const loss = halfSquare(tape, y);
    return { loss, gradients: tape.backward(loss) };
  };
  const [once, twice] = [run(false), run(true)];
  assertEquals(await device.read(twice.loss.value), await device.read(once.loss.value));
  for (const variable of [x, ...parameters]) {
    assertEquals(await read(twice.gradients, variable), await read(once.gradients, variable));
  }
  const peak = (recompute: boolean) => device.plan(() => void run(recompute)).peak;
  assert(peak(true) < 0.75 * peak(false), `${peak(true)} of ${peak(false)}`);
});

Deno.test("Tape.checkpoint() within another, of constants, and of its own input", async () => {
  using _scope = device.scope();
  const [x, t] = [variable([2], [1, -2]), constant([2], [0, 0])];
  const tape = new Tape(device, { recompute: true });
  const y = tape.checkpoint((outer) => {
    const inner = outer.checkpoint((again) => again.apply(add, [x, x], {}));
    return outer.apply(add, [inner, outer.checkpoint((same) => same.apply(relu, [t], {}))], {});
  });
  const gradients = tape.backward(halfSquare(tape, tape.apply(add, [y, x], {})));
  assertEquals(await read(gradients, x), [9, -18]);
  assertEquals([...gradients.keys()], [x]);
});

Deno.test("an operation without a gradient is an error that names it, but only on the way", () => {
  const sign: Operation<Record<never, never>> = { ...relu, name: "sign", backward: "none" };
  using _scope = device.scope();
  const x = variable([1], [2]);
  const tape = new Tape(device);
  const side = tape.apply(sign, [x], {});
  const through = halfSquare(tape, side);
  assertThrows(
    () => tape.backward(through),
    TypeError,
    "Cannot differentiate sign: it has no gradient",
  );
  const other = new Tape(device);
  other.apply(sign, [x], {});
  other.backward(halfSquare(other, x));
});

Deno.test("Tape.backward() wants a scalar that depends on something", () => {
  using _scope = device.scope();
  const x = variable([1, 2], [1, 2]);
  const tape = new Tape(device);
  assertThrows(
    () => tape.backward(tape.apply(relu, [x], {})),
    TypeError,
    "Cannot differentiate a value of shape [1,2]: expected a scalar",
  );
  const message = "Cannot differentiate a constant";
  assertThrows(() => tape.backward(halfSquare(tape, constant([1], [1]))), TypeError, message);
  const silent = new Tape(device, { record: false });
  assertThrows(() => silent.backward(halfSquare(silent, x)), TypeError, message);
});

Deno.test("a tape that does not record frees what it is told to drop, a recording one keeps it", () => {
  using _scope = device.scope();
  const x = variable([4], [1, 2, 3, 4]);
  for (const record of [false, true]) {
    const tape = new Tape(device, { record });
    const y = tape.apply(sigmoid, [x], {});
    const z = tape.apply(relu, [y], {});
    tape.drop(y);
    assertEquals(y.value.freed, !record);
    assert(!z.value.freed && !x.value.freed);
  }
});

Deno.test("predicting with a U-Net holds less memory than recording, for the same answer", async () => {
  using _scope = device.scope();
  const network = new UNet(device, { random: new Random(2) });
  const x = random([1, 1, 128, 128], 3, false);
  const run = (record: boolean) =>
    device.plan(() => void network.forward(new Tape(device, { record }), x));
  const answer = (record: boolean) =>
    device.read(network.forward(new Tape(device, { record }), x).prob.value);
  assertEquals(await answer(false), await answer(true));
  // Planned after it has run, when the textures of its operands are there already. Steps up keep
  // neither the enlarged image nor the joined channels, so recording is not far behind; both hold the
  // packed weights, which a small image would not outweigh.
  assert(run(false).peak < 0.65 * run(true).peak, `${run(false).peak} of ${run(true).peak}`);
});

/** A tape that computes with the operations' references: the whole network in float64. */
class ReferenceTape extends Tape {
  readonly arrays = new Map<Variable, NdArray>();

  override apply<P extends Params>(
    operation: Operation<P>,
    inputs: readonly Variable[],
    params: P,
  ): Variable {
    const arrays = inputs.map((input) => this.arrays.get(input)!);
    const array = checked(operation).reference.forward(arrays, params);
    const output = new Variable(new Tensor(array.shape, "f32", null));
    this.arrays.set(output, array);
    return output;
  }
}

Deno.test("gradients of a whole U-Net agree with finite differences in float64", async () => {
  using _scope = device.scope();
  const random = new Random(12);
  const network = new UNet(device, { options: { depth: 2, base: 3, inChannels: 2 }, random });
  const [image, labels] = [
    randomArray([2, 2, 8, 12], { random }),
    randomArray([2, 1, 8, 12], { random, fill: "binary" }),
  ];
  const [x, target] = [new Variable(upload(image)), new Variable(upload(labels))];
  const lossOf = (tape: Tape) =>
    tape.apply(dice, [network.forward(tape, x).prob, target], { smooth: 1 });
  const weights = new Map(
    await Promise.all([...network.parameters.values()].map(async (parameter) => {
      const data = Float64Array.from(await device.read(parameter.value));
      return [parameter, { shape: parameter.value.shape, data }] as const;
    })),
  );
  const referenceLoss = (changed?: Variable, values?: Float64Array) => {
    const tape = new ReferenceTape(device);
    tape.arrays.set(x, image).set(target, labels);
    for (const [parameter, array] of weights) tape.arrays.set(parameter, array);
    if (changed && values) tape.arrays.set(changed, { shape: changed.value.shape, data: values });
    return tape.arrays.get(lossOf(tape))!.data[0];
  };
  const tape = new Tape(device);
  const loss = lossOf(tape);
  const gradients = tape.backward(loss);
  assertEquals([...gradients.keys()].length, network.parameters.size);
  assertClose(await device.read(loss.value), [referenceLoss()], { limit: 1e-5, what: "loss" });
  for (const [name, parameter] of network.parameters) {
    const gradient = await read(gradients, parameter);
    const { data } = weights.get(parameter)!;
    const scale = Math.max(...gradient.map(Math.abs));
    for (let trial = 0; trial < 3; trial++) {
      const at = random.integer(data.length);
      const shifted = (step: number) => {
        const values = data.slice();
        values[at] += step;
        return referenceLoss(parameter, values);
      };
      const numeric = (shifted(1e-6) - shifted(-1e-6)) / 2e-6;
      assert(
        Math.abs(numeric - gradient[at]) <= 1e-4 * scale + 1e-8,
        `${name}[${at}]: ${gradient[at]}, finite differences give ${numeric}, scale ${scale}`,
      );
    }
  }
});

Deno.test("Tape.backward() lets a rule free its output and overwrite a gradient that nobody else reads", async () => {
  using _scope = device.scope();
  const [image, weights, biases] = [[1, 2, 6, 8], [2, 2, 3, 3], [2]].map((shape, i) =>
    upload(randomArray(shape, { random: new Random(i + 3) }))
  );
  const gradientsOf = async ({ keep, shared }: { keep: boolean; shared: boolean }) => {
    const tape = new Tape(device);
    const [x, weight, bias] = [image, weights, biases].map((value) =>
      new Variable(value, { needsGradient: true })
    );
    const a = tape.apply(conv2d, [x, weight, bias], { relu: true });
    const b = tape.apply(conv2d, [a, weight, bias], { relu: true });
    // A sum hands the same gradient to both of its inputs, of which b must leave it whole for a.
    const other = shared ? a : tape.apply(scale, [a], { factor: 1 });
    const loss = halfSquare(tape, tape.apply(add, [b, other], {}));
    const gradients = tape.backward(loss, { keep: keep ? [a, b] : [] });
    assertEquals([a, b].map(({ value }) => value.freed), [!keep, !keep]);
    return await Promise.all([x, weight, bias].map((variable) => read(gradients, variable)));
  };
  const expected = await gradientsOf({ keep: true, shared: false });
  assert(expected.flat().some((value) => value !== 0));
  for (const keep of [true, false]) {
    for (const shared of [true, false]) assertEquals(await gradientsOf({ keep, shared }), expected);
  }
});
