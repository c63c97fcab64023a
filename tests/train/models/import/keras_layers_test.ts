// Layers of Keras become parameters of ours: names, order, and what is refused.
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { openDevice } from "../../../../kernels/open_device.ts";
import type { NamedArray } from "../../../../nn/safetensors.ts";
import type { Hdf5Array } from "../../../../train/models/import/hdf5.ts";
import type { StarDistConfig } from "../../../../train/models/import/stardist_config.ts";
import { weightsFromKeras } from "../../../../train/models/import/keras_layers.ts";
import type { ArrayToWrite } from "../../fixtures/models/hdf5_file.ts";
import { kerasArrays, randomWeights, SMALL } from "../../fixtures/models/keras_model.ts";

const device = await openDevice();
const weights = await randomWeights(device, SMALL);
const PLAIN: StarDistConfig = {
  ...{ options: SMALL, prefix: "", batchNorm: false, headsOnTrunk: false, classes: 0 },
};

/** Arrays as an HDF5 file would give them. */
function asRead(arrays: Readonly<Record<string, ArrayToWrite | null>>): Map<string, Hdf5Array> {
  const read = new Map<string, Hdf5Array>();
  for (const [path, array] of Object.entries(arrays)) {
    if (!array) continue;
    const { shape, values } = array;
    read.set(path, { shape, values: () => Float32Array.from(values) });
  }
  return read;
}

function take(
  arrays: Readonly<Record<string, ArrayToWrite | null>>,
  change: Partial<StarDistConfig> = {},
): Map<string, NamedArray> {
  return weightsFromKeras(asRead(arrays), { config: { ...PLAIN, ...change }, file: "w.h5" });
}

/** The arrays of the small network with their layers renamed. */
function renamed(rename: (layer: string) => string): Record<string, ArrayToWrite> {
  return Object.fromEntries(
    Object.entries(kerasArrays(weights)).map(([path, array]) => {
      const [layer, , part] = path.split("/");
      return [`${rename(layer)}/${rename(layer)}/${part}`, array];
    }),
  );
}

Deno.test("weightsFromKeras() turns kernels [kh,kw,c_in,c_out] into [c_out,c_in,kh,kw]", () => {
  const result = take(kerasArrays(weights));
  assertEquals([...result.keys()].toSorted(), [...weights.keys()].toSorted());
  for (const [name, array] of weights) assertEquals(result.get(name), array, name);
});

Deno.test("weightsFromKeras() orders the grid's layers by number, wherever Keras began", () => {
  for (const [from, to] of [["conv2d", "conv2d_1"], ["conv2d_9", "conv2d_10"]]) {
    const names: Record<string, string> = { conv2d_5: from, conv2d_6: to };
    const result = take(renamed((layer) => names[layer] ?? layer));
    assertEquals(result.get("grid.0.0.weight"), weights.get("grid.0.0.weight"));
    assertEquals(result.get("grid.0.1.weight"), weights.get("grid.0.1.weight"));
  }
});

Deno.test("weightsFromKeras() finds weights under any scope, with and without a number", () => {
  const arrays: Record<string, ArrayToWrite> = {};
  for (const [path, array] of Object.entries(kerasArrays(weights))) {
    const [layer, , part] = path.split("/");
    arrays[`${layer}/tower/${layer}_1/${part.replace(":0", "")}`] = array;
  }
  assertEquals(take(arrays).get("dist.bias"), weights.get("dist.bias"));
});

Deno.test("weightsFromKeras() puts the prefix before the layers of the U-Net only", () => {
  const arrays = renamed((layer) => /^(down|middle|up)/.test(layer) ? `net_${layer}` : layer);
  assertEquals(take(arrays, { prefix: "net_" }).size, weights.size);
  assertThrows(() => take(arrays), TypeError, "it holds a layer net_");
});

Deno.test("weightsFromKeras() refuses other layers than those of the network", () => {
  const good = kerasArrays(weights);
  const refuse = (change: Record<string, ArrayToWrite | null>, says: string) =>
    assertThrows(() => take({ ...good, ...change }), TypeError, `Cannot import w.h5: ${says}`);
  const array = { shape: [2], values: [1, 2] };
  refuse(
    { "batch_normalization_1/batch_normalization_1/gamma:0": array },
    "it holds batch_normalization_1/batch_normalization_1/gamma:0, expected only kernels and biases",
  );
  refuse({ "kernel:0": array }, "it holds kernel:0");
  refuse(
    { "prob_class/prob_class/bias:0": array },
    "it holds a layer prob_class, which config.json does not ask for",
  );
  refuse(
    { "prob/prob/bias:0": null },
    "the bias of layer prob is missing; give the weights that belong to config.json",
  );
  refuse({ "dist/dist/kernel:0": null }, "the kernel of layer dist is missing");
  refuse(
    { "features/features/kernel:0": null, "features/features/bias:0": null },
    "layer features is missing",
  );
  assertThrows(() => take({}), TypeError, "it holds 0 unnamed convolutions");
});

/** The arrays as Keras 3 lays them out; `nameOf` gives a layer's name in the file. */
function ofKeras3(nameOf: (layer: string, at: number) => string): Record<string, ArrayToWrite> {
  const layers = [...new Set(Object.keys(kerasArrays(weights)).map((path) => path.split("/")[0]))];
  // Keras lists the layers of a model in the order of its way: those of the grid have numbers here.
  return Object.fromEntries(
    Object.entries(kerasArrays(weights)).map(([path, array]) => {
      const layer = path.split("/")[0];
      const index = path.endsWith("kernel:0") ? 0 : 1;
      return [`layers/${nameOf(layer, layers.indexOf(layer))}/vars/${index}`, array];
    }),
  );
}

Deno.test("weightsFromKeras() reads the layout of Keras 3, by the layers' names or by their order", () => {
  const numbered = (_: string, at: number) => at === 0 ? "conv2d" : `conv2d_${at}`;
  for (const nameOf of [(layer: string) => layer, numbered]) {
    const arrays = { ...ofKeras3(nameOf), "optimizer/vars/0": { shape: [1], values: [7] } };
    const result = take(arrays);
    assertEquals(result.size, weights.size);
    for (const [name, array] of weights) assertEquals(result.get(name), array, name);
  }
  const odd = { ...ofKeras3((layer) => layer), "layers/dense/vars/0": { shape: [1], values: [7] } };
  assertThrows(
    () => take(odd),
    TypeError,
    "its layer dense has 1 arrays, expected kernel and bias",
  );
});

Deno.test("weightsFromKeras() leaves the layers of classes out", () => {
  const extra = { shape: [1], values: [1] };
  const more = Object.fromEntries(
    ["features_class", "prob_class"].flatMap((layer) =>
      ["kernel:0", "bias:0"].map((part) => [`${layer}/${layer}/${part}`, extra])
    ),
  );
  const result = take({ ...kerasArrays(weights), ...more }, { classes: 2 });
  assertEquals([...result.keys()].toSorted(), [...weights.keys()].toSorted());
  assertThrows(
    () => take({ ...kerasArrays(weights), ...more }),
    TypeError,
    "a layer features_class",
  );
});

Deno.test("weightsFromKeras() puts an identity where heads read the U-Net itself", () => {
  const { base } = SMALL;
  const options = { ...SMALL, features: base };
  const arrays: Record<string, ArrayToWrite | null> = { ...kerasArrays(weights) };
  arrays["features/features/kernel:0"] = arrays["features/features/bias:0"] = null;
  for (const [head, cOut] of [["prob", 1], ["dist", SMALL.rays]] as const) {
    const values = Array.from({ length: base * cOut }, (_, i) => i);
    arrays[`${head}/${head}/kernel:0`] = { shape: [1, 1, base, cOut], values };
  }
  const { data } = take(arrays, { options, headsOnTrunk: true }).get("features.weight")!;
  const centres = data.reduce((sum, value, i) => sum + (i % 9 === 4 ? value : 0), 0);
  assertEquals([centres, data.reduce((sum, value) => sum + Math.abs(value), 0)], [base, base]);
});

Deno.test("weightsFromKeras() folds normalisations into the convolutions before them", () => {
  const arrays: Record<string, ArrayToWrite> = { ...kerasArrays(weights) };
  const trunk = [...weights.keys()].filter((name) => /^(down|middle|up).*weight$/.test(name));
  const numbers = (cOut: number, from: number) =>
    Array.from({ length: cOut }, (_, i) => from + i / 8);
  trunk.forEach((name, at) => {
    const [cOut] = weights.get(name)!.shape;
    const layer = `batch_normalization_${at + 3}`;
    const parts = { gamma: 1 + at, beta: -0.5, moving_mean: 0.25 * at, moving_variance: 2 };
    for (const [part, from] of Object.entries(parts)) {
      arrays[`${layer}/${layer}/${part}:0`] = { shape: [cOut], values: numbers(cOut, from) };
    }
  });
  const result = take(arrays, { batchNorm: true });
  trunk.forEach((name, at) => {
    const bias = name.replace("weight", "bias");
    const [plain, folded] = [weights, result].map((of) => ({
      w: of.get(name)!.data,
      b: of.get(bias)!.data,
    }));
    const taps = plain.w.length / plain.b.length;
    // Whatever the convolution sums up, its last channel: by the formula, and folded.
    const c = plain.b.length - 1;
    const sum = (of: typeof plain) =>
      0.75 * of.w[c * taps] - 2 * of.w[c * taps + taps - 1] + of.b[c];
    const [gamma, beta, mean, variance] = [1 + at, -0.5, 0.25 * at, 2].map((from) => from + c / 8);
    const expected = gamma * (sum(plain) - mean) / Math.sqrt(variance + 1e-3) + beta;
    assertAlmostEquals(sum(folded), expected, 1e-5 * Math.max(1, Math.abs(expected)), name);
  });
  assertEquals(result.get("features.weight"), weights.get("features.weight"));
  assertThrows(
    () => take(kerasArrays(weights), { batchNorm: true }),
    TypeError,
    `it holds 0 normalisations, but config.json asks for ${trunk.length}`,
  );
});

Deno.test("weightsFromKeras() refuses other shapes before it reads values, with both shapes", () => {
  const path = "middle_0/middle_0/kernel:0";
  const refuse = (shape: number[], says: string) => {
    const arrays = asRead(kerasArrays(weights));
    const values = () => {
      throw new Error("values were read");
    };
    arrays.set(path, { shape, values });
    assertThrows(
      () => weightsFromKeras(arrays, { config: PLAIN, file: "w.h5" }),
      RangeError,
      `Cannot import w.h5: middle_0/kernel is ${says}, but config.json asks for [3,3,2,4]`,
    );
  };
  refuse([5, 5, 2, 4], "[5,5,2,4]");
  refuse([4, 2, 3, 3], "[4,2,3,3]");
  refuse([3, 3, 3, 2, 4], "[3,3,3,2,4]");
  refuse([1e9, 1e9], "[1000000000,1000000000]");
});
