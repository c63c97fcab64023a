import { assertEquals, assertThrows } from "@std/assert";
import type { Device } from "../../../kernels/gpu/device.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import {
  binaryDilation,
  binaryErosion,
  binaryOpening,
  type Footprint,
} from "../../../kernels/masks/mod.ts";
import type { Tensor } from "../../../kernels/gpu/tensor.ts";
import { Random } from "../../../train/images/random.ts";
import { dilate, erode, type Grid, grid, noise } from "./fixtures/reference.ts";

const device: Device = await openDevice();
const SHAPES = [[1, 1], [1, 9], [9, 1], [2, 2], [3, 64], [17, 31], [65, 130]] as const;
const FOOTPRINTS: readonly Footprint[] = ["cross", "square"];

function upload({ height, width, data }: Grid): Tensor<"u32"> {
  return device.upload<"u32">([height, width], data);
}

function masks(): Grid[] {
  const random = new Random(11);
  return SHAPES.flatMap((shape) => [
    noise(shape, { random, density: 0.3 }),
    noise(shape, { random, density: 0.9 }),
    grid(shape, () => 1),
    grid(shape, () => 0),
  ]);
}

function times(count: number, step: (mask: Grid) => Grid, mask: Grid): Grid {
  return count === 0 ? mask : times(count - 1, step, step(mask));
}

Deno.test("binaryErosion() keeps pixels whose neighbours are all set or outside", async () => {
  using _scope = device.scope();
  for (const mask of masks()) {
    for (const footprint of FOOTPRINTS) {
      const eroded = binaryErosion(device, upload(mask), { footprint });
      assertEquals(await device.read(eroded), erode(mask, footprint).data);
    }
  }
});

Deno.test("binaryDilation() sets pixels that have a neighbour in the image", async () => {
  using _scope = device.scope();
  for (const mask of masks()) {
    for (const footprint of FOOTPRINTS) {
      const dilated = binaryDilation(device, upload(mask), { footprint });
      assertEquals(await device.read(dilated), dilate(mask, footprint).data);
    }
  }
});

Deno.test("binaryOpening() erodes n times, then dilates n times", async () => {
  using _scope = device.scope();
  const mask = noise([40, 53], { random: new Random(5), density: 0.97 });
  for (const footprint of FOOTPRINTS) {
    for (const iterations of [1, 2, 3]) {
      const opened = binaryOpening(device, upload(mask), { footprint, iterations });
      const eroded = times(iterations, (one) => erode(one, footprint), mask);
      const expected = times(iterations, (one) => dilate(one, footprint), eroded);
      assertEquals(await device.read(opened), expected.data, `${footprint} ${iterations}`);
    }
  }
});

Deno.test("binaryOpening() copies with 0 iterations and leaves its input alone", async () => {
  using _scope = device.scope();
  const mask = noise([9, 9], { random: new Random(2), density: 0.5 });
  const x = upload(mask);
  const copy = binaryOpening(device, x, { iterations: 0 });
  binaryOpening(device, x, { iterations: 2 });
  assertEquals(await device.read(copy), mask.data);
  assertEquals(await device.read(x), mask.data);
  assertEquals(copy === x, false);
});

Deno.test("binaryErosion() takes any value but 0 for set and gives 0 and 1", async () => {
  using _scope = device.scope();
  const labels = device.upload<"u32">([1, 1, 2, 3], Uint32Array.of(7, 8, 0, 9, 4e9, 0));
  const eroded = binaryErosion(device, labels);
  assertEquals([...await device.read(eroded)], [1, 0, 0, 1, 0, 0]);
  assertEquals(eroded.shape, [1, 1, 2, 3]);
});

Deno.test("binaryOpening() frees what it needs in between", () => {
  using _scope = device.scope();
  const x = upload(grid([64, 64], () => 1));
  const before = device.memory.inUse;
  device.free(binaryOpening(device, x, { iterations: 4 }));
  assertEquals(device.memory.inUse, before);
});

Deno.test("binaryOpening() refuses stacks, empty planes and broken counts", () => {
  using _scope = device.scope();
  const plane = device.empty([4, 4], "u32");
  const open = (shape: number[]) => () => binaryOpening(device, device.empty(shape, "u32"));
  assertThrows(open([2, 4, 4]), RangeError, "[2,4,4], expected one plane");
  assertThrows(open([0, 4]), RangeError, "[0,4]");
  assertThrows(open([16]), TypeError, "[16], expected [h,w]");
  for (const iterations of [-1, 1.5, NaN]) {
    assertThrows(() => binaryOpening(device, plane, { iterations }), RangeError, `${iterations}`);
  }
});
