import { assertEquals } from "@std/assert";
import { flatten, reshape } from "../../../kernels/ops/reshape.ts";
import { checkOperation, device } from "../fixtures/check_operation.ts";

Deno.test("reshape() and its gradient equal the float64 reference", () => checkOperation(reshape));

Deno.test("flatten() and its gradient equal the float64 reference", () => checkOperation(flatten));

Deno.test("reshape() gives a tensor of its own: what becomes of x leaves it alone", async () => {
  using _scope = device.scope();
  const x = device.upload([2, 2], Float32Array.of(1, 2, 3, 4));
  const y = reshape.forward(device, [x], { shape: [4] });
  device.write(x, Float32Array.of(9, 9, 9, 9));
  device.free(x);
  const next = device.upload([2, 2], Float32Array.of(5, 6, 7, 8));
  assertEquals([...await device.read(y)], [1, 2, 3, 4]);
  assertEquals([...await device.read(next)], [5, 6, 7, 8]);
});

Deno.test("reshape() works out one open extent", () => {
  assertEquals(reshape.shape([[2, 3, 4]], { shape: [4, -1] }), [4, 6]);
  assertEquals(reshape.shape([[]], { shape: [-1] }), [1]);
});
