// A driver that computes wrong must not get past the start: each test plays one such driver.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Device, type Dispatch } from "../../kernels/gpu/device.ts";
import { SelfTestError } from "../../kernels/gpu/errors.ts";
import { openDevice } from "../../kernels/open_device.ts";
import { selfTest, testHalves } from "../../kernels/self_test.ts";
import type { DType, Tensor, TypedArrayOf } from "../../kernels/gpu/tensor.ts";

/** A device that passes every shader through a change of its text. */
class MiscompilingDevice extends Device {
  change: (shader: string) => string = (shader) => shader;

  override dispatch(dispatch: Dispatch): void {
    super.dispatch({ ...dispatch, shader: this.change(dispatch.shader) });
  }
}

/** A device that changes what is read from it. */
class MisreadingDevice extends Device {
  change: (values: Float32Array) => void = () => {};

  override async read<D extends DType>(tensor: Tensor<D>): Promise<TypedArrayOf<D>> {
    const values = await super.read(tensor);
    if (values instanceof Float32Array) this.change(values);
    return values;
  }
}

async function gpu(): Promise<GPUDevice> {
  const adapter = await navigator.gpu.requestAdapter();
  return await adapter!.requestDevice();
}

const ADAPTER = { name: "a bad driver", vendor: "", isSoftware: true, features: [] };

Deno.test("selfTest() passes here, and says what it looked at", async () => {
  using device = await openDevice();
  const results = await selfTest(device);
  assertEquals(results.map(({ name }) => name), [
    "conv2d",
    "the gradient of conv2d to x",
    "the gradient of conv2d to weight",
    "the gradient of conv2d to bias",
    "sigmoid",
    "the gradient of sigmoid to x",
  ]);
  assert(results.every(({ error }) => error < 1e-5), JSON.stringify(results));
  await device.finish();
});

Deno.test("selfTest() fails where a kernel is compiled wrong, and names operation and adapter", async () => {
  const mistakes: [from: string, to: string, failing: RegExp][] = [
    // A loop that ends one step early.
    ["slab < end", "slab + 1u < end", /the gradient of conv2d to weight|conv2d to bias/],
    ["step < p.c_in", "step + 1u < p.c_in", /conv2d is off|the gradient of conv2d to x/],
    // A border that is read as if it were inside.
    ["row0 >= 0 &&", "row0 >= -1 &&", /conv2d/],
    // An epilogue that is skipped.
    ["select(v, vec4f(0.0)", "select(v, v", /conv2d/],
    ["is_blocked(mask[i])", "is_blocked(-mask[i])", /the gradient of conv2d/],
    // A factor that is a little off.
    ["1.0 / (1.0 + exp", "1.001 / (1.0 + exp", /sigmoid/],
  ];
  for (const [from, to, failing] of mistakes) {
    using device = new MiscompilingDevice(await gpu(), ADAPTER);
    let changed = false;
    device.change = (shader) => {
      changed ||= shader.includes(from);
      return shader.replaceAll(from, to);
    };
    const error = await assertRejects(() => selfTest(device), SelfTestError, "", from);
    assert(changed, `nothing matched ${from}`);
    assert(error instanceof SelfTestError);
    assert(failing.test(error.message), `${from}: ${error.message}`);
    assert(/^Cannot trust the GPU: .* is off by .* on a bad driver;/.test(error.message));
  }
});

Deno.test("selfTest() fails for a single wrong value, for NaN wherever it stands, and for zeros", async () => {
  const mistakes: ((values: Float32Array) => void)[] = [
    (values) => values[values.length - 1] *= 1.001,
    (values) => values[0] = NaN,
    (values) => values[Math.floor(values.length / 2)] = NaN,
    (values) => values[values.length - 1] = NaN,
    (values) => values.fill(0),
    (values) => values[0] = Infinity,
  ];
  for (const change of mistakes) {
    using device = new MisreadingDevice(await gpu(), ADAPTER);
    device.change = change;
    await assertRejects(() => selfTest(device), SelfTestError, "Cannot trust the GPU");
  }
});

Deno.test("testHalves() passes here, and fails where halves are packed or unpacked wrong", async () => {
  using good = await openDevice();
  const { error } = await testHalves(good);
  assert(1e-6 < error && error < 6e-4, `${error}`);
  const mistakes = [
    // Numbers in another order, and half of what is stored.
    ["pack2x16float(h.zw)", "pack2x16float(h.wz)"],
    ["return vec2u(pack2x16float", "return 0x83ffu * vec2u(pack2x16float"],
  ];
  for (const [from, to] of mistakes) {
    using device = new MiscompilingDevice(await gpu(), ADAPTER);
    device.change = (shader) => shader.replaceAll(from, to);
    await assertRejects(
      () => testHalves(device),
      SelfTestError,
      "Cannot store halves: what a convolution makes of them is off by",
    );
  }
});
