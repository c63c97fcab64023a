// The StarDist network: names, shapes and counts by the rules of Config2D, and how far a pixel reaches.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { add } from "../../../kernels/ops/arithmetic.ts";
import { meanSquaredError } from "../../../kernels/ops/mean_squared_error.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import { Tape, Variable } from "../../../nn/autodiff.ts";
import { answersIn, parameterCount } from "../../../nn/module.ts";
import { decodeSafeTensors, encodeSafeTensors } from "../../../nn/safetensors.ts";
import { DEFAULT_STARDIST, StarDist, type StarDistOptions } from "../../../nn/networks/stardist.ts";
import { buildNetwork, loadNetwork, parameterTensors, saveWeights } from "../../../nn/weights.ts";
import { Random } from "../../../train/images/random.ts";

const device = await openDevice();
const TINY: StarDistOptions = { rays: 5, grid: 2, depth: 1, base: 3, features: 6, inChannels: 1 };

function stardist(options: StarDistOptions, seed = 1): StarDist {
  return new StarDist(device, { options, random: new Random(seed) });
}

function noise(shape: number[], seed = 5): Variable {
  const random = new Random(seed);
  const length = shape.reduce((product, extent) => product * extent, 1);
  return new Variable(device.upload(shape, Float32Array.from({ length }, () => random.normal())));
}

/** Names and shapes of the weights, layer by layer, written out from the rules. */
function expectedWeights(
  { rays, grid, depth, base, features, inChannels }: StarDistOptions,
): Record<string, number[]> {
  const shapes: Record<string, number[]> = {};
  let channels = inChannels;
  const conv = (name: string, cOut: number) => {
    shapes[name] = [cOut, channels, 3, 3];
    channels = cOut;
  };
  for (let level = 0; 2 ** level < grid; level++) {
    conv(`grid.${level}.0`, base);
    conv(`grid.${level}.1`, base);
  }
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
  conv("features", features);
  shapes.prob = [1, features, 1, 1];
  shapes.dist = [rays, features, 1, 1];
  return shapes;
}

Deno.test("StarDist has 1,406,689 parameters by default and 1,425,185 on grid 2", () => {
  using _scope = device.scope();
  const count = (options: StarDistOptions) => parameterCount(stardist(options).parameters);
  assertEquals(count(DEFAULT_STARDIST), 1_406_689);
  assertEquals(count({ ...DEFAULT_STARDIST, grid: 2 }), 1_425_185);
  const pair = 2 * (32 * 32 * 9 + 32);
  assertEquals(count({ ...DEFAULT_STARDIST, grid: 4 }), 1_425_185 + pair);
});

Deno.test("StarDist without options is the default of Config2D", () => {
  using _scope = device.scope();
  const network = new StarDist(device, { random: new Random(1) });
  assertEquals(network.architecture, { kind: "stardist", options: { ...DEFAULT_STARDIST } });
  assertEquals(network.sizeMultiple, 8);
});

Deno.test("StarDist has the parameters of the rules, for every grid, depth, width and rays", () => {
  for (
    const options of [
      TINY,
      { rays: 3, grid: 1, depth: 2, base: 5, features: 7, inChannels: 3 },
      { rays: 16, grid: 4, depth: 1, base: 2, features: 1, inChannels: 2 },
      { rays: 33, grid: 2, depth: 3, base: 4, features: 16, inChannels: 1 },
    ]
  ) {
    using _scope = device.scope();
    const network = stardist(options);
    const expected = expectedWeights(options);
    assertEquals(
      [...network.parameters.keys()].toSorted(),
      Object.keys(expected).flatMap((name) => [`${name}.bias`, `${name}.weight`]).toSorted(),
    );
    for (const [name, shape] of Object.entries(expected)) {
      const at = (part: string) => network.parameters.get(`${name}.${part}`)!.value.shape;
      assertEquals(at("weight"), shape, name);
      assertEquals(at("bias"), [shape[0]], name);
    }
    assertEquals(network.architecture, { kind: "stardist", options: { ...options } });
    assertEquals(network.sizeMultiple, 2 ** options.depth * options.grid);
  }
});

Deno.test("StarDist gives prob, logits and dist on the grid, for odd channels and several images", async () => {
  using _scope = device.scope();
  for (
    const [grid, n, inChannels, h, w] of [[1, 2, 3, 6, 10], [2, 1, 1, 12, 8], [4, 3, 2, 8, 16]]
  ) {
    const network = stardist({ ...TINY, grid, inChannels });
    const outputs = network.forward(new Tape(device), noise([n, inChannels, h, w]));
    assertEquals(Object.keys(outputs), ["prob", "logits", "dist"]);
    assertEquals([...answersIn(outputs).keys()], ["prob", "dist"]);
    assertEquals(outputs.prob.value.shape, [n, 1, h / grid, w / grid]);
    assertEquals(outputs.dist.value.shape, [n, 5, h / grid, w / grid]);
    const prob = await device.read(outputs.prob.value);
    const dist = await device.read(outputs.dist.value);
    assert(prob.every((p) => p > 0 && p < 1));
    assert(new Set(prob).size > 3, "the probability hardly depends on the image");
    assert(dist.some((d) => d < 0) && dist.some((d) => d > 0), "distances are not linear");
  }
});

Deno.test("StarDist answers the same whether the tape records, recomputes or only predicts", async () => {
  using _scope = device.scope();
  for (const grid of [1, 2, 4]) {
    const network = stardist({ ...TINY, grid });
    const x = noise([2, 1, 16, 16]);
    const run = async (tape: Tape) => {
      const { prob, dist } = network.forward(tape, x);
      return [await device.read(prob.value), await device.read(dist.value)];
    };
    const recorded = await run(new Tape(device));
    assertEquals(await run(new Tape(device, { record: false })), recorded);
    assertEquals(await run(new Tape(device, { recompute: true })), recorded);
    assertEquals((await device.read(x.value)).length, 512, "the image was freed");
  }
});

Deno.test("StarDist frees all but its outputs and the image when it only predicts", () => {
  using _scope = device.scope();
  for (const grid of [1, 4]) {
    const network = stardist({ ...TINY, grid });
    const tape = new Tape(device, { record: false });
    const x = tape.apply(add, [noise([1, 1, 16, 16]), noise([1, 1, 16, 16])], {});
    network.forward(tape, x);
    // A value that was freed cannot be used again: the image is the caller's.
    network.forward(tape, x);
  }
});

Deno.test("StarDist gives every parameter a gradient, the same when values are recomputed", async () => {
  using _scope = device.scope();
  const network = stardist({ ...TINY, grid: 4 });
  // Open every ReLU, so that no gradient is zero by chance.
  for (const [name, { value }] of network.parameters) {
    if (name.endsWith("bias")) device.write(value, new Float32Array(value.size).fill(1));
  }
  const gradients = async (recompute: boolean) => {
    const tape = new Tape(device, { recompute });
    const { prob, dist } = network.forward(tape, noise([2, 1, 16, 16]));
    const [p, d] = [noise([2, 1, 4, 4], 7), noise([2, 5, 4, 4], 8)];
    const all = tape.backward(tape.apply(add, [
      tape.apply(meanSquaredError, [prob, p], {}),
      tape.apply(meanSquaredError, [dist, d], {}),
    ], {}));
    const names = [...network.parameters];
    return await Promise.all(names.map(async ([name, variable]) => {
      const gradient = all.get(variable);
      assert(gradient, `${name} has no gradient`);
      return { name, values: await device.read(gradient) };
    }));
  };
  const recorded = await gradients(false);
  for (const { name, values } of recorded) {
    assert(values.every(Number.isFinite) && values.some((value) => value !== 0), name);
  }
  assertEquals(await gradients(true), recorded);
});

Deno.test("StarDist with kernels of any side has the gradients of finite differences", async () => {
  for (const kernel of [1, 5, 7]) {
    using _scope = device.scope();
    const network = stardist({ ...TINY, kernel });
    // Weights so small that every ReLU is open, and stays so.
    for (const [name, { value }] of network.parameters) {
      const values = await device.read(value);
      device.write(value, name.endsWith("bias") ? values.fill(1) : values.map((w) => 0.3 * w));
    }
    const x = noise([1, 1, 16, 16]);
    const [p, d] = [noise([1, 1, 8, 8], 7), noise([1, 5, 8, 8], 8)];
    const loss = (tape: Tape) => {
      const { prob, dist } = network.forward(tape, x);
      return tape.apply(add, [
        tape.apply(meanSquaredError, [prob, p], {}),
        tape.apply(meanSquaredError, [dist, d], {}),
      ], {});
    };
    const tape = new Tape(device);
    const all = tape.backward(loss(tape));
    // Before a pooling maxima change place within a step; behind it nothing jumps.
    for (const name of ["middle.1.weight", "up.0.0.weight", "up.0.1.weight", "features.weight"]) {
      const variable = network.parameters.get(name)!;
      assertEquals(variable.value.shape.slice(2), [kernel, kernel], name);
      const gradient = await device.read(all.get(variable)!);
      const values = await device.read(variable.value);
      const at = gradient.reduce((a, g, i) => Math.abs(g) > Math.abs(gradient[a]) ? i : a, 0);
      const step = 1 / 4;
      const lossAt = async (shift: number) => {
        device.write(variable.value, values.with(at, values[at] + shift));
        const [value] = await device.read(loss(new Tape(device, { record: false })).value);
        return value;
      };
      const slope = (await lossAt(step) - await lossAt(-step)) / (2 * step);
      device.write(variable.value, values);
      const error = Math.abs(slope - gradient[at]) / Math.abs(gradient[at]);
      assert(error < 0.01, `kernel ${kernel}, ${name}: ${gradient[at]}, by differences ${slope}`);
    }
  }
});

Deno.test("StarDist refuses an image whose sides do not fit, with both numbers", () => {
  using _scope = device.scope();
  const network = stardist({ ...TINY, grid: 4 });
  const run = (shape: number[]) => () =>
    network.forward(new Tape(device), new Variable(device.empty(shape)));
  assertThrows(
    run([1, 1, 16, 20]),
    RangeError,
    "Cannot run StarDist on 16 × 20 pixels: both must be multiples of 8",
  );
  assertThrows(run([1, 1, 4, 8]), RangeError, "4 × 8 pixels");
  assertThrows(run([1, 2, 8, 8]), RangeError, "x has 2 channels, w expects 1");
  assertThrows(run([8, 8]), TypeError, "[8,8]");
});

Deno.test("StarDist refuses options that make no network", () => {
  const refuse = (change: Partial<Record<keyof StarDistOptions, unknown>>, says: string) =>
    assertThrows(
      () => stardist({ ...TINY, ...change } as StarDistOptions),
      RangeError,
      `Cannot make a StarDist network: ${says}`,
    );
  refuse({ rays: 2 }, "rays is 2, expected at least 3");
  refuse({ rays: 3.5 }, "rays is 3.5, expected a whole number > 0");
  refuse({ grid: 3 }, "grid is 3, expected 1, 2 or 4");
  refuse({ grid: 8 }, "grid is 8");
  refuse({ grid: 0 }, "grid is 0");
  refuse({ depth: 0 }, "depth is 0");
  refuse({ base: NaN }, "base is NaN");
  refuse({ features: undefined }, "features is undefined");
  refuse({ inChannels: "1" }, "inChannels is 1");
});

Deno.test("StarDist draws the same weights from the same seed, others from another", async () => {
  using _scope = device.scope();
  const values = async (seed: number) => {
    const tensors = [...parameterTensors(stardist(TINY, seed)).values()];
    return (await Promise.all(tensors.map((t) => device.read(t)))).flatMap((list) => [...list]);
  };
  assertEquals(await values(3), await values(3));
  assert((await values(3)).join() !== (await values(4)).join());
});

Deno.test("StarDist starts within Glorot's limits and with zero biases", async () => {
  using _scope = device.scope();
  for (const [name, { value }] of stardist({ ...TINY, grid: 4 }).parameters) {
    const values = await device.read(value);
    if (name.endsWith("bias")) assert(values.every((b) => b === 0), name);
    else {
      const [cOut, cIn, k] = value.shape;
      const limit = Math.fround(Math.sqrt(6 / ((cIn + cOut) * k * k)));
      assert(values.every((w) => Math.abs(w) <= limit) && new Set(values).size > 1, name);
    }
  }
});

Deno.test("loadNetwork() of a saved StarDist gives the same network and the same bits", async () => {
  using _scope = device.scope();
  const network = stardist(TINY, 4);
  const file = encodeSafeTensors(await saveWeights(device, { network }));
  const loaded = loadNetwork(device, { weights: decodeSafeTensors(file, "w"), from: "w" });
  assertEquals(loaded.architecture, network.architecture);
  assertEquals(loaded.reach, network.reach);
  const x = noise([1, 1, 8, 8]);
  for (const name of ["prob", "dist"] as const) {
    assertEquals(
      await device.read(loaded.forward(new Tape(device), x)[name].value),
      await device.read(network.forward(new Tape(device), x)[name].value),
    );
  }
});

Deno.test("buildNetwork() names the kinds it knows", () => {
  const random = new Random(1);
  assertThrows(
    () => buildNetwork(device, { architecture: { kind: "fpn", options: {} }, random }),
    RangeError,
    "Cannot build a network of kind fpn: known kinds are unet, stardist and focus",
  );
});

/**
 * How far from the changed pixel the distances change, at most, over positions of the pixel within the
 * coarsest grid. Weights are all positive, so that nothing cancels and no ReLU closes; each layer
 * keeps the image's mean, so that a far, faint change still shows.
 */
async function measuredReach(network: StarDist, size: number): Promise<number> {
  const { grid } = network.architecture.options;
  for (const [name, { value }] of network.parameters) {
    const [, cIn = 1, k = 1] = value.shape;
    const fill = name.endsWith("bias") ? 0 : 1 / (cIn * k * k);
    device.write(value, new Float32Array(value.size).fill(fill));
  }
  const answer = async (values: Float32Array<ArrayBuffer>) => {
    using _scope = device.scope();
    const x = new Variable(device.upload([1, 1, size, size], values));
    const { dist } = network.forward(new Tape(device, { record: false }), x);
    return (await device.read(dist.value)).slice(0, (size / grid) ** 2);
  };
  const flat = new Float32Array(size * size).fill(1);
  const before = await answer(flat);
  let reach = 0;
  for (let offset = 0; offset < network.sizeMultiple; offset++) {
    const centre = size / 2 + offset;
    const impulse = flat.slice();
    impulse[centre * size + centre] = 1e6;
    const after = await answer(impulse);
    after.forEach((value, i) => {
      if (value === before[i]) return;
      const [row, column] = [Math.floor(i / (size / grid)) * grid, i % (size / grid) * grid];
      reach = Math.max(reach, Math.abs(row - centre), Math.abs(column - centre));
    });
  }
  return reach;
}

Deno.test("StarDist.reach bounds what an impulse can touch, and not loosely", async () => {
  for (const [grid, depth, size] of [[1, 1, 48], [2, 1, 80], [4, 1, 160], [2, 2, 160]]) {
    using _scope = device.scope();
    const network = stardist({ ...TINY, grid, depth, base: 1, features: 1, rays: 3 });
    const measured = await measuredReach(network, size);
    const says = `grid ${grid}, depth ${depth}: ${measured} pixels, reach ${network.reach}`;
    assert(measured < size / 2 - network.sizeMultiple, "the image is too small to tell");
    assert(measured <= network.reach, says);
    assert(measured >= 0.8 * network.reach, says);
  }
});
