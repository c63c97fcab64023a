import { assert, assertEquals, assertThrows } from "@std/assert";
import { logSoftmax, softmax } from "../../../kernels/ops/softmax.ts";
import { assertClose, checkOperation } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("softmax() and logSoftmax() and their gradients equal the float64 reference", async () => {
  await checkOperation(softmax);
  await checkOperation(logSoftmax);
});

Deno.test("softmax() and logSoftmax() neither overflow nor lose what is small", async () => {
  const x = { shape: [2, 3], data: [1000, 1001, 800, -500, -500, -500] };
  const { y } = await runOperation(softmax, [x]);
  const e = Math.exp(-1);
  assertClose(y, [e / (1 + e), 1 / (1 + e), 0, 1 / 3, 1 / 3, 1 / 3], { limit: 1e-6, what: "y" });
  const { y: logarithms } = await runOperation(logSoftmax, [x]);
  const sum = 1001 + Math.log(1 + e);
  const expected = [1000 - sum, 1001 - sum, 800 - sum, ...Array(3).fill(-Math.log(3))];
  assertClose(logarithms, expected, { limit: 1e-6, what: "logarithms" });
});

Deno.test("softmax() takes any axis, −1 unless told, and refuses one that is not there", async () => {
  const data = [0, Math.log(3), 0, 0];
  const last = await runOperation(softmax, [{ shape: [2, 2], data }]);
  assertClose(last.y, [0.25, 0.75, 0.5, 0.5], { limit: 1e-6, what: "last" });
  const first = await runOperation(softmax, [{ shape: [2, 2], data }], { params: { axis: 0 } });
  assertClose(first.y, [0.5, 0.75, 0.5, 0.25], { limit: 1e-6, what: "first" });
  assertThrows(() => softmax.shape([[2, 2]], { axis: 2 }), RangeError, "axes [2] asked for");
  assertThrows(() => softmax.shape([[2, 0]], {}), RangeError, "x is [2,0], an axis is empty");
});

Deno.test("softmax() along a long axis reaches its far end", async () => {
  const data = new Float32Array(70_001);
  data[70_000] = Math.log(70_000);
  const { y, gradients: [dx] } = await runOperation(softmax, [{ shape: [1, 70_001], data }], {
    dy: Float32Array.from(data, (_, i) => i === 70_000 ? 1 : 0),
  });
  assertClose([y[0], y[70_000]], [0.5 / 70_000, 0.5], { limit: 1e-5, what: "y" });
  assertClose([dx![70_000]], [0.25], { limit: 1e-5, what: "dx" });
  assert(Math.abs(y.reduce((sum, value) => sum + value, 0) - 1) < 1e-4);
  assertEquals(dx!.length, 70_001);
});
