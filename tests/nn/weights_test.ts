// A weights file rebuilds its network by itself, and fits no other.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { OutOfMemoryError, ShaderError } from "../../kernels/gpu/errors.ts";
import { openDevice } from "../../kernels/open_device.ts";
import { Tape, Variable } from "../../nn/autodiff.ts";
import type { Network } from "../../nn/module.ts";
import {
  decodeSafeTensors,
  encodeSafeTensors,
  type NamedArray,
  type SafeTensors,
} from "../../nn/safetensors.ts";
import { UNet } from "../../nn/networks/unet.ts";
import {
  buildNetwork,
  loadNetwork,
  parameterTensors,
  readTensors,
  saveWeights,
  writeTensors,
} from "../../nn/weights.ts";
import { Random } from "../../train/images/random.ts";

const device = await openDevice();

function unet(seed: number, options = { depth: 2, base: 3, inChannels: 1 }): UNet {
  return new UNet(device, { options, random: new Random(seed) });
}

async function answer(network: Network): Promise<Float32Array> {
  using _scope = device.scope();
  const random = new Random(9);
  const { inChannels } = network.architecture.options;
  const values = Float32Array.from({ length: 2 * inChannels * 64 }, () => random.normal());
  const x = new Variable(device.upload([2, inChannels, 8, 8], values));
  const tape = new Tape(device, { record: false });
  return await device.read(network.forward(tape, x).prob.value);
}

/** A weights file with one of its arrays, or its metadata, replaced. */
function changed(
  weights: SafeTensors,
  { arrays = {}, metadata }: {
    arrays?: Record<string, NamedArray | null>;
    metadata?: Record<string, string>;
  },
): SafeTensors {
  const tensors = new Map(weights.tensors);
  for (const [name, array] of Object.entries(arrays)) {
    if (array) tensors.set(name, array);
    else tensors.delete(name);
  }
  return { metadata: metadata ?? weights.metadata, tensors };
}

Deno.test("loadNetwork() of a saved file gives the same network and the same bits", async () => {
  using _scope = device.scope();
  for (
    const options of [{ depth: 2, base: 3, inChannels: 1 }, { depth: 1, base: 5, inChannels: 3 }]
  ) {
    const network = unet(4, options);
    const weights = await saveWeights(device, { network, metadata: { normalize: "percentile" } });
    assertEquals(weights.metadata.normalize, "percentile");
    const file = encodeSafeTensors(weights);
    const loaded = loadNetwork(device, { weights: decodeSafeTensors(file, "w"), from: "w" });
    assertEquals(loaded.architecture, network.architecture);
    assertEquals([...loaded.parameters.keys()], [...network.parameters.keys()]);
    assertEquals(await answer(loaded), await answer(network));
  }
});

Deno.test("saveWeights() saves all after errors of every kind but the loss of the device", async () => {
  using _scope = device.scope();
  const network = unet(1);
  const before = await saveWeights(device, { network });
  const y = device.empty([4]);
  const uniforms = {};
  const shader = "@compute @workgroup_size(1) fn main() { nonsense(); }";
  device.dispatch({ label: "typo", shader, uniforms, tensors: [], workgroups: [1] });
  await assertRejects(() => saveWeights(device, { network }), ShaderError, "typo");
  assertThrows(() => device.copy({ from: y, to: y, toOffset: 9, count: 4 }), RangeError);
  assertThrows(() => device.empty([2 ** 40]), OutOfMemoryError);
  using other = await openDevice();
  assertThrows(() => device.clear(other.empty([1])), TypeError, "another device");
  const long = "@group(0) @binding(1) var<storage, read_write> y: array<f32, 4096>;" +
    "@compute @workgroup_size(1) fn main() { y[4095] = 1.0; }";
  device.dispatch({ label: "long", shader: long, uniforms, tensors: [y], workgroups: [1] });
  await assertRejects(() => device.read(y), Error, "Cannot run long on the GPU");
  assertEquals(await saveWeights(device, { network }), before);
});

Deno.test("saveWeights() keeps the architecture, whatever the metadata says", async () => {
  using _scope = device.scope();
  const network = unet(4);
  const { metadata } = await saveWeights(device, { network, metadata: { architecture: "none" } });
  assertEquals(JSON.parse(metadata.architecture), {
    kind: "unet",
    options: { depth: 2, base: 3, inChannels: 1 },
  });
});

Deno.test("weights of another architecture are a RangeError that names both shapes", async () => {
  using _scope = device.scope();
  const { tensors: arrays } = await saveWeights(device, { network: unet(1) });
  const other = (options: { depth: number; base: number; inChannels: number }) => () =>
    writeTensors(device, { tensors: parameterTensors(unet(2, options)), arrays, from: "w.st" });
  assertThrows(
    other({ depth: 2, base: 4, inChannels: 1 }),
    RangeError,
    "Cannot use w.st: down.0.0.weight is [3,1,3,3], expected [4,1,3,3]; " +
      "it is of another architecture",
  );
  assertThrows(
    other({ depth: 2, base: 3, inChannels: 2 }),
    RangeError,
    "down.0.0.weight is [3,1,3,3], expected [3,2,3,3]",
  );
  assertThrows(
    other({ depth: 3, base: 3, inChannels: 1 }),
    RangeError,
    "down.2.0.weight is missing",
  );
  assertThrows(other({ depth: 1, base: 3, inChannels: 1 }), RangeError, "it holds down.1.0.weight");
});

Deno.test("writeTensors() writes all arrays or none", async () => {
  using _scope = device.scope();
  const [saved, network] = [unet(1), unet(2)];
  const before = await answer(network);
  const { tensors } = await saveWeights(device, { network: saved });
  const weights = changed({ metadata: {}, tensors }, {
    arrays: { "head.bias": { shape: [2], data: new Float32Array(2) } },
  });
  assertThrows(
    () =>
      writeTensors(device, {
        tensors: parameterTensors(network),
        arrays: weights.tensors,
        from: "w",
      }),
    RangeError,
    "head.bias is [2], expected [1]",
  );
  assertEquals(await answer(network), before);
});

Deno.test("loadNetwork() refuses a file that does not say what network it is for", async () => {
  using _scope = device.scope();
  const weights = await saveWeights(device, { network: unet(1) });
  const load = (architecture?: string) => () =>
    loadNetwork(device, {
      weights: changed(weights, { metadata: architecture === undefined ? {} : { architecture } }),
      from: "w.st",
    });
  assertThrows(load(), SyntaxError, "Cannot use w.st: its metadata has no architecture");
  for (const text of ["{", "5", "null", "[]", '{"kind":1,"options":{}}', '{"kind":"unet"}']) {
    assertThrows(
      load(text),
      SyntaxError,
      `Cannot use w.st: its architecture is not readable: ${text}`,
    );
  }
  assertThrows(load('{"kind":"unet","options":null}'), SyntaxError, "is not readable");
  assertThrows(load('{"kind":"unet","options":{}}'), RangeError, "depth is undefined");
  assertThrows(
    load('{"kind":"unet","options":{"depth":2,"base":"3","inChannels":1}}'),
    RangeError,
    "base is 3, expected a whole number > 0",
  );
  assertThrows(load('{"kind":"vgg","options":{}}'), RangeError, "a network of kind vgg");
});

Deno.test("buildNetwork() draws the same weights as the network's own class", async () => {
  using _scope = device.scope();
  const architecture = { kind: "unet", options: { depth: 2, base: 3, inChannels: 1 } };
  const built = buildNetwork(device, { architecture, random: new Random(8) });
  assertEquals(await answer(built), await answer(unet(8)));
});

Deno.test("readTensors() gives every tensor under its name, and fails for a freed one", async () => {
  using _scope = device.scope();
  const a = device.upload([2], Float32Array.of(1, 2));
  const b = device.upload([1, 1], Float32Array.of(3));
  const read = await readTensors(device, new Map([["b", b], ["a", a]]));
  assertEquals([...read], [
    ["b", { shape: [1, 1], data: Float32Array.of(3) }],
    ["a", { shape: [2], data: Float32Array.of(1, 2) }],
  ]);
  device.free(a);
  assert(a.freed);
  await assertRejects(() => readTensors(device, new Map([["a", a]])), TypeError);
});

Deno.test("loadNetwork() builds nothing that its file has no arrays for", () => {
  const tensors = new Map([["down.0.0.weight", { shape: [1], data: new Float32Array(400) }]]);
  const start = performance.now();
  const load = (kind: string, options: Record<string, number>) => () => {
    const metadata = { architecture: JSON.stringify({ kind, options }) };
    return loadNetwork(device, { weights: { metadata, tensors }, from: "w.safetensors" });
  };
  const star = { rays: 32, grid: 2, depth: 3, base: 32, features: 128, inChannels: 1 };
  const cases: [says: string, load: () => unknown][] = [
    ["depth 100000000", load("unet", { depth: 1e8, base: 1, inChannels: 1 })],
    ["base 5000", load("unet", { depth: 3, base: 5000, inChannels: 1 })],
    ["down.0.0.weight is [1]", load("unet", { depth: 300, base: 300, inChannels: 300 })],
    ["grid.0.0.weight is missing", load("stardist", star)],
    ["rays 1000000000", load("stardist", { ...star, rays: 1e9 })],
    ["blocks 100000000", load("focus", { blocks: 1e8, base: 8, groups: 4, inChannels: 1 })],
  ];
  for (const [says, load] of cases) assertThrows(load, RangeError, says);
  assert(performance.now() - start < 1000, "it takes no time");
});
