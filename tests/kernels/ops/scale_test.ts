import { assertEquals } from "@std/assert";
import { scale } from "../../../kernels/ops/scale.ts";
import { checkOperation, device } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("scale() and its gradient equal the float64 reference", () => checkOperation(scale));

Deno.test("scale() takes any number, also Infinity, NaN and what WGSL could not spell", async () => {
  const input = { shape: [2], data: [1, -2] };
  const times = async (factor: number) => {
    const { y, gradients: [dx] } = await runOperation(scale, [input], { params: { factor } });
    return [...y, ...dx!];
  };
  assertEquals(await times(Infinity), [Infinity, -Infinity, Infinity, Infinity]);
  assertEquals(await times(NaN), [NaN, NaN, NaN, NaN]);
  assertEquals(await times(1e300), [Infinity, -Infinity, Infinity, Infinity]);
  const f = Math.fround(1e-30);
  assertEquals(await times(1e-30), [f, -2 * f, f, f]);
});

Deno.test("scale() compiles once for all factors", () => {
  using _scope = device.scope();
  const x = device.empty([4]);
  scale.forward(device, [x], { factor: 1 });
  const { gpu } = device;
  const compile = gpu.createShaderModule.bind(gpu);
  let compiled = 0;
  gpu.createShaderModule = (descriptor) => {
    compiled++;
    return compile(descriptor);
  };
  for (let i = 0; i < 300; i++) scale.forward(device, [x], { factor: i / 7 });
  gpu.createShaderModule = compile;
  assertEquals(compiled, 0);
});
