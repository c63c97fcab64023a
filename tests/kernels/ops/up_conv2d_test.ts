import { assertEquals, assertThrows } from "@std/assert";
import { Device } from "../../../kernels/gpu/device.ts";
import { runForward } from "../../../kernels/operation.ts";
import { splitGradient } from "../../../kernels/ops/up_conv2d/join.ts";
import { upConv2d, upConv2dCheck } from "../../../kernels/ops/up_conv2d/mod.ts";
import {
  upConvolutionVariants,
  upWeightGradientVariants,
} from "../../../kernels/ops/up_conv2d/variants.ts";
import { Random } from "../../../train/images/random.ts";
import {
  assertClose,
  checkOperation,
  device,
  randomArray,
  upload,
} from "../fixtures/check_operation.ts";

Deno.test("upConv2d() and its gradients equal the float64 reference", async () => {
  await checkOperation(upConv2d);
});

Deno.test("every kernel of upConv2d() equals the float64 reference", async () => {
  const random = new Random(1);
  for (const { shapes, params, bench } of upConv2dCheck.samples) {
    if (bench) continue;
    using _scope = device.scope();
    const inputs = shapes.map((shape) => randomArray(shape, { random }));
    const y = upConv2dCheck.reference.forward(inputs, params);
    const dz = randomArray(y.shape, { random });
    const [low, skip, weight, bias] = inputs.map(upload);
    for (const variant of upConvolutionVariants) {
      const problem = { low, skip, weight, bias, relu: params.relu };
      if (!variant.supports(device, problem)) continue;
      const what = `${variant.name} of ${JSON.stringify(shapes)}`;
      const actual = await device.read(variant.run(device, problem));
      assertClose(actual, y.data, { limit: 2e-6, what });
    }
    const { backward } = upConv2dCheck.reference;
    if (backward === "none") throw new TypeError("upConv2d has a gradient");
    const [, , dw] = backward(inputs, dz, { relu: false });
    for (const variant of upWeightGradientVariants) {
      const problem = { low, skip, weight, dz: upload(dz) };
      if (!variant.supports(device, problem)) continue;
      const what = `${variant.name} dw of ${JSON.stringify(shapes)}`;
      const actual = await device.read(variant.run(device, problem));
      assertClose(actual, dw.data, { limit: 2e-6, what });
    }
  }
});

Deno.test("upConv2d() with rows in fours needs no memory but for its result and packed weights", () => {
  const peak = (kernel: string) => {
    const [low, skip] = [device.empty([1, 8, 32, 32]), device.empty([1, 8, 64, 64])];
    const [weight, bias] = [device.empty([8, 16, 3, 3]), device.empty([8])];
    const variant = upConvolutionVariants.find(({ name }) => name === kernel)!;
    const problem = { low, skip, weight, bias, relu: true };
    const use = device.plan(() => void variant.run(device, problem));
    [low, skip, weight, bias].forEach((tensor) => device.free(tensor));
    return use.peak;
  };
  assertEquals(peak("folded"), 8 * 64 * 64 * 4 + 8 * 16 * 9 * 4);
  assertEquals(peak("separate") > 3 * peak("folded"), true);
});

Deno.test("upConv2d() refuses images whose sizes do not fit", () => {
  using _scope = device.scope();
  const inputs = [[1, 2, 4, 4], [1, 2, 8, 9], [3, 4, 3, 3], [3]].map((s) => device.empty(s));
  assertThrows(
    () => runForward(device, upConv2d, { inputs, params: { relu: true } }),
    RangeError,
    "Cannot run upConv2d: skip is [1,2,8,9]",
  );
});

Deno.test("splitGradient() divides a gradient and sums blocks, blocked or not, also as a GPU has it", async () => {
  const random = new Random(3);
  for (const style of ["registers", "textures"] as const) {
    const own = new Device(device.gpu, { ...device.adapter, style });
    using _scope = own.scope();
    for (const [n, cLow, cSkip, h, w] of [[2, 3, 5, 3, 3], [2, 2, 3, 4, 8]]) {
      const arrays = {
        low: randomArray([n, cLow, h, w], { random }),
        skip: randomArray([n, cSkip, 2 * h, 2 * w], { random }),
        joined: randomArray([n, cLow + cSkip, 2 * h, 2 * w], { random }),
      };
      const put = (name: keyof typeof arrays) =>
        own.upload(arrays[name].shape, Float32Array.from(arrays[name].data));
      const at = (i: number, c: number, [y, x]: number[]) =>
        arrays.joined.data[((i * (cLow + cSkip) + c) * 2 * h + y) * 2 * w + x];
      for (const gates of [[false, false], [true, false], [true, true]]) {
        const images = { low: put("low"), skip: put("skip"), gates };
        const { low, skip, gated } = splitGradient(own, put("joined"), images);
        const passed = (name: "low" | "skip", value: number, k: number) =>
          gated[name === "low" ? 0 : 1] && arrays[name].data[k] <= 0 ? 0 : value;
        const expectedLow = arrays.low.data.map((_, k) => {
          const [x, y] = [k % w * 2, Math.floor(k / w) % h * 2];
          const plane = Math.floor(k / w / h);
          const corners = [[y, x], [y, x + 1], [y + 1, x], [y + 1, x + 1]];
          const sum = corners.reduce(
            (sum, corner) => sum + at(Math.floor(plane / cLow), plane % cLow, corner),
            0,
          );
          return passed("low", sum, k);
        });
        const expectedSkip = arrays.skip.data.map((_, k) => {
          const plane = Math.floor(k / w / h / 4);
          const place = [Math.floor(k / w / 2) % (2 * h), k % (2 * w)];
          const image = Math.floor(plane / cSkip);
          return passed("skip", at(image, cLow + plane % cSkip, place), k);
        });
        const what = `${style} ${gates}`;
        assertClose(await own.read(low), expectedLow, { limit: 1e-6, what });
        assertClose(await own.read(skip), expectedSkip, { limit: 1e-6, what });
        assertEquals(gated[0], gates[0]);
        assertEquals(gated[1], style === "textures" ? false : gates[1]);
      }
    }
  }
});
