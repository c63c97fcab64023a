import { assertEquals } from "@std/assert";
import { maxPool2d, maxPool2dCheck } from "../../../kernels/ops/max_pool2d.ts";
import { Random } from "../../../train/images/random.ts";
import { checkOperation, device, randomArray, upload } from "../fixtures/check_operation.ts";
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

Deno.test("maxPool2d() adds its gradient to what there is, and lets a ReLU's output block it", async () => {
  const { backward } = maxPool2d;
  if (backward === "none") throw new TypeError("maxPool2d has a gradient");
  const random = new Random(5);
  for (const shape of [[2, 3, 4, 16], [1, 2, 5, 7]]) {
    using _scope = device.scope();
    const x = randomArray(shape, { random });
    x.data.forEach((value, i) => x.data[i] = Math.max(0, value));
    const before = randomArray(shape, { random });
    const dy = randomArray([shape[0], shape[1], shape[2] >> 1, shape[3] >> 1], { random });
    const [dx] = (maxPool2dCheck.reference.backward as (...args: unknown[]) => typeof dy[])(
      [x],
      dy,
      {},
    );
    for (const [adds, gated] of [[false, true], [true, false], [true, true]]) {
      const sum = upload(before);
      const said: number[] = [];
      const inputs = [upload(x)];
      const [found] = backward(device, {
        ...{ inputs, output: upload(dy), dy: upload(dy), needs: [true] },
        takeSum: () => adds ? sum : null,
        gates: [gated],
        gate: (input) => void said.push(input),
      }, {});
      const expected = dx.data.map((value, i) => {
        const both = Math.fround(value + (adds ? before.data[i] : 0));
        return gated && x.data[i] <= 0 ? 0 : both;
      });
      assertEquals([...await device.read(found!)], [...expected], `${shape} ${adds} ${gated}`);
      assertEquals([found === sum, said], [adds, gated ? [0] : []]);
    }
  }
});
