import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import type { Device } from "../../../kernels/gpu/device.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import type { RayThresholds } from "../../../nn/labels/stardist/thresholds.ts";
import type { Network } from "../../../nn/module.ts";
import { decodeSafeTensors, encodeSafeTensors, type SafeTensors } from "../../../nn/safetensors.ts";
import { buildNetwork, parameterTensors, readTensors } from "../../../nn/weights.ts";
import { changeConfig, defaultConfig } from "../../../train/jobs/train/config.ts";
import { Random } from "../../../train/images/random.ts";
import { readModelFile } from "../../../train/jobs/disk/model_files.ts";
import {
  buildModel,
  decodeModel,
  encodeModel,
  type Model,
  readingOf,
  settingsOfModel,
} from "../../../train/models/model_file.ts";
import type { ModelKind } from "../../../train/models/model_kind.ts";
import { starDist } from "../../../train/models/stardist/kind.ts";
import { uNet } from "../../../train/models/unet/kind.ts";
import { predictProbability } from "../../../train/models/unet/probability.ts";
import { starNetwork } from "../fixtures/models/star_network.ts";
import { withFolder } from "../fixtures/temporary.ts";

const device: Device = await openDevice();
const CONFIG = changeConfig(defaultConfig, {
  change: { low: 2, high: 98, videoNormalization: "frame", postprocess: { threshold: 0.4 } },
  source: "the test",
});

/** What all files have in common. */
const COMMON = { intensities: CONFIG, planes: null, versions: { kymo: "0" } };

async function readModel(on: Device, path: string): Promise<Model> {
  return buildModel(on, await readModelFile(path));
}

/** A file of weights with the decoding that its kind has in these settings, unless told. */
async function fileOf(
  network: Network,
  { kind, decode = kind.objects!.decoding(CONFIG) }: { kind: ModelKind; decode?: object },
) {
  const weights = await readTensors(device, parameterTensors(network));
  const { architecture } = network;
  return { weights, bytes: encodeModel({ ...COMMON, kind, architecture, weights, decode }) };
}

/** A network with fresh weights, and its file. */
async function freshModel({ depth = 2, base = 3 } = {}) {
  const network = buildNetwork(device, {
    architecture: { kind: "unet", options: { depth, base, inChannels: 1 } },
    random: new Random(4),
  });
  return { network, ...await fileOf(network, { kind: uNet }) };
}

/** The file of a fresh model with something changed. */
async function changedModel(change: (file: SafeTensors) => SafeTensors): Promise<Uint8Array> {
  const { bytes } = await freshModel();
  return encodeSafeTensors(change(decodeSafeTensors(bytes, "model")));
}

Deno.test("readModel() gives back what encodeModel() was given", async () => {
  const { network, weights, bytes } = await freshModel();
  await withFolder(
    { "run/weights.safetensors": bytes, "other.safetensors": bytes },
    async (path) => {
      for (const place of ["run", "run/weights.safetensors", "other.safetensors"]) {
        const model = await readModel(device, `${path}/${place}`);
        assertEquals(model.network.architecture, network.architecture);
        assertEquals(await readTensors(device, parameterTensors(model.network)), weights);
        assertEquals(model.stills, { mode: "image", low: 2, high: 98 });
        assertEquals(model.video, { mode: "frame", low: 2, high: 98 });
        assertEquals(model.kind, uNet);
        assertEquals(model.decode, CONFIG.postprocess);
        assertEquals(model.planes, null);
        const image = { width: 8, height: 4, data: Float32Array.from({ length: 32 }, (_, i) => i) };
        assertEquals(
          await predictProbability(device, { network: model.network, image }),
          await predictProbability(device, { network, image }),
        );
      }
    },
  );
});

Deno.test("readModel() takes thresholds beyond 0 and 1 of earlier versions for these", async () => {
  const given = { ...CONFIG.postprocess, threshold: -1, otsuFloor: -0.5, otsuCeiling: 2 };
  const content = await changedModel(({ metadata, tensors }) => ({
    metadata: { ...metadata, postprocess: JSON.stringify(given) },
    tensors,
  }));
  await withFolder({ "weights.safetensors": content }, async (path) => {
    const { decode } = await readModel(device, path);
    assertEquals(decode, { ...given, threshold: 0, otsuFloor: 0, otsuCeiling: 1 });
  });
});

Deno.test("a model's file has the metadata and names that others read", async () => {
  const { bytes } = await freshModel({ depth: 1, base: 2 });
  const { metadata, tensors } = decodeSafeTensors(bytes, "model");
  assertEquals(Object.keys(metadata).toSorted(), [
    ...["architecture", "format", "normalization", "postprocess", "versions"],
  ]);
  assertEquals(
    [...tensors].map(([name, { shape }]) => [name, shape.join("x")]),
    [
      ["down.0.0.weight", "2x1x3x3"],
      ["down.0.0.bias", "2"],
      ["down.0.1.weight", "2x2x3x3"],
      ["down.0.1.bias", "2"],
      ["middle.0.weight", "4x2x3x3"],
      ["middle.0.bias", "4"],
      ["middle.1.weight", "2x4x3x3"],
      ["middle.1.bias", "2"],
      ["up.0.0.weight", "2x4x3x3"],
      ["up.0.0.bias", "2"],
      ["up.0.1.weight", "2x2x3x3"],
      ["up.0.1.bias", "2"],
      ["head.weight", "1x2x1x1"],
      ["head.bias", "1"],
    ],
  );
});

Deno.test("readModel() names the file, what is wrong with it, and the remedy", async () => {
  const { bytes } = await freshModel();
  const without = (key: string) =>
    changedModel(({ metadata, tensors }) => ({
      metadata: Object.fromEntries(Object.entries(metadata).filter(([name]) => name !== key)),
      tensors,
    }));
  const architecture = (text: string) =>
    changedModel(({ metadata, tensors }) => ({
      metadata: { ...metadata, architecture: text },
      tensors,
    }));
  const deeper = '{"kind":"unet","options":{"depth":3,"base":3,"inChannels":1}}';
  const wider = '{"kind":"unet","options":{"depth":2,"base":4,"inChannels":1}}';
  const cases: [content: Uint8Array, kind: typeof Error, message: string][] = [
    [await without("architecture"), SyntaxError, "its metadata has no architecture"],
    [await without("normalization"), SyntaxError, "lacks normalization and postprocess"],
    [await without("postprocess"), SyntaxError, "lacks normalization and postprocess"],
    [await architecture("unet"), SyntaxError, "its architecture is not readable: unet"],
    [await architecture('{"kind":"x","options":{}}'), Error, "known kinds are unet"],
    [await architecture(deeper), RangeError, "is of another architecture"],
    [await architecture(wider), RangeError, "is of another architecture"],
    [
      await changedModel(({ metadata, tensors }) => ({
        metadata,
        tensors: new Map([...tensors].slice(1)),
      })),
      RangeError,
      "down.0.0.weight is missing",
    ],
    [bytes.slice(0, -9), SyntaxError, "11983 are there"],
    [bytes.slice(0, 100), SyntaxError, "is longer than the file of 100"],
    [new Uint8Array(0), SyntaxError, "it has 0 bytes"],
  ];
  for (const [content, kind, message] of cases) {
    await withFolder({ "weights.safetensors": content }, async (path) => {
      const error = await assertRejects(() => readModel(device, path), kind, message);
      assertStringIncludes(error.message, `${path}/weights.safetensors`);
    });
  }
});

Deno.test("readModel() says what to give where there are no weights", async () => {
  await withFolder({ "config.json": "{}" }, async (path) => {
    for (const place of ["", "/no-such-run", "/no.safetensors"]) {
      const error = await assertRejects(() => readModel(device, path + place), Error);
      assertStringIncludes(error.message, `Cannot read ${path}${place}`);
      assertStringIncludes(error.message, "give the folder of a training run or a weights file");
    }
  });
});

/** The file of a fresh StarDist network. */
async function starFile(thresholds?: RayThresholds): Promise<Uint8Array<ArrayBuffer>> {
  const network = await starNetwork(device, { grid: 2 });
  return (await fileOf(network, { kind: starDist, decode: thresholds })).bytes;
}

/** The same without any word of thresholds. */
async function starFileWithout(): Promise<Uint8Array<ArrayBuffer>> {
  const { metadata: { thresholds: _, ...metadata }, tensors } = decodeSafeTensors(
    await starFile({ prob: 0.7, nms: 0.2 }),
    "model",
  );
  return encodeSafeTensors({ metadata, tensors });
}

Deno.test("readModel() gives back a StarDist network's thresholds, StarDist's where there are none", async () => {
  const picked = { prob: 0.6180339887, nms: 0.3 };
  const usual = { prob: 0.5, nms: 0.4 };
  for (
    const [content, expected] of [
      [await starFile(picked), picked],
      [await starFile(), usual],
      [await starFileWithout(), usual],
    ] as const
  ) {
    await withFolder({ "weights.safetensors": content }, async (path) => {
      const { network, decode } = await readModel(device, path);
      assertEquals(network.architecture.kind, "stardist");
      assertEquals(decode, expected);
    });
  }
});

Deno.test("readModel() refuses thresholds that are none, with the file's name", async () => {
  const file = decodeSafeTensors(await starFile(), "model");
  for (
    const text of ['{"prob":1.5,"nms":0.4}', '{"prob":0.5}', '{"prob":null,"nms":-1}', "0.5", "{"]
  ) {
    const content = encodeSafeTensors({
      metadata: { ...file.metadata, thresholds: text },
      tensors: file.tensors,
    });
    await withFolder({ "weights.safetensors": content }, async (path) => {
      await assertRejects(
        () => readModel(device, path),
        SyntaxError,
        `${path}/weights.safetensors`,
      );
    });
  }
});

Deno.test("settingsOfModel() is what a run needs to go on with the weights", async () => {
  const { bytes } = await freshModel();
  await withFolder({ "u.safetensors": bytes, "s.safetensors": await starFile() }, async (path) => {
    const common = { low: 2, high: 98, videoNormalization: "frame", planes: 0, channels: [] };
    assertEquals(settingsOfModel(await readModelFile(`${path}/u.safetensors`)), {
      ...{ model: "unet", depth: 2, base: 3 },
      ...common,
    });
    assertEquals(settingsOfModel(await readModelFile(`${path}/s.safetensors`)), {
      ...{ model: "stardist", depth: 1, base: 3 },
      stardist: { rays: 8, grid: 2, features: 5, kernel: 3 },
      ...common,
    });
  });
});

Deno.test("a file of weights keeps the size of the stills' pixels, and may not hold nonsense", async () => {
  const { network, weights } = await freshModel();
  const kind = uNet;
  const common = { ...COMMON, kind, architecture: network.architecture, weights };
  const decode = kind.objects!.decoding(CONFIG);
  const read = (bytes: Uint8Array<ArrayBuffer>) => readingOf(decodeModel(bytes, { file: "w" }));
  for (const pixelSize of [0.325, null]) {
    assertEquals(read(encodeModel({ ...common, decode, pixelSize })).pixelSize, pixelSize);
  }
  const file = decodeSafeTensors(encodeModel({ ...common, decode }), "w");
  for (const pixelSize of ["0", "-1", "x"]) {
    const bytes = encodeSafeTensors({ ...file, metadata: { ...file.metadata, pixelSize } });
    assertThrows(() => read(bytes), SyntaxError, "Cannot use w");
  }
});
