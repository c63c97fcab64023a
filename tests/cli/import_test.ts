// A published model through the command line: import, predict, go on training.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { openDevice } from "../../kernels/open_device.ts";
import { decodeSafeTensors } from "../../nn/safetensors.ts";
import type { StarDistOptions } from "../../nn/networks/stardist.ts";
import { decodeImage, readPlane } from "../../train/images/formats/decode.ts";
import { encodeFloatTiff } from "../../train/images/formats/encode.ts";
import { withFolder } from "../train/fixtures/temporary.ts";
import { hdf5File } from "../train/fixtures/models/hdf5_file.ts";
import {
  configOf,
  kerasArrays,
  randomWeights,
  SMALL,
} from "../train/fixtures/models/keras_model.ts";
import { tinyFiles } from "../train/fixtures/tiny_run.ts";
import { each, events, fails, kymo, runs, saysNext, tree } from "./fixtures/command.ts";
import { fileURLToPath } from "node:url";
import { disk } from "../../train/jobs/disk/files.ts";

type Files = Record<string, Uint8Array | string>;

/** The network of the fixture: what it answers was computed by PyTorch. */
const TINY: StarDistOptions = { rays: 8, grid: 2, depth: 2, base: 4, features: 8, inChannels: 1 };

async function fixture(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return await Deno.readFile(new URL(`../train/models/import/fixtures/${name}`, import.meta.url));
}

async function unpacked(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A model folder as StarDist leaves it, with weights that h5py wrote. */
async function tinyModel(): Promise<Files> {
  return {
    "model/config.json": configOf(TINY),
    "model/thresholds.json": '{"prob": 0.6, "nms": 0.3}',
    "model/weights_best.h5": await unpacked(await fixture("tiny_grid2.h5.gz")),
    "model/weights_last.h5": "of no interest",
  };
}

Deno.test("import makes a run folder of a StarDist model, which predicts what PyTorch does", async () => {
  const answer = decodeSafeTensors(await fixture("tiny_grid2.safetensors"), "the answer").tensors;
  const { shape: [height, width], data } = answer.get("image")!;
  const image = encodeFloatTiff([{ width, height, data }]);
  await withFolder({ ...await tinyModel(), "image.tif": image }, async (cwd) => {
    assertEquals(await events(["import", "model", "--out", "runs/tiny"], { cwd }), [{
      type: "imported",
      model: "model",
      file: "model/weights_best.h5",
      out: "runs/tiny",
      weights: "runs/tiny/weights.safetensors",
      parameters: 5961,
      options: { ...TINY },
      thresholds: { prob: 0.6, nms: 0.3 },
      hasThresholds: true,
    }]);
    assertEquals(await tree(`${cwd}/runs/tiny`), ["config.json", "weights.safetensors"]);
    const predict = ["predict", "--model=runs/tiny", "--probability", "image.tif"];
    const [frame] = await events(predict, { cwd });
    const map = await readPlane(
      await decodeImage(disk, `${cwd}/predicted/probability/image.tif`),
      0,
    );
    assertEquals([map.width, map.height], [width, height]);
    const { shape: [, columns], data: expected } = answer.get("image_prob")!;
    map.data.forEach((value, i) => {
      const [row, column] = [Math.floor(i / width) >> 1, (i % width) >> 1];
      const error = Math.abs(value - expected[row * columns + column]);
      assert(error <= 1e-5, `pixel ${i} differs by ${error}`);
    });
    // Of the image's probabilities, some are over the model's threshold and not all over another.
    assert((frame.objects as number) > 0);
    const [fewer] = await events([...predict, "--out=fewer", "--threshold=0.99"], { cwd });
    assertEquals(fewer.objects, 0);
  });
});

Deno.test("import writes what training needs, and takes StarDist's thresholds where there are none", async () => {
  using device = await openDevice();
  const deep = { ...SMALL, depth: 3, grid: 4 };
  const weights = await randomWeights(device, deep);
  const files = {
    "m/config.json": configOf(deep),
    "m/weights_best.h5": hdf5File(kerasArrays(weights)),
  };
  await withFolder(files, async (cwd) => {
    const { lines, next } = await saysNext(["import", "m/"], { cwd });
    assertEquals(lines[1].includes("probability 0.500, overlap 0.400, the defaults"), true);
    assertMatch(next[1], / predict --model runs\/m --out labels IMAGES$/);
    assertMatch(next[3], / train --resume-from runs\/m --stills STILLS --video VIDEO$/);
    const config = JSON.parse(await Deno.readTextFile(`${cwd}/runs/m/config.json`));
    const { model, depth, base, patch, low, high, videoNormalization, stardist } = config;
    assertEquals({ model, depth, base, patch }, {
      ...{ model: "stardist", depth: 3, base: 2, patch: 128 },
    });
    assertEquals([low, high, videoNormalization], [1, 99.8, "video"]);
    assertEquals([stardist.rays, stardist.grid, stardist.features], [4, 4, 3]);
    const file = await Deno.readFile(`${cwd}/runs/m/weights.safetensors`);
    const { tensors, metadata } = decodeSafeTensors(file, "run");
    assertEquals(new Map(tensors), weights);
    const normalization = JSON.parse(metadata.normalization);
    assertEquals(normalization, {
      stills: { mode: "image", low: 1, high: 99.8 },
      video: { mode: "video", low: 1, high: 99.8 },
    });
    assertEquals(JSON.parse(metadata.thresholds), { prob: 0.5, nms: 0.4 });
    assertEquals(metadata.border, "drop");
  });
});

Deno.test("train --resume-from goes on from an imported model and makes it consistent", async () => {
  const files = { ...await tinyModel(), ...tinyFiles({ videos: [3] }) };
  await withFolder(files, async (cwd) => {
    await runs(["import", "model", "--out=tiny"], { cwd });
    const told = await events([
      ...["train", "--resume-from=tiny", "--out=run", "--stills=stills", "--video=video-0"],
      ...["--patch=16", "--batch=2", "--pairs=1", "--rounds=2", "--validate-every=3"],
      "--no-control",
    ], { cwd });
    const stages = told.filter(({ type }) => type === "stage");
    assertEquals(stages.map(({ stage, reason }) => `${stage} ${reason}`), [
      ...["baseline given", "consistent done"],
    ]);
    assert(stages.every(({ thresholds }) => thresholds !== undefined));
    const weightsOf = async (path: string) => {
      const { tensors } = decodeSafeTensors(await Deno.readFile(`${cwd}/${path}`), path);
      return new Map(tensors);
    };
    const imported = await weightsOf("tiny/weights.safetensors");
    assertEquals(await weightsOf("run/baseline.safetensors"), imported);
    const consistent = await weightsOf("run/weights.safetensors");
    assertEquals([...consistent.keys()].sort(), [...imported.keys()].sort());
    assert(
      ["grid.0.0.weight", "prob.weight", "dist.weight"].some((name) =>
        consistent.get(name)!.data.some((value, i) => value !== imported.get(name)!.data[i])
      ),
    );
    const config = JSON.parse(await Deno.readTextFile(`${cwd}/run/config.json`));
    assertEquals([config.model, config.depth, config.stardist.rays], ["stardist", 2, 8]);
    await runs(["predict", "--model=run", "video-0"], { cwd });
    await fails(["import", "model", "--out=run"], {
      code: 1,
      says: ["Cannot import into run: it already holds", "give another --out"],
      cwd,
    });
  });
});

Deno.test("import says what it leaves out", async () => {
  const config = configOf(TINY, { n_classes: 2 });
  await withFolder({ ...await tinyModel(), "model/config.json": config }, async (cwd) => {
    const [note, imported] = await events(["import", "model", "--out=run"], { cwd });
    assertEquals([note.type, imported.type], ["note", "imported"]);
    assert(`${note.text}`.startsWith("It also tells 2 classes of objects apart"), `${note.text}`);
  });
});

Deno.test("import names what is wrong with a model folder, and writes nothing", async () => {
  const good = await tinyModel();
  const h5 = good["model/weights_best.h5"] as Uint8Array;
  const folder = (name: string, change: Record<string, Uint8Array | string | null>): Files => {
    const files: Record<string, Uint8Array | string | null> = {
      "config.json": good["model/config.json"],
      "weights_best.h5": h5,
      ...change,
    };
    return Object.fromEntries(
      Object.entries(files).flatMap(([file, content]) =>
        content === null ? [] : [[`${name}/${file}`, content]]
      ),
    );
  };
  const layers = hdf5File({ "layers/conv2d/vars/0": { shape: [1], values: [1] } });
  const files: Files = {
    ...folder("no-config", { "config.json": null }),
    ...folder("no-weights", { "weights_best.h5": null }),
    ...folder("text", { "config.json": "rays: 32" }),
    ...folder("3d", { "config.json": configOf(TINY, { n_dim: 3 }) }),
    ...folder("channels", { "config.json": configOf(TINY, { n_channel_in: 2 }) }),
    ...folder("resnet", { "config.json": configOf(TINY, { backbone: "resnet" }) }),
    ...folder("denoising", { "config.json": '{"probabilistic": false, "unet_n_depth": 2}' }),
    ...folder("keras3", { "weights_best.h5": layers }),
    ...folder("cut", { "weights_best.h5": h5.subarray(0, h5.length / 2) }),
    ...folder("other", { "config.json": configOf({ ...TINY, rays: 32 }) }),
    ...folder("threshold", { "thresholds.json": '{"prob": 5, "nms": 0.3}' }),
    "run/note.txt": "somebody's work",
  };
  const cases: [model: string, ...says: string[]][] = [
    ["nowhere", "Cannot read nowhere/config.json: it does not exist"],
    ["no-config", "Cannot read no-config/config.json: it does not exist"],
    ["no-weights", "Cannot read no-weights/weights_best.h5: it does not exist"],
    ["run/note.txt", "a part of this path is a file"],
    ["text", "Cannot read text/config.json: it is no JSON object", "copy it again"],
    ["3d", "Cannot import 3d/config.json: it is a 3D model", "give a StarDist 2D model"],
    ["channels", "Cannot import channels/weights_best.h5", "[3,3,2,4]"],
    ["resnet", "Cannot import resnet/config.json: its backbone", "with a U-Net"],
    ["denoising", "Cannot read denoising/config.json", "give the config.json of a StarDist model"],
    ["keras3", "Cannot import keras3/weights_best.h5", "its layer conv2d has 1 arrays"],
    ["cut", "Cannot read cut/weights_best.h5", "copy it again"],
    ["other", "Cannot import other/weights_best.h5", "[1,1,8,8]", "belong to config.json"],
    ["threshold", "Cannot read threshold/thresholds.json: prob is 5", "correct it, or remove"],
  ];
  await withFolder(files, async (cwd) => {
    await each(cases, async ([model, ...says]) => {
      await fails(["import", model, "--out=new/run"], { code: 3, says, cwd });
    });
    assertEquals((await tree(cwd)).filter((name) => name.startsWith("new")), []);
    const says = ["Cannot import into run: it already holds note.txt", "or empty it"];
    await fails(["import", "keras3", "--out=run"], { code: 1, says, cwd });
    await fails(["import", "keras3", "--out=run/note.txt"], {
      code: 1,
      says: ["Cannot import into run/note.txt: it is a file"],
      cwd,
    });
  });
});

const FROTH = fileURLToPath(new URL("../../../shared/data/stardist/froth", import.meta.url));

Deno.test("an imported model finds what its authors' program found", async () => {
  if (!await Deno.stat(FROTH).then(() => true, () => false)) {
    return console.log("Skipped: no published model lies beside the project");
  }
  await withFolder({}, async (cwd) => {
    await runs(["import", FROTH, "--out=run"], { cwd });
    const pictures = ["bursting", "fine-froth", "mono-clean"];
    const images = pictures.map((name) => `${FROTH}/images/${name}.png`);
    await kymo(["predict", "--model=run", "--out=labels", ...images], { cwd });
    await Deno.mkdir(`${cwd}/truth`);
    for (const name of pictures) {
      await Deno.copyFile(`${FROTH}/labels/${name}.png`, `${cwd}/truth/${name}.png`);
    }
    await kymo(["evaluate", "--labels=labels", "--truth=truth", "--out=f.json"], { cwd });
    const { frames, matching } = JSON.parse(await Deno.readTextFile(`${cwd}/f.json`));
    assertEquals(frames, pictures.length);
    const { tp, n_true, n_pred } = matching["0.9"];
    assert(tp >= 0.95 * Math.max(n_true, n_pred), `${tp} of ${n_true}, ${n_pred} found`);
  });
});
