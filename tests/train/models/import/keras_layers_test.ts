// Layers of Keras become parameters of ours: names, order, and what is refused.
import { assertEquals, assertThrows } from "@std/assert";
import { openDevice } from "../../../../kernels/open_device.ts";
import type { NamedArray } from "../../../../nn/safetensors.ts";
import type { StarDistOptions } from "../../../../nn/networks/stardist.ts";
import type { Hdf5Array } from "../../../../train/models/import/hdf5.ts";
import { weightsFromKeras } from "../../../../train/models/import/keras_layers.ts";
import type { ArrayToWrite } from "../../fixtures/models/hdf5_file.ts";
import { kerasArrays, randomWeights, SMALL } from "../../fixtures/models/keras_model.ts";

const device = await openDevice();
const weights = await randomWeights(device, SMALL);

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
  { options = SMALL, prefix = "" }: { options?: StarDistOptions; prefix?: string } = {},
): Map<string, NamedArray> {
  return weightsFromKeras(asRead(arrays), { config: { options, prefix }, file: "w.h5" });
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
  const keras3 = { "layers/conv2d/vars/0": array };
  assertThrows(() => take(keras3), SyntaxError, "Cannot read w.h5: it is laid out as Keras 3 does");
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
      () => weightsFromKeras(arrays, { config: { options: SMALL, prefix: "" }, file: "w.h5" }),
      RangeError,
      `Cannot import w.h5: middle_0/kernel is ${says}, but config.json asks for [3,3,2,4]`,
    );
  };
  refuse([5, 5, 2, 4], "[5,5,2,4]");
  refuse([4, 2, 3, 3], "[4,2,3,3]");
  refuse([3, 3, 3, 2, 4], "[3,3,3,2,4]");
  refuse([1e9, 1e9], "[1000000000,1000000000]");
});
