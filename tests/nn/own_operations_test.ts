// Operations that a program defines: what may be left out, and what is amiss is safe or refused.
import { assertEquals, assertThrows } from "@std/assert";
import { checked } from "../../kernels/checks.ts";
import {
  defineOperation,
  elementwise,
  openDevice,
  type Operation,
  reduceAxes,
  Tensor,
} from "../../kernels/mod.ts";
import { Tape, Variable } from "../../nn/mod.ts";

const device = await openDevice();

function variable(...values: number[]): Variable {
  const tensor = device.upload([values.length], Float32Array.from(values));
  return new Variable(tensor, { needsGradient: true });
}

/** The sum of all elements, which has a gradient. */
const total = defineOperation({
  name: "total",
  inputs: ["x"],
  shape: () => [1],
  forward: (device, [x]) =>
    reduceAxes(device, x, { label: "total", kind: "sum", axes: [0], shape: [1] }),
  backward: (device, { inputs: [x], dy }) => {
    const ones = { label: "ones", inputs: [x], expression: "vec4f(1.0)" };
    using scope = device.scope();
    const dx = elementwise(device, ones);
    assertEquals(dy.shape, [1]);
    return [scope.keep(dx)];
  },
});

/** An operation of one input from its two rules. */
function own(
  forward: Operation<Record<never, never>>["forward"],
  backward: Exclude<Operation<Record<never, never>>["backward"], "none"> = (_, { dy }) => [dy],
): Operation<Record<never, never>> {
  return defineOperation({ name: "own", inputs: ["x"], forward, backward });
}

/** Value and gradient of the sum of an operation, after its inputs were overwritten. */
async function run(operation: Operation<Record<never, never>>, x: Variable) {
  const tape = new Tape(device);
  const y = tape.apply(operation, [x], {});
  const gradients = tape.backward(tape.apply(total, [y], {}), { keep: [y] });
  const [value, gradient] = await Promise.all([
    device.read(y.value),
    device.read(gradients.get(x)!),
  ]);
  return { value: [...value], gradient: [...gradient], isInput: y.value === x.value };
}

Deno.test("defineOperation() needs name, inputs and a kernel; the rest has defaults", () => {
  const forward: Operation["forward"] = (_, [x]) => x;
  const made = defineOperation({ name: "made", inputs: ["x"], forward });
  assertEquals(made.shape([[2, 3]], {}), [2, 3]);
  assertEquals(made.backward, "none");
  assertThrows(() => checked(made), TypeError, "Cannot check made: it is in no list");
});

Deno.test("a forward that gives its input gives a copy: neither is freed with the other", async () => {
  using _scope = device.scope();
  const x = variable(1, 2, 3);
  const expected = { value: [1, 2, 3], gradient: [1, 1, 1], isInput: false };
  assertEquals(await run(own((_, [x]) => x), x), expected);
  const dropping = new Tape(device, { record: false });
  dropping.drop(dropping.apply(own((_, [x]) => x), [x], {}));
  assertEquals([...await device.read(x.value)], [1, 2, 3]);
});

Deno.test("a forward that gives another view of its input's memory gives a copy, too", async () => {
  using _scope = device.scope();
  const x = variable(1, 2, 3);
  const view = own((_, [x]) => new Tensor(x.shape, "f32", x.buffer));
  assertEquals(await run(view, x), { value: [1, 2, 3], gradient: [1, 1, 1], isInput: false });
});

Deno.test("a backward may give an input or the output as the gradient: x of x²/2", async () => {
  using _scope = device.scope();
  const half = { label: "half", expression: "0.5 * a * a" };
  const square = own(
    (device, inputs) => elementwise(device, { ...half, inputs }),
    (_, { inputs: [x] }) => [x],
  );
  const x = variable(1, -2, 3);
  const found = await run(square, x);
  assertEquals(found.gradient, [1, -2, 3]);
  assertEquals([...await device.read(x.value)], [1, -2, 3], "the input is still there");
  const exp = own(
    (device, inputs) => elementwise(device, { label: "exp", inputs, expression: "exp2(a)" }),
    (_, { output }) => [output],
  );
  assertEquals(await run(exp, x), { value: [2, 0.25, 8], gradient: [2, 0.25, 8], isInput: false });
});

Deno.test("an operation whose rules do not fit is refused with its name", () => {
  using _scope = device.scope();
  const x = variable(1, 2, 3);
  const tape = new Tape(device);
  const shorter = own((device) => device.empty([2]));
  assertThrows(
    () => tape.apply(shorter, [x], {}),
    RangeError,
    "Cannot run own: its forward gives [2], its shape rule says [3]",
  );
  const differentiate = (backward: Parameters<typeof own>[1]) => {
    const y = tape.apply(own((device, [x]) => device.empty(x.shape), backward), [x], {});
    tape.backward(tape.apply(total, [y], {}));
  };
  assertThrows(
    () => differentiate((device) => [device.empty([1, 3])]),
    RangeError,
    "Cannot differentiate own: its gradient of x is [1,3], x is [3]",
  );
  assertThrows(
    () => differentiate(() => []),
    TypeError,
    "Cannot differentiate own: its backward gives 0 gradients, expected those of x",
  );
});

Deno.test("a shader that does not use one of its bindings works as well", async () => {
  using _scope = device.scope();
  const second = defineOperation({
    name: "second",
    inputs: ["a", "b"],
    forward: (device, inputs) => elementwise(device, { label: "second", inputs, expression: "b" }),
  });
  const y = new Tape(device).apply(second, [variable(1, 2), variable(3, 4)], {});
  assertEquals([...await device.read(y.value)], [3, 4]);
});

Deno.test("numbers of an operation are floats and integers by name", async () => {
  using _scope = device.scope();
  const line = defineOperation<{ slope: number; shift: number }>({
    name: "line",
    inputs: ["x"],
    forward: (device, inputs, { slope, shift }) =>
      elementwise(device, {
        ...{ label: "line", inputs, expression: "p.slope * a + f32(p.shift)" },
        ...{ floats: { slope }, integers: { shift } },
      }),
  });
  const y = new Tape(device).apply(line, [variable(1, 2)], { slope: 1.5, shift: -3 });
  assertEquals([...await device.read(y.value)], [-1.5, 0]);
});

Deno.test("an operation without a gradient says so when one is asked for", () => {
  using _scope = device.scope();
  const forward: Operation["forward"] = (device, inputs) =>
    elementwise(device, { label: "sign", inputs, expression: "sign(a)" });
  const tape = new Tape(device);
  const y = tape.apply(
    defineOperation({ name: "sign", inputs: ["x"], forward }),
    [variable(1)],
    {},
  );
  assertThrows(() => tape.backward(y), TypeError, "Cannot differentiate sign: it has no gradient");
});
