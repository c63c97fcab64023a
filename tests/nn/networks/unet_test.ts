// The architecture: names, shapes and counts by the rules of CSBDeep, and how far a pixel reaches.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { openDevice } from "../../../kernels/open_device.ts";
import { Tape, Variable } from "../../../nn/autodiff.ts";
import { glorotUniform, parameterCount, ParameterStore } from "../../../nn/module.ts";
import { UNet, type UNetOptions, UNetTrunk } from "../../../nn/networks/unet.ts";
import { parameterTensors } from "../../../nn/weights.ts";
import { Random } from "../../../train/images/random.ts";

const device = await openDevice();

function unet(options: UNetOptions, seed = 1): UNet {
  return new UNet(device, { options, random: new Random(seed) });
}

/** Names and shapes of the weights, level by level, written out from the rules. */
function expectedWeights({ depth, base, inChannels }: UNetOptions): Record<string, number[]> {
  const shapes: Record<string, number[]> = {};
  let channels = inChannels;
  const conv = (name: string, cOut: number) => {
    shapes[name] = [cOut, channels, 3, 3];
    channels = cOut;
  };
  for (let level = 0; level < depth; level++) {
    conv(`down.${level}.0`, base * 2 ** level);
    conv(`down.${level}.1`, base * 2 ** level);
  }
  conv("middle.0", base * 2 ** depth);
  conv("middle.1", base * 2 ** (depth - 1));
  for (let level = depth - 1; level >= 0; level--) {
    channels += base * 2 ** level;
    conv(`up.${level}.0`, base * 2 ** level);
    conv(`up.${level}.1`, base * 2 ** Math.max(0, level - 1));
  }
  shapes.head = [1, channels, 1, 1];
  return shapes;
}

Deno.test("UNet has the parameters of the rules, for every depth, width and number of channels", () => {
  for (
    const options of [
      { depth: 1, base: 4, inChannels: 1 },
      { depth: 2, base: 5, inChannels: 3 },
      { depth: 3, base: 16, inChannels: 1 },
      { depth: 4, base: 3, inChannels: 7 },
    ]
  ) {
    using _scope = device.scope();
    const network = unet(options);
    const expected = expectedWeights(options);
    const names = [...network.parameters.keys()];
    assertEquals(
      names.toSorted(),
      Object.keys(expected).flatMap((name) => [`${name}.bias`, `${name}.weight`]).toSorted(),
    );
    for (const [name, shape] of Object.entries(expected)) {
      const at = (part: string) => network.parameters.get(`${name}.${part}`)!.value.shape;
      assertEquals(at("weight"), shape, name);
      assertEquals(at("bias"), [shape[0]], name);
    }
    assert([...network.parameters.values()].every(({ needsGradient }) => needsGradient));
    assertEquals(network.architecture, { kind: "unet", options });
    assertEquals(network.sizeMultiple, 2 ** options.depth);
  }
});

Deno.test("UNetTrunk of depth 3 and base 32 counts what StarDist's does", () => {
  using _scope = device.scope();
  const store = new ParameterStore(device, new Random(1));
  new UNetTrunk(store, { depth: 3, base: 32, inChannels: 1 });
  // StarDist, grid 1, 32 rays: 1,406,689 with 128 features (3×3), one probability and 32 distances.
  const heads = (32 * 9 + 1) * 128 + (128 + 1) + (128 + 1) * 32;
  assertEquals(parameterCount(store.parameters), 1_406_689 - heads);
});

Deno.test("UNet gives probabilities of the image's size, for odd channels and several images", async () => {
  using _scope = device.scope();
  for (const [depth, base, inChannels, n, h, w] of [[1, 5, 3, 2, 6, 10], [3, 3, 1, 1, 8, 24]]) {
    const network = unet({ depth, base, inChannels });
    const random = new Random(5);
    const values = Float32Array.from({ length: n * inChannels * h * w }, () => random.normal());
    const x = new Variable(device.upload([n, inChannels, h, w], values));
    const outputs = network.forward(new Tape(device), x);
    assertEquals(Object.keys(outputs), ["prob", "logits"]);
    assertEquals(outputs.prob.value.shape, [n, 1, h, w]);
    const prob = await device.read(outputs.prob.value);
    assert(prob.every((p) => p > 0 && p < 1));
    assert(new Set(prob).size > 10, "the output hardly depends on the image");
  }
});

Deno.test("UNet answers each image of a batch as if it were alone", async () => {
  using _scope = device.scope();
  const network = unet({ depth: 2, base: 3, inChannels: 2 });
  const random = new Random(6);
  const images = [0, 1, 2].map(() => Float32Array.from({ length: 128 }, () => random.normal()));
  const run = async (batch: Float32Array[]) => {
    const values = Float32Array.from(batch.flatMap((image) => [...image]));
    const x = new Variable(device.upload([batch.length, 2, 8, 8], values));
    return await device.read(network.forward(new Tape(device), x).prob.value);
  };
  const together = await run(images);
  for (const [i, image] of images.entries()) {
    assertEquals(together.slice(i * 64, (i + 1) * 64), await run([image]));
  }
});

Deno.test("UNet refuses an image whose sides do not fit, with both numbers", () => {
  using _scope = device.scope();
  const network = unet({ depth: 3, base: 2, inChannels: 1 });
  const run = (shape: number[]) => () =>
    network.forward(new Tape(device), new Variable(device.empty(shape)));
  assertThrows(
    run([1, 1, 16, 20]),
    RangeError,
    "Cannot run a U-Net on 16 × 20 pixels: both must be multiples of 8",
  );
  assertThrows(run([1, 1, 4, 8]), RangeError, "4 × 8 pixels");
  assertThrows(run([1, 2, 8, 8]), RangeError, "x has 2 channels, w expects 1");
  assertThrows(run([8, 8]), TypeError, "[8,8]");
});

Deno.test("UNet refuses options that are not positive whole numbers", () => {
  const refuse = (options: Partial<Record<keyof UNetOptions, unknown>>, says: string) =>
    assertThrows(() => unet(options as UNetOptions), RangeError, `Cannot make a U-Net: ${says}`);
  const good = { depth: 2, base: 4, inChannels: 1 };
  refuse({ ...good, depth: 0 }, "depth is 0, expected a whole number > 0");
  refuse({ ...good, base: 2.5 }, "base is 2.5");
  refuse({ ...good, inChannels: -1 }, "inChannels is -1");
  refuse({ ...good, base: NaN }, "base is NaN");
  refuse({ ...good, base: "16" }, "base is 16");
  refuse({ depth: 2, base: 4 }, "inChannels is undefined");
});

Deno.test("UNet draws the same weights from the same seed, others from another", async () => {
  using _scope = device.scope();
  const options = { depth: 1, base: 3, inChannels: 1 };
  const values = async (seed: number) => {
    const tensors = [...parameterTensors(unet(options, seed)).values()];
    return (await Promise.all(tensors.map((t) => device.read(t)))).flatMap((list) => [...list]);
  };
  assertEquals(await values(3), await values(3));
  assert((await values(3)).some((value) => value !== 0));
  assert((await values(3)).join() !== (await values(4)).join());
});

Deno.test("glorotUniform() stays within its limit, fills it, and has its variance", () => {
  const shape = [32, 16, 3, 3];
  const limit = Math.sqrt(6 / ((32 + 16) * 9));
  const values = glorotUniform(shape, new Random(7));
  assertEquals(values.length, 32 * 16 * 9);
  const largest = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  assert(largest <= Math.fround(limit) && largest > 0.99 * limit);
  const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  assert(Math.abs(variance / (limit * limit / 3) - 1) < 0.05, `${variance}`);
});

/**
 * How far from the changed pixel the output changes, at most, over all positions of the pixel within
 * the coarsest grid. Weights are all positive, so that nothing cancels and no ReLU closes; with
 * max-pooling and nearest upsampling this is the largest extent that can be seen.
 */
async function measuredReach(depth: number, size: number): Promise<number> {
  const network = unet({ depth, base: 1, inChannels: 1 });
  const { parameters } = network;
  for (const [name, { value }] of parameters) {
    const [, cIn = 1, k = 1] = value.shape;
    // Each layer keeps the image's mean, so that a far, faint change still shows in the logits.
    const fill = name.endsWith("bias") ? 0 : 1 / (cIn * k * k);
    device.write(value, new Float32Array(value.size).fill(name === "head.weight" ? 1e-3 : fill));
  }
  const answer = async (values: Float32Array<ArrayBuffer>) => {
    using _scope = device.scope();
    const x = new Variable(device.upload([1, 1, size, size], values));
    return await device.read(network.forward(new Tape(device, { record: false }), x).prob.value);
  };
  const flat = new Float32Array(size * size).fill(1);
  const before = await answer(flat);
  let reach = 0;
  for (let offset = 0; offset < 2 ** depth; offset++) {
    const centre = size / 2 + offset;
    const impulse = flat.slice();
    impulse[centre * size + centre] = 1e6;
    const after = await answer(impulse);
    after.forEach((value, i) => {
      if (value === before[i]) return;
      const [row, column] = [Math.floor(i / size), i % size];
      reach = Math.max(reach, Math.abs(row - centre), Math.abs(column - centre));
    });
  }
  return reach;
}

Deno.test("UNet.reach bounds what an impulse can touch, and not loosely", async () => {
  for (const [depth, size] of [[1, 48], [2, 80], [3, 160]]) {
    using _scope = device.scope();
    const measured = await measuredReach(depth, size);
    const { reach } = unet({ depth, base: 1, inChannels: 1 });
    assert(measured < size / 2 - 2 ** depth, "the image is too small to tell");
    assert(measured <= reach, `depth ${depth}: ${measured} pixels, reach says ${reach}`);
    assert(measured >= 0.8 * reach, `depth ${depth}: ${measured} pixels, reach says ${reach}`);
  }
});
