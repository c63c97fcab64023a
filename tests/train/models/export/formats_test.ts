// Exported models hold what they say: read back here, without any other program.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Ajv2020 } from "ajv/dist/2020.js";
import { unzipSync } from "fflate";
import { exportFormats } from "../../../../train/models/export/list.ts";
import { encodeNpy } from "../../../../train/models/export/npy.ts";
import { bioimageio } from "../../../../train/models/export/bioimageio.ts";
import type { NamedArray } from "../../../../nn/safetensors.ts";
import { percentiles } from "../../../../train/images/percentiles.ts";
import { starDistFolder } from "../../../../train/models/export/stardist.ts";
import { importModel } from "../../../../train/models/import/import_model.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { modelOf, STARDIST, STARDIST_GRID_1, UNET } from "./fixtures/models.ts";

const utf8 = new TextDecoder();

/** The published schema of model descriptions. */
async function readSchema(): Promise<object> {
  const url = new URL("fixtures/bioimageio_model_0.5.7.schema.json.gz", import.meta.url);
  const packed = new Blob([await Deno.readFile(url)]).stream();
  return await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).json();
}

async function packageOf(architecture: typeof UNET): Promise<Map<string, Uint8Array>> {
  const files = await bioimageio.write(await modelOf(architecture), {});
  assertEquals([...files.keys()], [""]);
  return new Map(Object.entries(unzipSync(files.get("")!)));
}

Deno.test("starDistFolder is read back to the same weights, bit for bit", async () => {
  const changes: Record<string, number>[] = [1, 2, 4].map((grid) => ({ grid }));
  for (const change of [...changes, { grid: 2, kernel: 5, inChannels: 3 }]) {
    const options = { ...STARDIST_GRID_1.options, ...change };
    const model = await modelOf({ kind: "stardist", options });
    const files = Object.fromEntries(await starDistFolder.write(model, {}));
    const imported = await withFolder(files, (folder) => importModel(disk, folder));
    assertEquals(imported.architecture.options as object, options);
    assertEquals(imported.thresholds, { prob: 0.4375, nms: 0.3 });
    assertEquals([...imported.weights.keys()].sort(), [...model.weights.keys()].sort());
    for (const [name, { shape, data }] of model.weights) {
      const found = imported.weights.get(name)!;
      assertEquals(found.shape, shape, name);
      // Compared as whole numbers: 0 and −0 differ.
      assertEquals(new Uint32Array(found.data.buffer), new Uint32Array(data.buffer), name);
    }
  }
});

Deno.test("bioimageio is valid by the schema that the zoo publishes", async () => {
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(
    await readSchema(),
  );
  for (const architecture of [UNET, STARDIST, STARDIST_GRID_1]) {
    const files = await packageOf(architecture);
    const description = JSON.parse(utf8.decode(files.get("rdf.yaml")));
    const without = { ...description, inputs: [] };
    assert(validate(description), JSON.stringify(validate.errors?.slice(0, 5)));
    assertEquals(validate(without), false);
  }
});

Deno.test("bioimageio names every file with its checksum, and the channels of its axes", async () => {
  const files = await packageOf(STARDIST);
  const { inputs: [input], outputs: [output], weights, name, config } = JSON.parse(
    utf8.decode(files.get("rdf.yaml")),
  );
  const listed = [input.test_tensor, output.test_tensor, weights.torchscript, weights.onnx];
  for (const { source, sha256 } of listed) {
    const hash = await crypto.subtle.digest("SHA-256", files.get(source)!.slice());
    const hex = [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join(
      "",
    );
    assertEquals(sha256, hex, source);
  }
  assertEquals([...files.keys()].sort(), [
    ...["README.md", "rdf.yaml", "test_input.npy", "test_output.npy", "weights.onnx", "weights.pt"],
  ]);
  assertEquals(name, "nuclei of mice");
  assertEquals(weights.onnx.parent, "torchscript");
  assertEquals(Object.keys(weights), ["torchscript", "onnx"]);
  assertEquals(input.axes[1].channel_names, ["intensity_0", "intensity_1"]);
  assertEquals(output.axes[1].channel_names, ["prob", ...[0, 1, 2, 3, 4].map((i) => `dist_${i}`)]);
  assertEquals(output.axes[2].scale, 2);
  assertEquals(config.kymo.decoding, { prob: 0.4375, nms: 0.3 });
  const scaling = input.preprocessing.find(({ id }: { id: string }) => id === "scale_range");
  assertEquals([scaling.kwargs.min_percentile, scaling.kwargs.max_percentile], [1, 99.8]);
  // The example is one that the description allows.
  const header = utf8.decode(files.get("test_input.npy")!.subarray(10, 128));
  const [, channels, rows, columns] = header.match(/\((\d+), (\d+), (\d+), (\d+)/)!.slice(1);
  assertEquals([channels, rows], ["2", columns]);
  const { min, step } = input.axes[2].size;
  assert(Number(rows) >= min && (Number(rows) - min) % step === 0);
  assert(min / 2 > 2 * output.axes[2].halo);
  assert(utf8.decode(files.get("README.md")).includes("stills/nuclei"));
});

Deno.test("exports of models of several channels say that each is scaled by itself", async () => {
  const model = await modelOf(STARDIST);
  const several = { ...model, reading: { ...model.reading, channels: ["1", "GFP"] } };
  const scaled: number[][] = [];
  const run = async () => {
    const network = await model.run();
    return {
      ...network,
      answer: async (x: NamedArray) => {
        const size = x.data.length / 2;
        for (const c of [0, 1]) {
          const plane = { width: size, height: 1, data: x.data.slice(c * size, (c + 1) * size) };
          scaled.push(percentiles([plane], [1, 99.8]));
        }
        return await network.answer(x);
      },
    };
  };
  const files = await bioimageio.write({ ...several, run }, {});
  const entries = unzipSync(files.get("")!);
  const { inputs: [input] } = JSON.parse(utf8.decode(entries["rdf.yaml"]));
  const scaling = input.preprocessing.find(({ id }: { id: string }) => id === "scale_range");
  assertEquals(scaling.kwargs.axes, ["y", "x"]);
  // The example is scaled as the description says.
  for (const [low, high] of scaled) assert(Math.abs(low) < 1e-5 && Math.abs(high - 1) < 1e-5);
  assertEquals(scaled.length, 2);
  const card = utf8.decode(entries["README.md"]);
  assert(
    card.includes("of the files' 1, GFP in that order, each scaled by percentiles of its own"),
  );
  const text = utf8.decode(entries["weights.onnx"]);
  assert(text.includes('["1","GFP"]') && text.includes("Give channels 1, GFP, each scaled"));
});

Deno.test("encodeNpy() begins values at a multiple of 64 bytes, behind a line of Python", () => {
  const file = encodeNpy({ shape: [3], data: Float32Array.of(1, 2, 3) });
  assertEquals(file.length, 128 + 12);
  assertEquals([...file.subarray(0, 10)], [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]);
  const header = utf8.decode(file.subarray(10, 128));
  assert(header.startsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }"), header);
  assert(header.endsWith(" \n"));
  assertEquals(new Float32Array(file.slice(128).buffer), Float32Array.of(1, 2, 3));
});

Deno.test("exports of equal models are equal files", async () => {
  const model = await modelOf(STARDIST_GRID_1);
  for (const format of exportFormats) {
    if (format === starDistFolder) continue; // HDF5 keeps the time.
    const [first, second] = [await format.write(model, {}), await format.write(model, {})];
    for (const [path, bytes] of first) {
      assertEquals(second.get(path), bytes, `${format.name} ${path}`);
    }
  }
});

Deno.test("exportFormats refuse a network that finds no objects", async () => {
  const model = await modelOf(UNET);
  const focus = { ...model, architecture: { ...model.architecture, kind: "focus" } };
  for (const name of ["onnx", "torchscript", "savedmodel"]) {
    const format = exportFormats.find((format) => format.name === name)!;
    const says = "Cannot write a network of kind focus";
    await assertRejects(async () => void await format.write(focus, {}), TypeError, says);
  }
});
