/**
 * Whole predictions and evaluations of files, on a device that computes nothing and answers as a network
 * would.
 *
 * @module
 */

import { adaptedWeights } from "./unet_file.ts";
import { memoryFile, selfTestMemory } from "../../../train/jobs/disk/open_gpu.ts";
import { evaluateFiles } from "../../../train/jobs/evaluate_files.ts";
import { predictTracks } from "../../../train/jobs/predict_tracks.ts";
import { predict } from "../../../train/jobs/predict/predict.ts";
import type { PredictOptions } from "../../../train/jobs/predict/predict_options.ts";
import { encodeLabelTiff } from "../../../train/images/formats/encode.ts";
import { imagejRois } from "../../../train/objects/formats/imagej_roi.ts";
import { lzwTiff } from "../lzw_tiff.ts";
import type { HostJob, HostPart } from "../measure.ts";
import { type Answers, nullGpu, openNull } from "../null_gpu.ts";
import { type Scene, sceneOf } from "../scene.ts";

/** Frames of a stack, and of the one whose time is taken off. */
const [FRAMES, FEW] = [10, 2];
/** What the network of the built-in model needs, and the margin that it sees. */
const [MULTIPLE, GRID] = [16, 2];

/** A case of prediction. */
interface Case {
  readonly what: string;
  readonly model: "unet" | "stardist";
  readonly width: number;
  readonly height: number;
  readonly objects: number;
  readonly change?: Partial<PredictOptions>;
  readonly tracks?: boolean;
}

const MIDDLE = { width: 1100, height: 700, objects: 300 };
const CASES: readonly Case[] = [
  { what: "U-Net", model: "unet", ...MIDDLE },
  { what: "U-Net, 2 workers", model: "unet", ...MIDDLE, change: { workers: 2 } },
  { what: "StarDist", model: "stardist", ...MIDDLE },
  { what: "StarDist, 2 workers", model: "stardist", ...MIDDLE, change: { workers: 2 } },
  { what: "StarDist", model: "stardist", ...MIDDLE, objects: 5000 },
  { what: "StarDist", model: "stardist", width: 550, height: 350, objects: 75 },
  { what: "StarDist", model: "stardist", width: 1540, height: 980, objects: 590 },
  { what: "StarDist, regions", model: "stardist", ...MIDDLE, change: { outputs: [imagejRois] } },
  {
    ...{ what: "StarDist, regions, tracks, csv", model: "stardist", ...MIDDLE, tracks: true },
    change: { outputs: [imagejRois] },
  },
  {
    ...{ what: "StarDist, regions, tracks, csv", model: "stardist", ...MIDDLE, objects: 5000 },
    ...{ tracks: true, change: { outputs: [imagejRois] } },
  },
];

/** Predictions of stacks. */
export const predictionJob: HostJob = {
  name: "predictions",
  sentence: "A stack of 16 bits with LZW to label files, whatever the job does to a frame",
  unit: "frame",
  async *parts() {
    await using folder = await madeFolder();
    // The device of which nobody expects a right answer has passed its test.
    Deno.env.set("XDG_CACHE_HOME", folder.path);
    using device = await openNull();
    await selfTestMemory(memoryFile()!).add(device.adapter);
    for (const one of CASES) yield await predictionOf(one, folder.path);
  },
};

/** Evaluations of label files. */
export const evaluatingJob: HostJob = {
  name: "evaluation-files",
  sentence: "Label stacks of 700 x 1100 read and measured against truth",
  unit: "frame",
  async *parts() {
    await using folder = await madeFolder();
    for (const objects of [300, 5000]) {
      const paths = (frames: number) => {
        const name = (what: string) => `${folder.path}/${what}-${objects}-${frames}.tif`;
        return { labels: name("labels"), truth: name("truth") };
      };
      for (const frames of [FRAMES, FEW]) {
        const stack = (shift: number) =>
          encodeLabelTiff(
            Array.from({ length: frames }, (_, i) => {
              const scene = sceneOf({ ...MIDDLE, objects, frame: i + shift });
              return { ...scene, data: scene.labels };
            }),
          );
        const { labels, truth } = paths(frames);
        await Deno.writeFile(labels, stack(0.3));
        await Deno.writeFile(truth, stack(0));
      }
      yield {
        part: "all",
        at: `${objects} objects`,
        units: FRAMES - FEW,
        run: () => evaluateFiles(paths(FRAMES)),
        besides: () => evaluateFiles(paths(FEW)),
      };
    }
  },
};

async function madeFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

async function predictionOf(
  { what, model, change, tracks = false, ...size }: Case,
  folder: string,
): Promise<HostPart> {
  const { width, height, objects } = size;
  const scenes = Array.from({ length: FRAMES }, (_, frame) => sceneOf({ ...size, frame }));
  const stack = (frames: number) => `${folder}/${width}-${objects}-${frames}.tif`;
  for (const frames of [FRAMES, FEW]) {
    await Deno.writeFile(stack(frames), lzwTiff(scenes.slice(0, frames)));
  }
  const gpu = nullGpu();
  gpu.answers = model === "stardist" ? starAnswers(scenes[0]) : maskAnswers(scenes[0]);
  const weights = `${folder}/unet.safetensors`;
  if (model === "unet") await Deno.writeFile(weights, await adaptedWeights());
  const run = async (frames: number) => {
    using _gpu = inPlaceOfGpu(gpu.webgpu);
    const options: PredictOptions = {
      model: model === "unet" ? weights : "builtin",
      inputs: [stack(frames)],
      out: `${folder}/out`,
      ...{ overwrite: true, exposure: 1, ...change },
    };
    let found = 0;
    const events = tracks ? predictTracks(options, {}) : predict(options);
    for await (const event of events) if (event.type === "frame") found += event.objects;
    // What is measured must be what was meant.
    if (found < 0.9 * objects * frames) throw new RangeError(`${found} objects were found`);
  };
  await run(FEW);
  return {
    part: what,
    at: `${height} x ${width}, ${objects} objects`,
    units: FRAMES - FEW,
    run: () => run(FRAMES),
    besides: () => run(FEW),
  };
}

/** Puts a WebGPU in the place of the machine's. */
function inPlaceOfGpu(webgpu: GPU): Disposable {
  const own = Object.getOwnPropertyDescriptor(navigator, "gpu");
  Object.defineProperty(navigator, "gpu", { value: webgpu, configurable: true });
  return {
    [Symbol.dispose]() {
      delete (navigator as { gpu?: GPU }).gpu;
      if (own) Object.defineProperty(navigator, "gpu", own);
    },
  };
}

/** Maps as the network gives them: with its margin, mirrored or not. */
function starAnswers({ width, height, ...scene }: Scene): Answers {
  const maps = scene.maps();
  const margin = MULTIPLE / GRID;
  const side = (length: number) => Math.ceil((length + 2 * MULTIPLE) / MULTIPLE) * MULTIPLE / GRID;
  const [columns, rows] = [side(width), side(height)];
  const placed = (values: Float32Array, planes: number) => {
    const to = new Float32Array(planes * columns * rows);
    for (let plane = 0; plane < planes; plane++) {
      for (let row = 0; row < maps.height; row++) {
        const from = (plane * maps.height + row) * maps.width;
        const at = (plane * rows + row + margin) * columns + margin;
        to.set(values.subarray(from, from + maps.width), at);
      }
    }
    return to.buffer;
  };
  const prob = placed(maps.prob, 1);
  const dist = placed(maps.dist, maps.dist.length / maps.prob.length);
  const whole = [prob, dist];
  const gathered = gatheredFrom(new Float32Array(prob), new Float32Array(dist));
  return (bytes) => whole.find((map) => map.byteLength === bytes) ?? gathered(bytes);
}

/** Points that there is room for come by so many; points above this probability are gathered. */
const [ROOM_STEP, LEAST_PROBABILITY] = [256, 0.3];

/** The same of the points alone that may propose: a list of them, or their distances. */
function gatheredFrom(prob: Float32Array, dist: Float32Array): Answers {
  const rays = dist.length / prob.length;
  const places: number[] = [];
  prob.forEach((value, at) => value > LEAST_PROBABILITY && places.push(at));
  const made = new Map<number, ArrayBuffer>();
  const make = (bytes: number): ArrayBuffer | null => {
    if (bytes % (4 * ROOM_STEP) === 4) {
      const list = new Uint32Array(bytes / 4);
      list.set([places.length, ...places].slice(0, list.length));
      return list.buffer;
    }
    if (bytes % (4 * rays * ROOM_STEP) > 0) return null;
    const most = bytes / 4 / rays;
    const values = new Float32Array(rays * most);
    places.slice(0, most).forEach((at, slot) => {
      for (let ray = 0; ray < rays; ray++) {
        values[ray * most + slot] = dist[ray * prob.length + at];
      }
    });
    return values.buffer;
  };
  return (bytes) => {
    const known = made.get(bytes) ?? make(bytes);
    if (known) made.set(bytes, known);
    return known;
  };
}

/** What the U-Net's post-processing reads: a histogram between two ends, and labels with their count. */
function maskAnswers({ labels, width, height }: Scene): Answers {
  const count = Uint32Array.of(labels.reduce((most, label) => Math.max(most, label), 0));
  // Keys in the order of the values 0 and 1, that of the least one inverted.
  const ends = Uint32Array.of(0x7fffffff, 0xbf800000);
  const histogram = Uint32Array.from({ length: 256 }, (_, i) => i < 8 || i > 247 ? 1000 : 1);
  const unfinished = Uint32Array.of(0);
  let scalars = 0;
  return (bytes) => {
    if (bytes === 4 * width * height) return labels.buffer;
    if (bytes === 8) return ends.buffer;
    if (bytes === histogram.byteLength) return histogram.buffer;
    // The one that says whether joins are unfinished is read before the count.
    if (bytes === 4) return (scalars++ % 2 === 0 ? unfinished : count).buffer;
    return null;
  };
}
