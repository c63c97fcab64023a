import { assertEquals, assertThrows } from "@std/assert";
import { elementwise } from "../../../kernels/parts/elementwise.ts";
import { device } from "../fixtures/check_operation.ts";

Deno.test("elementwise() reads numbers by name, floats beside integers", async () => {
  using _scope = device.scope();
  const [a, b] = [[1, 2, 3, 4, 5], [0, 1, 0, 1, 0]].map((values) =>
    device.upload([5], Float32Array.from(values))
  );
  const result = elementwise(device, {
    label: "line",
    inputs: [a, b],
    expression: "p.slope * a + f32(p.offset) * b + p.rest",
    floats: { slope: 0.5, rest: 0.25 },
    integers: { offset: -7 },
  });
  assertEquals([...await device.read(result)], [0.75, -5.75, 1.75, -4.75, 2.75]);
});

Deno.test("elementwise() refuses names that are taken and inputs of different size", () => {
  using _scope = device.scope();
  const a = device.empty([2, 3]);
  const run = (what: Partial<Parameters<typeof elementwise>[1]>) => () =>
    elementwise(device, { label: "wrong", inputs: [a], expression: "a", ...what });
  const twice = "Cannot run wrong: two of its numbers are called ";
  assertThrows(run({ floats: { count: 1 } }), TypeError, `${twice}count`);
  assertThrows(run({ floats: { k: 1 }, integers: { k: 1 } }), TypeError, `${twice}k`);
  const inputs = [a, device.empty([2, 2])];
  assertThrows(run({ inputs }), RangeError, "its inputs [2,3] and [2,2] differ in size");
});
