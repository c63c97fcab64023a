import { assertEquals } from "@std/assert";
import { joinAxes, stepsOf } from "../../../kernels/parts/axes/layout.ts";
import { reduceAxes } from "../../../kernels/parts/axes/reduction.ts";
import { broadcast, viewwise } from "../../../kernels/parts/axes/views.ts";
import { windowOf } from "../../../kernels/parts/axes/window.ts";
import { sizeOf } from "../../../kernels/gpu/shape.ts";
import { device } from "../fixtures/check_operation.ts";

function counting(...shape: number[]) {
  return device.upload(shape, Float32Array.from({ length: sizeOf(shape) }, (_, i) => i));
}

Deno.test("broadcast() repeats several inputs, with numbers by name, one by one and in fours", async () => {
  using _scope = device.scope();
  for (const width of [3, 4]) {
    const [a, b, c] = [counting(2, 1, width), counting(5, 1), counting(1)];
    const y = broadcast(device, {
      label: "three",
      shape: [2, 5, width],
      inputs: [a, b, c],
      expression: "p.unit * a + f32(p.tens) * b + c",
      floats: { unit: 0.5 },
      integers: { tens: 10 },
    });
    const expected = Array.from({ length: 10 * width }, (_, i) => {
      const [image, row, column] = [
        Math.floor(i / width / 5),
        Math.floor(i / width) % 5,
        i % width,
      ];
      return 0.5 * (image * width + column) + 10 * row;
    });
    assertEquals([...await device.read(y)], expected, `width ${width}`);
  }
});

Deno.test("viewwise() begins where a view says, in fours only where that fits", async () => {
  using _scope = device.scope();
  const x = counting(4, 8);
  for (const start of [8, 9]) {
    const views = [{ tensor: x, steps: [8, 1], start }];
    const y = viewwise(device, { label: "part", shape: [2, 4], views, expression: "a" });
    const expected = [0, 1, 2, 3, 8, 9, 10, 11].map((i) => i + start);
    assertEquals([...await device.read(y)], expected);
  }
});

Deno.test("joinAxes() walks as few axes as every array allows", () => {
  const walks = (shape: number[], ...steps: number[][]) =>
    joinAxes(shape.map((extent, axis) => ({ extent, steps: steps.map((list) => list[axis]) })));
  const shape = [2, 3, 4];
  assertEquals(walks(shape, stepsOf(shape)), [{ extent: 24, steps: [1] }]);
  assertEquals(walks(shape, stepsOf(shape), [0, 4, 1]), [
    { extent: 2, steps: [12, 0] },
    { extent: 12, steps: [1, 1] },
  ]);
  assertEquals(walks([2, 1, 4], [4, 99, 1]), [{ extent: 8, steps: [1] }]);
  assertEquals(walks([1, 1], [0, 0]), [{ extent: 1, steps: [0] }]);
});

Deno.test("windowOf() cuts and pads at once, in fours and one by one", async () => {
  using _scope = device.scope();
  const window = { label: "window", from: [1, -4], shape: [2, 8], outside: -1 };
  const wide = await device.read(windowOf(device, counting(4, 12), window));
  const rows = [12, 24].map((first) => [-1, -1, -1, -1, first, first + 1, first + 2, first + 3]);
  assertEquals([...wide], rows.flat());
  const narrow = windowOf(device, counting(3, 2), { ...window, from: [-1, 1], shape: [3, 2] });
  assertEquals([...await device.read(narrow)], [-1, -1, 1, -1, 3, -1]);
});

Deno.test("reduceAxes() gives the shape asked for, and a copy where nothing is reduced", async () => {
  using _scope = device.scope();
  const x = counting(2, 3, 4);
  const sum = { label: "sum", kind: "sum" } as const;
  const outer = reduceAxes(device, x, { ...sum, axes: [0, 2], shape: [3] });
  assertEquals([...await device.read(outer)], [60, 92, 124]);
  const same = reduceAxes(device, x, { ...sum, axes: [], shape: [6, 4] });
  device.clear(x);
  assertEquals([same.shape, (await device.read(same))[23]], [[6, 4], 23]);
});
