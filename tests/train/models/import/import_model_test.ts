// Model folders of StarDist: read to the number, or refused with the name of the file at fault.
import { disk } from "../../../../train/jobs/disk/files.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { openDevice } from "../../../../kernels/open_device.ts";
import { Tape, Variable } from "../../../../nn/autodiff.ts";
import { parameterCount } from "../../../../nn/module.ts";
import { decodeSafeTensors, type SafeTensors } from "../../../../nn/safetensors.ts";
import { DEFAULT_STARDIST, type StarDistOptions } from "../../../../nn/networks/stardist.ts";
import { loadNetwork } from "../../../../nn/weights.ts";
import { type ImportedModel, importModel } from "../../../../train/models/import/import_model.ts";
import { withFile, withFolder } from "../../fixtures/temporary.ts";
import { type ArrayToWrite, hdf5File } from "../../fixtures/models/hdf5_file.ts";
import { configOf, kerasArrays, randomWeights, SMALL } from "../../fixtures/models/keras_model.ts";

const device = await openDevice();
const TINY: StarDistOptions = { rays: 8, grid: 2, depth: 2, base: 4, features: 8, inChannels: 1 };
const THRESHOLDS = '{"prob": 0.479071463157368, "nms": 0.3}';

/** Weights that h5py wrote as Keras does, and PyTorch's answer: see fixtures/make_model.py. */
async function tinyModel(): Promise<{ h5: Uint8Array<ArrayBuffer>; answer: SafeTensors }> {
  const fixture = (name: string) => new URL(`fixtures/${name}`, import.meta.url);
  const packed = new Blob([await Deno.readFile(fixture("tiny_grid2.h5.gz"))]);
  const stream = packed.stream().pipeThrough(new DecompressionStream("gzip"));
  const h5 = new Uint8Array(await new Response(stream).arrayBuffer());
  const name = "tiny_grid2.safetensors";
  return { h5, answer: decodeSafeTensors(await Deno.readFile(fixture(name)), name) };
}

/** The network of an imported model, as a weights file of ours would give it. */
function networkOf({ architecture, weights }: ImportedModel) {
  const metadata = { architecture: JSON.stringify(architecture) };
  return loadNetwork(device, { weights: { metadata, tensors: weights }, from: "imported" });
}

/** Imports a folder of these files. */
async function importFiles(files: Record<string, Uint8Array | string>): Promise<ImportedModel> {
  return await withFolder(files, (folder) => importModel(disk, folder));
}

Deno.test("importModel(disk, ) predicts what PyTorch does with the numbers of a Keras file", async () => {
  using _scope = device.scope();
  const { h5, answer } = await tinyModel();
  const files = { "config.json": configOf(TINY), "weights_best.h5": h5 };
  const model = await importFiles({ ...files, "thresholds.json": THRESHOLDS });
  assertEquals(model.architecture, { kind: "stardist", options: { ...TINY } });
  assertEquals(model.thresholds, { prob: 0.479071463157368, nms: 0.3 });
  assertEquals(model.hasThresholds, true);
  const { shape, data } = answer.tensors.get("x")!;
  const x = new Variable(device.upload(shape, data));
  const outputs = networkOf(model).forward(new Tape(device, { record: false }), x);
  for (const name of ["prob", "dist"]) {
    const expected = answer.tensors.get(name)!;
    assertEquals(outputs[name].value.shape, expected.shape);
    const values = await device.read(outputs[name].value);
    const largest = expected.data.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    values.forEach((value, i) => {
      const error = Math.abs(value - expected.data[i]) / largest;
      assert(error <= 1e-5, `${name} ${i}: ${value}, expected ${expected.data[i]}`);
    });
  }
});

Deno.test("importModel(disk, ) gives every number its place, on every grid", async () => {
  for (
    const options of [
      ...[SMALL, { ...SMALL, grid: 1, depth: 3 }, { ...SMALL, grid: 4, features: 5 }],
      ...[{ ...SMALL, inChannels: 3 }, { ...SMALL, grid: 1, inChannels: 2 }],
    ]
  ) {
    const weights = await randomWeights(device, options);
    const model = await importFiles({
      "config.json": configOf(options),
      "weights_best.h5": hdf5File(kerasArrays(weights)),
    });
    assertEquals(model.architecture.options, { ...options });
    assertEquals(model.weights.size, weights.size);
    for (const [name, array] of weights) assertEquals(model.weights.get(name), array, name);
  }
});

Deno.test("importModel(disk, ) reads a model of the published size from a configuration that says little", async () => {
  using _scope = device.scope();
  const weights = await randomWeights(device, DEFAULT_STARDIST);
  const oldest = { n_channel_in: 1, n_rays: 32, unet_n_depth: 3, unet_n_filter_base: 32 };
  const model = await importFiles({
    "config.json": JSON.stringify(oldest),
    "weights_best.h5": hdf5File(kerasArrays(weights)),
  });
  assertEquals(model.architecture.options, { ...DEFAULT_STARDIST });
  assertEquals(parameterCount(networkOf(model).parameters), 1_406_689);
  assertEquals(model.weights.get("up.0.1.weight"), weights.get("up.0.1.weight"));
});

Deno.test("importModel(disk, ) serves kernels of five taps", async () => {
  using _scope = device.scope();
  const options: StarDistOptions = { ...SMALL, kernel: 5 };
  const weights = await randomWeights(device, options);
  const model = await importFiles({
    "config.json": configOf(options, { unet_kernel_size: [5, 5] }),
    "weights_best.h5": hdf5File(kerasArrays(weights)),
  });
  for (const [name, array] of weights) assertEquals(model.weights.get(name), array, name);
  assertEquals(model.weights.get("down.0.0.weight")!.shape, [2, 2, 5, 5]);
  assertEquals(model.notes, []);
  // Two taps of two pixels each before the grid, and twice the reach on it.
  assertEquals(networkOf(model).reach, 4 + 1 + 2 * (2 * (4 + 4) + 2 + 2));
});

Deno.test("importModel(disk, ) reads the weights out of a file of the whole model", async () => {
  const weights = await randomWeights(device, SMALL);
  const arrays: Record<string, ArrayToWrite> = {
    "optimizer_weights/Adam/iterations:0": { shape: [1], values: [400] },
  };
  for (const [path, array] of Object.entries(kerasArrays(weights))) {
    arrays[`model_weights/${path}`] = array;
  }
  const model = await importFiles({
    "config.json": configOf(SMALL),
    "weights_best.h5": hdf5File(arrays),
  });
  for (const [name, array] of weights) assertEquals(model.weights.get(name), array, name);
});

Deno.test("importModel(disk, ) gives the default thresholds where the folder has none", async () => {
  const { h5 } = await tinyModel();
  const model = await importFiles({ "config.json": configOf(TINY), "weights_best.h5": h5 });
  assertEquals(model.thresholds, { prob: 0.5, nms: 0.4 });
  assertEquals(model.hasThresholds, false);
});

Deno.test("importModel(disk, ) takes the best weights, or the only ones, and asks where there are several", async () => {
  const { h5 } = await tinyModel();
  const config = { "config.json": configOf(TINY) };
  const cases: [names: string[], taken: string][] = [
    [["weights_last.h5"], "weights_last.h5"],
    [["weights_last.h5", "weights_best.h5", "weights_now.h5"], "weights_best.h5"],
  ];
  for (const [names, taken] of cases) {
    const files = Object.fromEntries(
      names.map((name) => [name, name === taken ? h5 : "no weights"]),
    );
    const { file } = await importFiles({ ...config, ...files });
    assertEquals(file.endsWith(`/${taken}`), true, file);
  }
  const several = { ...config, "weights_now.h5": h5, "weights_last.h5": h5 };
  const says = "it has the weights weights_last.h5, weights_now.h5 and no weights_best.h5";
  await assertRejects(() => importFiles(several), RangeError, says);
});

Deno.test("importModel(disk, ) refuses a huge network before it builds any of it", async () => {
  const { h5 } = await tinyModel();
  const cases: [change: Partial<StarDistOptions>, says: string][] = [
    [{ base: 2 ** 30 }, "config.json asks for"],
    [{ rays: 2 ** 30 }, "config.json asks for"],
    [{ features: 2 ** 30 }, "config.json asks for"],
    [{ depth: 1e8 }, "unet_n_depth is 100000000"],
  ];
  for (const [change, says] of cases) {
    const files = { "config.json": configOf({ ...TINY, ...change }), "weights_best.h5": h5 };
    const start = performance.now();
    await assertRejects(() => importFiles(files), RangeError, says);
    assert(performance.now() - start < 2000, `${Object.keys(change)} took long`);
  }
});

Deno.test("importModel(disk, ) names the file that is missing", async () => {
  const { NotFound } = Deno.errors;
  await withFolder({}, async (folder) => {
    const says = `Cannot read ${folder}/config.json: it does not exist; check the path`;
    await assertRejects(() => importModel(disk, folder), NotFound, says);
    await assertRejects(() => importModel(disk, `${folder}/none`), NotFound, "none/config.json");
  });
  await withFolder({ "config.json": configOf(TINY) }, async (folder) => {
    const says = `Cannot read ${folder}/weights_best.h5: it does not exist`;
    await assertRejects(() => importModel(disk, folder), NotFound, says);
  });
  await withFile("model.zip", "PK", async (file) => {
    await assertRejects(() => importModel(disk, file), TypeError, "a part of this path is a file");
  });
});

Deno.test("importModel(disk, ) names the file that is damaged, in one line", async () => {
  const { h5 } = await tinyModel();
  const good = { "config.json": configOf(TINY), "weights_best.h5": h5 };
  const refuse = async (files: Record<string, Uint8Array | string>, says: string) => {
    const error = await assertRejects(() => importFiles({ ...good, ...files }), SyntaxError, says);
    assert(!error.message.includes("\n"), error.message);
  };
  await refuse({ "config.json": '{"n_rays": 8' }, "config.json: it is no JSON object");
  await refuse({ "config.json": "" }, "config.json: it is no JSON object");
  await refuse({ "thresholds.json": "[1]" }, "thresholds.json: it is no JSON object");
  await refuse({ "weights_best.h5": "" }, "weights_best.h5: it is no HDF5 file");
  await refuse({ "weights_best.h5": "<html>404</html>" }, "weights_best.h5: it is no HDF5 file");
});

Deno.test("importModel(disk, ) refuses weights that were cut off anywhere", async () => {
  const { h5 } = await tinyModel();
  const config = configOf(TINY);
  for (let i = 0; i < 24; i++) {
    const cut = h5.slice(0, 8 + Math.floor((h5.length - 8) * i / 24));
    const says = "weights_best.h5: it is damaged or cut short; copy it again from its source";
    const files = { "config.json": config, "weights_best.h5": cut };
    await assertRejects(() => importFiles(files), SyntaxError, says);
  }
});

Deno.test("importModel(disk, ) refuses weights that do not fit the configuration", async () => {
  const { h5 } = await tinyModel();
  const refuse = async (
    change: Partial<StarDistOptions>,
    { type, says }: { type: typeof RangeError | typeof TypeError; says: string },
  ) => {
    const files = { "config.json": configOf({ ...TINY, ...change }), "weights_best.h5": h5 };
    await assertRejects(() => importFiles(files), type, `weights_best.h5: ${says}`);
  };
  await refuse({ base: 8 }, {
    type: RangeError,
    says: "conv2d_9/kernel is [3,3,1,4], but config.json asks for [3,3,1,8]",
  });
  await refuse({ rays: 32 }, {
    type: RangeError,
    says: "dist/kernel is [1,1,8,8], but config.json asks for [1,1,8,32]",
  });
  await refuse({ depth: 1 }, {
    type: TypeError,
    says: "it holds a layer down_level_1_no_0, which config.json does not ask for",
  });
  await refuse({ depth: 3 }, { type: TypeError, says: "layer down_level_2_no_0 is missing" });
  await refuse({ grid: 1 }, {
    type: TypeError,
    says: "it holds 2 unnamed convolutions, but config.json says grid [1,1], which has 0",
  });
});
