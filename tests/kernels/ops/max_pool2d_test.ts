import { assertEquals } from "@std/assert";
import { maxPool2d } from "../../../kernels/ops/max_pool2d.ts";
import { checkOperation } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("maxPool2d() and its gradients equal the float64 reference", () =>
  checkOperation(maxPool2d));

Deno.test("maxPool2d() gives the gradient to the first maximum on a tie", async () => {
  const ties = [
    { window: [5, 5, 5, 5], first: 0 },
    { window: [1, 5, 5, 5], first: 1 },
    { window: [1, 2, 5, 5], first: 2 },
    { window: [1, 2, 3, 5], first: 3 },
    { window: [5, 1, 1, 5], first: 0 },
    { window: [-1e30, -1e30, -1e30, -1e30], first: 0 },
  ];
  for (const { window, first } of ties) {
    const { y, gradients: [dx] } = await runOperation(maxPool2d, [
      { shape: [1, 1, 2, 2], data: window },
    ], { dy: [3] });
    assertEquals([...y], [Math.max(...window)].map(Math.fround));
    assertEquals([...dx!], [0, 1, 2, 3].map((at) => at === first ? 3 : 0));
  }
});

Deno.test("maxPool2d() drops an odd last row and column, whose gradient is 0", async () => {
  const data = [1, 2, 9, 3, 4, 9, 9, 9, 9];
  const { y, gradients: [dx] } = await runOperation(maxPool2d, [{ shape: [1, 1, 3, 3], data }]);
  assertEquals([...y], [4]);
  assertEquals([...dx!], [0, 0, 0, 0, 1, 0, 0, 0, 0]);
});
