import { assert, assertEquals, assertThrows } from "@std/assert";
import { max, mean, sum } from "../../../kernels/ops/reductions.ts";
import { sizeOf } from "../../../kernels/gpu/shape.ts";
import { assertClose, checkOperation, device } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

for (const operation of [sum, mean, max]) {
  const { name } = operation;

  Deno.test(`${name}() and its gradient equal the float64 reference`, () =>
    checkOperation(operation));

  Deno.test(`${name}() keeps axes where told, and refuses those that are not there`, () => {
    assertEquals(operation.shape([[2, 3, 4]], {}), []);
    assertEquals(operation.shape([[2, 3, 4]], { axes: [-2] }), [2, 4]);
    assertEquals(operation.shape([[2, 3, 4]], { axes: [0, 2], keepDims: true }), [1, 3, 1]);
    for (const axes of [[3], [-4], [1, 1], [0, -3], [0.5]]) {
      assertThrows(() => operation.shape([[2, 3, 4]], { axes }), RangeError, `Cannot run ${name}`);
    }
    assertThrows(() => operation.shape([[2, 0]], {}), RangeError, "an axis is empty");
  });

  Deno.test(`${name}() of values with NaN is NaN, and that of the others is not`, async () => {
    const x = { shape: [2, 8], data: [...Array(3).fill(1), NaN, ...Array(12).fill(2)] };
    const { y } = await runOperation(operation, [x], { params: { axes: [1] } });
    assertEquals([...y].map(Number.isNaN), [true, false]);
    const turned = { ...x, shape: [8, 2] };
    const { y: columns } = await runOperation(operation, [turned], { params: { axes: [0] } });
    assertEquals([...columns].map(Number.isNaN), [false, true]);
  });
}

Deno.test("max() shares its gradient among equal values, and knows infinities", async () => {
  const x = { shape: [2, 4], data: [1, 3, 3, 2, -Infinity, -Infinity, Infinity, 5] };
  const { y, gradients: [dx] } = await runOperation(max, [x], {
    params: { axes: [1] },
    dy: [4, 1],
  });
  assertEquals([...y], [3, Infinity]);
  assertEquals([...dx!], [0, 2, 2, 0, 0, 0, 1, 0]);
  const negative = { shape: [3], data: [-5, -2, -9] };
  assertEquals([...(await runOperation(max, [negative])).y], [-2]);
});

Deno.test("max() of NaN gives its gradient to nobody as a number", async () => {
  const { gradients: [dx] } = await runOperation(max, [{ shape: [3], data: [1, NaN, 2] }]);
  assert(dx!.every(Number.isNaN));
});

Deno.test("sum() and max() are right where one result has millions of values", async () => {
  const cases = [
    { shape: [1_200_001], axes: [0] },
    { shape: [2, 1_200_004], axes: [1] },
    { shape: [300_001, 3], axes: [0] },
    { shape: [70_001, 4], axes: [0] },
    { shape: [300, 7, 300], axes: [0, 2] },
  ];
  for (const { shape, axes } of cases) {
    using _scope = device.scope();
    const values = Float32Array.from({ length: sizeOf(shape) }, (_, i) => i * 0.618 % 1 + 0.1);
    const x = device.upload(shape, values);
    const what = `[${shape}] over ${axes}`;
    const [total, largest] = await Promise.all(
      [sum, max].map((operation) => device.read(operation.forward(device, [x], { axes }))),
    );
    const [totals, most] = [new Float64Array(total.length), new Float64Array(total.length)];
    const inner = sizeOf(shape.slice(1));
    values.forEach((value, i) => {
      const at = axes.length === 2
        ? Math.floor(i / shape[2]) % shape[1]
        : axes[0] === 0
        ? i % inner
        : Math.floor(i / inner);
      totals[at] += value;
      most[at] = Math.max(most[at], value);
    });
    assertClose(total, totals, { limit: 1e-6, what });
    assertEquals([...largest], [...most], what);
  }
});

Deno.test("sum() gives the same bits each time", async () => {
  using _scope = device.scope();
  const x = device.upload([9973], Float32Array.from({ length: 9973 }, (_, i) => Math.sin(i)));
  const runs = [1, 2, 3].map(() => device.read(sum.forward(device, [x], {})));
  const [first, ...others] = await Promise.all(runs);
  for (const other of others) assertEquals(other, first);
});

Deno.test("sum() is right on more than 65,535 workgroups", async () => {
  using _scope = device.scope();
  const rows = 64 * 65_537;
  const x = device.upload([rows, 2], Float32Array.from({ length: 2 * rows }, (_, i) => i % 1000));
  const y = await device.read(sum.forward(device, [x], { axes: [1] }));
  assertEquals(y.length, rows);
  assertEquals(y.findIndex((v, i) => v !== 2 * i % 1000 + (2 * i + 1) % 1000), -1);
});
