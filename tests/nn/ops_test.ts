import { assertEquals, assertThrows } from "@std/assert";
import {
  type AnyOperation,
  type OperationsByName,
  operationsByName,
} from "../../kernels/operations.ts";
import { defineOperation, type Operation } from "../../kernels/operation.ts";
import { elementwise } from "../../kernels/parts/elementwise.ts";
import { openDevice } from "../../kernels/open_device.ts";
import { Tape, Variable } from "../../nn/autodiff.ts";
import type { UNet } from "../../nn/networks/unet.ts";
import { ops, TapeValue, type Value } from "../../nn/ops.ts";
import { siameseForward } from "../../nn/siamese.ts";

const device = await openDevice();

function upload(shape: number[], ...values: number[]) {
  return device.upload(shape, Float32Array.from(values));
}

Deno.test("ops() chains operations, whose gradients reach variables", async () => {
  using _scope = device.scope();
  const w = new Variable(upload([2, 1], 3, -1), { needsGradient: true });
  const b = new Variable(upload([1], 0.5), { needsGradient: true });
  const of = ops(new Tape(device));
  const x = upload([2, 2], 1, 2, 3, 20);
  // The rows give 1.5 and −10.5, of which the second is cut off.
  const y = of(x).matmul(w).add(b).relu();
  assertEquals([y.shape, [...await device.read(y.tensor)]], [[2, 1], [1.5, 0]]);
  const gradients = y.sum().backward();
  assertEquals([...await device.read(gradients.get(w)!)], [1, 2]);
  assertEquals([...await device.read(gradients.get(b)!)], [1]);
});

Deno.test("ops() takes numbers, tensors, variables and values", async () => {
  using _scope = device.scope();
  const of = ops(new Tape(device));
  const x = of(upload([3], 1, 2, 4));
  const y = x.mul(3).sub(1).div(2).add(x).add(upload([3], 0, 0, 1)).add(
    new Variable(upload([1], 1)),
  );
  assertEquals([...await device.read(y.tensor)], [3, 5.5, 11.5]);
  assertEquals(x.concat(y, { axis: 0 }).shape, [6]);
  assertEquals(of(y).variable, y.variable);
});

Deno.test("ops() applies operations of one's own, with their parameters", async () => {
  using _scope = device.scope();
  const power = defineOperation({
    name: "power",
    inputs: ["x"],
    forward: (device, [x], { n }: { n: number }) =>
      elementwise(device, {
        label: "power",
        inputs: [x],
        expression: "pow(a, vec4f(p.n))",
        floats: { n },
      }),
  });
  const y = ops(new Tape(device))(upload([2], 2, 3)).apply(power, { n: 2 });
  const read = await device.read(y.tensor);
  assertEquals([...read].map(Math.round), [4, 9]);
});

Deno.test("ops() lets no gradient through what is detached", async () => {
  using _scope = device.scope();
  const w = new Variable(upload([2], 3, -1), { needsGradient: true });
  const x = ops(new Tape(device))(w);
  const gradients = x.mul(x.detach()).sum().backward();
  assertEquals([...await device.read(gradients.get(w)!)], [3, -1]);
});

Deno.test("ops() refuses what does not fit while it runs, as a tape does", () => {
  using _scope = device.scope();
  const of = ops(new Tape(device));
  const x = of(upload([2], 1, 2));
  assertThrows(() => x.matmul(x), TypeError, "Cannot run matmul: a is [2], b is [2]");
  assertThrows(() => x.sum().backward(), TypeError, "Cannot differentiate a constant");
});

Deno.test("ops() has every operation as a method, and no other name in its way", () => {
  using _scope = device.scope();
  const x = ops(new Tape(device))(upload([1], 1));
  for (const [name, operation] of Object.entries<AnyOperation>(operationsByName)) {
    assertEquals(typeof x[name as keyof Value], "function", name);
    assertEquals(name in TapeValue.prototype, false, name);
    assertEquals(operation.inputs.length > 0, true, name);
  }
});

/** Operations whose inputs are not named in their type, so that they would be no methods. */
type Unnamed = {
  [Name in keyof OperationsByName]: OperationsByName[Name] extends Operation<infer _, infer N>
    ? N extends readonly [string, ...string[]] ? never : Name
    : Name;
}[keyof OperationsByName];

/** There are none, or this does not compile. */
export const unnamed: [Unnamed] extends [never] ? "none" : Unnamed = "none";

/** What must not compile; it is never called. */
export function mistakes(x: Value, w: Variable, unet: UNet, tape: Tape): void {
  // @ts-expect-error: an input too few
  x.matmul();
  // @ts-expect-error: an input too many
  x.relu(w);
  // @ts-expect-error: a parameter is missing
  x.conv2d(w, w);
  // @ts-expect-error: a parameter has another name
  x.sum({ axis: [1] });
  // @ts-expect-error: a parameter is of another type
  x.leakyRelu({ slope: "0.1" });
  // @ts-expect-error: a number is no image
  x.meanSquaredError(1);
  // @ts-expect-error: there is no such operation
  x.convolve(w);
  // @ts-expect-error: a tape asks for as many inputs as an operation has
  tape.apply(operationsByName.add, [w], {});
  // @ts-expect-error: a tape asks for the parameters of an operation
  tape.apply(operationsByName.scale, [w], {});
  // @ts-expect-error: a network has no such output
  unet.forward(tape, w).probability;
  // @ts-expect-error: a Siamese pass gives what was asked for
  siameseForward(tape, { network: unet, frames: w, outputs: ["logits"] }).first.prob;
  // This compiles.
  const { prob } = unet.forward(tape, w);
  const answers = siameseForward(tape, { network: unet, frames: prob });
  ops(tape)(answers.first.prob).conv2d(w, w, { relu: true }).sum({ axes: [1] }).sum();
}
