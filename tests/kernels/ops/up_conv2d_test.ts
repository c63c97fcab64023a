import { assertEquals, assertThrows } from "@std/assert";
import { runForward } from "../../../kernels/operation.ts";
import { upConv2d } from "../../../kernels/ops/up_conv2d/mod.ts";
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
  for (const { shapes, params, bench } of upConv2d.samples) {
    if (bench) continue;
    using _scope = device.scope();
    const inputs = shapes.map((shape) => randomArray(shape, { random }));
    const y = upConv2d.reference.forward(inputs, params);
    const dz = randomArray(y.shape, { random });
    const [low, skip, weight, bias] = inputs.map(upload);
    for (const variant of upConvolutionVariants) {
      const problem = { low, skip, weight, bias, relu: params.relu };
      if (!variant.supports(device, problem)) continue;
      const what = `${variant.name} of ${JSON.stringify(shapes)}`;
      const actual = await device.read(variant.run(device, problem));
      assertClose(actual, y.data, { limit: 2e-6, what });
    }
    const { backward } = upConv2d.reference;
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
