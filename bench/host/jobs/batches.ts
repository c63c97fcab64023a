/**
 * Batches, drawn, augmented and stacked.
 *
 * @module
 */

import { packSample } from "../../../train/images/packed/packed_sample.ts";
import { heldFrames } from "../../../train/images/series/frames.ts";
import type { Sample } from "../../../train/images/sample.ts";
import { type BatchStream, PairStream, StillStream } from "../../../train/learn/batches.ts";
import { AheadStream } from "../../../train/learn/patches/ahead.ts";
import type { Augmenter } from "../../../train/learn/patches/augmenter.ts";
import { WorkerPool } from "../../../train/jobs/workers/pool.ts";
import { PupilStream } from "../../../train/learn/teacher/pupil_stream.ts";
import { RunLabels } from "../../../train/learn/teacher/pseudo_labels.ts";
import { defaultAugmentation } from "../../../train/learn/patches/augment.ts";
import { foregroundEncoder, type TargetEncoder } from "../../../train/models/objective.ts";
import { numberLabels } from "../../../nn/labels/stardist/targets.ts";
import type { HostJob, HostPart } from "../measure.ts";
import { sceneOf } from "../scene.ts";

const BATCHES = 30;

const encodeParted = foregroundEncoder({ parted: true });
const encodeStars: TargetEncoder = (labels, { width, height }) =>
  numberLabels(labels, { pixels: width * height });

/** A batch of four patches. */
export const batchJob: HostJob = {
  name: "batches",
  sentence: "Four patches drawn, augmented and stacked",
  unit: "batch",
  async *parts() {
    const stills = Array.from({ length: 8 }, (_, frame) => sampleOf(frame));
    // As a training holds them.
    const packed = stills.map(packSample);
    const frames = heldFrames(stills.map(({ image: data, width, height }) => ({
      ...{ width, height, data },
    })));
    for (const patch of [128, 256]) {
      const shared = { patch, count: 4, augmentation: defaultAugmentation, seed: 1 };
      const streams: [string, () => BatchStream][] = [
        [
          "stills, U-Net",
          () => new StillStream(packed, { ...shared, foreground: 0.9, encode: encodeParted }),
        ],
        [
          "stills, StarDist",
          () => new StillStream(packed, { ...shared, foreground: 0.9, encode: encodeStars }),
        ],
        ["pairs of frames", () => new PairStream([frames], { ...shared, count: 2, gap: 1 })],
        ["a student's", () => {
          const labels = stills.map(({ labels, width, height }) =>
            new RunLabels({ width, height, data: labels! })
          );
          const taught = { patch, foreground: 0.9, seed: 1, encode: encodeStars, count: 4 };
          return new PupilStream([{ frames, labels, exposure: 1, isLabelFree: false }], taught);
        }],
      ];
      for (const [part, open] of streams) yield await batchesOf(part, { patch, open });
      using pool = new WorkerPool({ count: 2 });
      await pool.start();
      const augment: Augmenter = (tasks) => pool.ask("augment", tasks, { handsOver: true });
      const [[part, open]] = streams;
      const ahead = () => new AheadStream(open(), { augment });
      yield await batchesOf(`${part}, 2 workers`, { patch, open: ahead });
    }
  },
};

async function batchesOf(
  part: string,
  { patch, open }: { patch: number; open: () => BatchStream },
): Promise<HostPart> {
  const run = async () => {
    // The same draws each time.
    const stream = open();
    for (let i = 0; i < BATCHES; i++) await stream.next();
  };
  await run();
  return { part, at: `4 x ${patch}²`, units: BATCHES, run };
}

function sampleOf(frame: number): Sample & { labels: Uint32Array<ArrayBuffer> } {
  const { width, height, image, labels } = sceneOf({
    width: 512,
    height: 512,
    objects: 150,
    frame,
  });
  return {
    ...{ channels: 1, width, height, labels },
    image: Float32Array.from(image, (value) => (value - 200) / 1500),
  };
}
