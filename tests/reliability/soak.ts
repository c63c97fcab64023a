/**
 * `deno task soak [MINUTES]`: does the same work again and again in one process (training, prediction,
 * filtering, evaluation) and watches its memory; then writes a long stack of labels and watches what each
 * frame adds, and tracks long movies.
 *
 * @module
 */

import { prepareGpu } from "../../train/console/session/surroundings.ts";
import { Random } from "../../train/images/random.ts";
import { evaluateFiles } from "../../train/jobs/evaluate_files.ts";
import { filterFiles } from "../../train/jobs/filter_files.ts";
import { predict } from "../../train/jobs/predict/predict.ts";
import { synthFiles } from "../../train/jobs/synth_files.ts";
import { configOf } from "../../train/jobs/train/config.ts";
import { train } from "../../train/jobs/train/train.ts";
import { trackSoak } from "./track_soak.ts";
import { labelTiff } from "../../train/objects/formats/label_tiff.ts";

/** What some rounds of work left behind. */
export interface SoakResult {
  /** Rounds of all work. */
  readonly rounds: number;
  /** Memory of the process after each round, in MiB. */
  readonly memory: readonly number[];
  /** MiB that a round adds: the slope of the second half. */
  readonly growth: number;
}

const SETTINGS = {
  ...{ depth: 1, base: 4, patch: 32, batch: 2, pairs: 2, warmup: 20, ramp: 0, rounds: 5 },
  ...{ validateEvery: 10, saveEvery: 10 },
};

/** Works until the time is over, at least some rounds. */
export async function soak(
  { milliseconds, least, tell = () => {} }: {
    milliseconds: number;
    least: number;
    tell?: (line: string) => void;
  },
): Promise<SoakResult> {
  const folder = await Deno.makeTempDir({ prefix: "kymo-soak-" });
  const start = performance.now();
  const memory: number[] = [];
  try {
    const data = await synthFiles({ out: `${folder}/data`, stills: 6, frames: 8 });
    while (memory.length < least || performance.now() - start < milliseconds) {
      const out = `${folder}/${memory.length}`;
      const change = { ...SETTINGS, stills: data.stills, video: [data.video], truth: data.truth };
      const config = configOf(change, { source: "the soak" });
      for await (const _ of train({ config, out })) { /* It is only to be done. */ }
      const labels = `${out}/labels`;
      for await (const _ of predict({ model: out, inputs: [data.video], out: labels })) { /* … */ }
      for await (const _ of filterFiles({ labels, out: `${out}/filtered` })) { /* … */ }
      await evaluateFiles({ labels, truth: data.truth });
      await Deno.remove(out, { recursive: true });
      memory.push(memoryNow());
      tell(`round ${memory.length}: ${memory.at(-1)!.toFixed(0)} MiB`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  const half = memory.slice(Math.floor(memory.length / 2));
  return { rounds: memory.length, memory, growth: slopeOf(half) };
}

function memoryNow(): number {
  return Deno.memoryUsage().rss / 2 ** 20;
}

/** The slope of the line that fits best. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const [above, below] = values.reduce(
    (
      [above, below],
      value,
      i,
    ) => [above + (i - middle) * (value - mean), below + (i - middle) ** 2],
    [0, 0],
  );
  return below === 0 ? 0 : above / below;
}

/**
 * Bytes that a frame of a stack of labels adds to the memory while it is written, and bytes that it adds
 * to the file.
 */
export function stackMemory(
  { frames, side, objects }: { frames: number; side: number; objects: number },
): { held: number; written: number } {
  const random = new Random(1);
  const layout = labelTiff.open({ pages: frames });
  const labels = { width: side, height: side, data: new Uint32Array(side * side) };
  let written = 0;
  const add = () => {
    labels.data.fill(0);
    for (let id = 1; id <= objects; id++) disc(labels, { random, id });
    written += layout.add({ labels }).length;
  };
  for (let i = 0; i < 10; i++) add();
  const before = memoryNow();
  for (let i = 10; i < frames; i++) add();
  const held = (memoryNow() - before) * 2 ** 20 / (frames - 10);
  for (const part of layout.end()) written += part.length;
  return { held, written: written / frames };
}

function disc(
  { width, height, data }: { width: number; height: number; data: Uint32Array },
  { random, id }: { random: Random; id: number },
): void {
  const [x, y, r] = [random.integer(width), random.integer(height), 5 + random.integer(12)];
  for (let row = Math.max(0, y - r); row < Math.min(height, y + r); row++) {
    const half = Math.floor(Math.sqrt(r * r - (row - y) ** 2));
    data.fill(id, row * width + Math.max(0, x - half), row * width + Math.min(width, x + half));
  }
}

if (import.meta.main) {
  await prepareGpu();
  const [minutes = "10"] = Deno.args;
  const options = { milliseconds: 60_000 * Number(minutes), least: 6, tell: console.log };
  const { rounds, memory, growth } = await soak(options);
  console.log(
    `${rounds} rounds: ${memory[0].toFixed(0)} MiB after the first, ${
      memory.at(-1)!.toFixed(0)
    } after ` +
      `the last; each adds ${growth.toFixed(2)} MiB`,
  );
  const { held, written } = stackMemory({ frames: 1000, side: 1024, objects: 300 });
  console.log(
    `A stack of labels of 1024x1024 pixels: a frame adds ${
      (held / 1024).toFixed(1)
    } KiB to the memory and ` +
      `${(written / 1024).toFixed(1)} KiB to the file`,
  );
  for (const [frames, objects] of [[2000, 100], [500, 1000]]) {
    const tracked = await trackSoak({ frames, objects });
    const [first, ...rest] = tracked.memory.map((size) => size.toFixed(0));
    console.log(
      `Tracking ${frames} frames of ${objects} objects: ${tracked.tracks} tracks, at most ${tracked.held} ` +
        `frames held, ${
          tracked.milliseconds.toFixed(1)
        } ms a frame; ${first} MiB after a tenth, then ` +
        rest.join(", "),
    );
  }
  Deno.exit(growth < 1 && held < 2 * written ? 0 : 1);
}
