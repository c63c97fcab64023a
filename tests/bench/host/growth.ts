/**
 * `deno task check:host`: the processor's part must not grow unnoticed. Times differ from machine to machine,
 * so each is set against a loop that never changes, measured in turn with it on the same machine. The
 * shortest of many counts, as other work can only make one longer. How a runtime happens to compile a
 * function stays for the life of a process, and differs by a factor of two for some, so what seems to have
 * grown is measured again in others before it is said so. What is stored are the smallest ratios of several
 * processes, and a twentieth more: smallest is set against smallest, so that half as much again is seen.
 * The same code takes percentiles 0.6 or 1.2 to 1.7, by the process and the hour: what is stored is the slower.
 *
 * @module
 */

import { openNull } from "../../../bench/host/null_gpu.ts";
import { lzwTiff } from "../../../bench/host/lzw_tiff.ts";
import { processorTime } from "../../../bench/host/measure.ts";
import { sceneOf } from "../../../bench/host/scene.ts";
import { Tape, Variable } from "../../../nn/autodiff.ts";
import { findCandidates } from "../../../nn/labels/stardist/candidates.ts";
import { findObjects } from "../../../nn/labels/stardist/objects.ts";
import { UNet } from "../../../nn/networks/unet.ts";
import { decodeImage, readPlane } from "../../../train/images/formats/decode.ts";
import { compressPage, labelPage } from "../../../train/images/formats/tiff_stack.ts";
import { steadyRange } from "../../../train/images/intensity/steady_range.ts";
import { defaultNormalization } from "../../../train/images/normalize.ts";
import { percentiles } from "../../../train/images/percentiles.ts";
import { Random } from "../../../train/images/random.ts";
import { StillStream } from "../../../train/learn/batches.ts";
import { defaultAugmentation } from "../../../train/learn/patches/augment.ts";
import { roiEntries } from "../../../train/objects/formats/imagej_roi.ts";
import { zipFiles } from "../../../train/objects/formats/zip.ts";
import { tracedOutlines } from "../../../train/objects/outline.ts";
import { Evaluator } from "../../../train/objects/scores/evaluate.ts";
import { Tracker } from "../../../train/objects/sequence/track.ts";
import stored from "./fixtures/ratios.json" with { type: "json" };

/**
 * A ratio may be so much larger than the stored one: less than half as much again, as the smallest of some
 * processes may once be smaller than it ever was.
 */
const MOST = 1.3;
/** Turns of a measurement, and processes that measure before something is said to have grown. */
const [TURNS, PROCESSES] = [24, 10];
/** Milliseconds that a case is repeated for in a turn. */
const SPAN = 3;

/** What nobody changes: reading, branching, adding, writing, as the cases do. */
function reference(): number {
  let [sum, state] = [0, 1];
  const counts = new Uint32Array(4096);
  const values = new Float64Array(4096);
  for (let i = 0; i < 200_000; i++) {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    const at = state >>> 20;
    counts[at]++;
    values[at] = values[at] * 0.5 + (state & 255);
    if (values[at] > 200) sum += counts[at] / (1 + values[at]);
  }
  return sum;
}

async function cases(): Promise<Record<string, () => unknown>> {
  const [width, height] = [256, 192];
  const scenes = [0, 1, 2].map((frame) => sceneOf({ width, height, objects: 30, frame }));
  const [scene] = scenes;
  const planes = scenes.map(({ image }) => ({ width, height, data: Float32Array.from(image) }));
  const maps = scene.maps();
  const stack = await decodeImage(lzwTiff([scene]));
  const labels = scenes.map(({ labels: data }) => ({ width, height, data }));
  const outlines = tracedOutlines(labels[0]);
  const stills = planes.map(({ data: image }, i) => ({
    ...{ channels: 1, width, height, labels: labels[i].data },
    image: image.map((value) => value / 1000),
  }));
  const stream = { patch: 64, count: 2, seed: 1, foreground: 0.9 };
  const device = await openNull();
  const options = { inChannels: 1, depth: 2, base: 8 };
  const network = new UNet(device, { options, random: new Random(1) });
  const x = new Variable(device.empty([1, 1, 64, 64]));
  return {
    "reading LZW": () => readPlane(stack, 0),
    "percentiles": () => percentiles([...planes, ...planes, ...planes], [1, 99.8]),
    "range of a video": () =>
      steadyRange({ length: 3, read: (i) => Promise.resolve(planes[i]) }, defaultNormalization),
    "StarDist decoding": () =>
      findObjects(findCandidates(maps, { threshold: 0.5, grid: 2 }), {
        ...{ nmsThreshold: 0.4, width, height },
      }),
    "labels deflated": () => compressPage(labelPage(labels[0], { wide: false })),
    "ImageJ regions": () => zipFiles(roiEntries(outlines, { frame: null })),
    "tracks": () => {
      const tracker = new Tracker();
      for (const [time, frame] of labels.entries()) tracker.add({ ...frame, time });
    },
    "evaluation": () => {
      const evaluator = new Evaluator();
      labels.forEach((image, number) => evaluator.add({ number, labels: image, truth: labels[0] }));
      return evaluator.evaluation;
    },
    "batch": async () => {
      const batches = new StillStream(stills, { ...stream, augmentation: defaultAugmentation });
      for (let i = 0; i < 3; i++) await batches.next();
    },
    "network, queued": () => {
      using _scope = device.scope();
      network.forward(new Tape(device, { record: false }), x);
      device.flush();
    },
  };
}

/** Processor time of one call, of as many as fill the span. */
async function timeOf(run: () => unknown): Promise<number> {
  const start = processorTime();
  for (let calls = 1;; calls++) {
    await run();
    const taken = processorTime() - start;
    if (taken >= SPAN) return taken / calls;
  }
}

/** The ratios of the cases of these names, as this process finds them. */
async function measure(names: readonly string[]): Promise<Record<string, number>> {
  const all = await cases();
  const ratios: Record<string, number> = {};
  for (const name of names) {
    let [own, fixed] = [Infinity, Infinity];
    for (let turn = 0; turn < TURNS; turn++) {
      fixed = Math.min(fixed, await timeOf(reference));
      own = Math.min(own, await timeOf(all[name]));
    }
    ratios[name] = Number((own / fixed).toFixed(3));
  }
  return ratios;
}

/** The same, found by a process of its own. */
async function measureElsewhere(names: readonly string[]): Promise<Record<string, number>> {
  const args = [
    "run",
    "--no-check",
    "--no-prompt",
    "--allow-read",
    import.meta.filename!,
    ...names,
  ];
  const { success, stdout } = await new Deno.Command("deno", { args, stderr: "inherit" }).output();
  if (!success) throw new Error("Cannot measure: the process that does it failed");
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Measures what is stored until nothing has grown, or often enough; gives the exit code. */
async function check(): Promise<number> {
  const known: Record<string, number> = stored;
  const ratios: Record<string, number> = {};
  let grown = Object.keys(known);
  for (let attempt = 0; attempt < PROCESSES && grown.length > 0; attempt++) {
    for (const [name, ratio] of Object.entries(await measureElsewhere(grown))) {
      ratios[name] = Math.min(ratio, ratios[name] ?? Infinity);
    }
    grown = grown.filter((name) => !(ratios[name] <= MOST * known[name]));
  }
  if (grown.length === 0) {
    console.log(`Processor: ${Object.keys(known).length} parts, none has grown`);
    return 0;
  }
  const lines = grown.map((name) => `${name}: ${ratios[name]}, stored ${known[name]}`);
  console.error(
    `The processor's part has grown: ${
      lines.join("; ")
    }. Find what takes so long; where it must, ` +
      `store tests/bench/host/fixtures/ratios.json anew:\n${JSON.stringify(ratios, null, 2)}`,
  );
  return 1;
}

if (Deno.args.length > 0) console.log(JSON.stringify(await measure(Deno.args)));
else Deno.exitCode = await check();
