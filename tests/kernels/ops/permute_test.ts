import { assertEquals } from "@std/assert";
import { permute, transpose } from "../../../kernels/ops/permute.ts";
import { checkOperation, device } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("permute() and its gradient equal the float64 reference", () => checkOperation(permute));

Deno.test("transpose() and its gradient equal the float64 reference", () =>
  checkOperation(transpose));

Deno.test("permute() brings channels last, by hand", async () => {
  const x = { shape: [1, 2, 1, 3], data: [1, 2, 3, 4, 5, 6] };
  const params = { axes: [0, 2, 3, 1] };
  const { y, gradients: [dx] } = await runOperation(permute, [x], { params, dy: x.data });
  assertEquals([...y], [1, 4, 2, 5, 3, 6]);
  assertEquals([...dx!], [1, 3, 5, 2, 4, 6]);
});

Deno.test("transpose() is right on more than 65,535 workgroups", async () => {
  using _scope = device.scope();
  const [rows, columns] = [2051, 2049];
  const values = Float32Array.from({ length: rows * columns }, (_, i) => i);
  const y = await device.read(
    transpose.forward(device, [device.upload([rows, columns], values)], {}),
  );
  const wrong = y.findIndex((v, i) => v !== i % rows * columns + Math.floor(i / rows));
  assertEquals(wrong, -1);
});
