/**
 * Teaching a model labelled stills: those that were given, and frames that were corrected by hand.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { channelRanges, normalize } from "../../../train/images/normalize.ts";
import { type Sample, sampleFromPlanes } from "../../../train/images/sample.ts";
import { fileSource } from "../../../train/images/source.ts";
import { begin } from "../../../train/learn/progress/progress.ts";
import { teachModel } from "../../../train/learn/runs/model_run.ts";
import { readSamples } from "../../../train/learn/runs/read_samples.ts";
import { VERSION } from "../../../train/learn/runs/version.ts";
import { BUILTIN, builtinStills } from "../../../train/models/builtin/mod.ts";
import { readingOf } from "../../../train/models/model_file.ts";
import { handingOver } from "../../shared/calls.ts";
import { fingerprint } from "../../shared/fingerprint.ts";
import type { ProgressMessage, SentStill } from "../../shared/messages.ts";
import { filesOf } from "../files.ts";
import { keeperFor } from "../learn_keeper.ts";
import { openStore } from "../store.ts";
import { type GivenModel, onDevice, readModel } from "./machine.ts";
import { type SteadyMessage, stepMessages } from "./steady.ts";
import { inTime, inTimeEach } from "../told.ts";

/** What is taught. */
export interface TeachWish {
  /** The model to begin with. */
  readonly model: GivenModel;
  /** Folders of stills that were given, each with its `images` and `masks`. */
  readonly given: readonly { readonly bundle: string; readonly path: string }[];
  /** Frames that were corrected. */
  readonly frames: readonly SentStill[];
  /** The built-in stills, as they are packed, where they are learned from, too. */
  readonly stills: Uint8Array<ArrayBuffer> | null;
  /** Batches. */
  readonly steps: number;
}

const SEED = 1;

/** Teaches a model, and gives the file of what it became. */
export async function* teach(
  wish: TeachWish,
  stop: AbortSignal,
): AsyncGenerator<SteadyMessage, { model: Uint8Array<ArrayBuffer> }> {
  return yield* onDevice((device) => taught(device, wish, stop), { isKept: false });
}

async function* taught(
  device: Device,
  { model: given, given: folders, frames, stills, steps }: TeachWish,
  stop: AbortSignal,
): AsyncGenerator<SteadyMessage, { model: Uint8Array<ArrayBuffer> }> {
  const file = await readModel(given);
  const progress = begin("reading");
  const settings = readingOf(file).stills;
  const reading = { reading: { channels: [] }, settings, progress };
  const samples: Sample[] = [];
  const tell = (what: ProgressMessage["what"]) => (): ProgressMessage => ({
    ...{ type: "progress", what, done: progress.done, total: progress.total },
  });
  for (const { bundle, path } of folders) {
    const source = fileSource(filesOf(bundle));
    const read = yield* inTime(readSamples(source, path, reading), tell("stills"));
    samples.push(...read.samples, ...read.test);
    for (const text of read.notes) yield { type: "note", text };
  }
  for (const { image, labels } of frames) {
    const plane = normalize(image, channelRanges(image, settings));
    samples.push(sampleFromPlanes([plane], labels));
  }
  if (stills !== null) {
    const source = await builtinStills({ from: stills });
    samples.push(...(yield* inTime(readSamples(source, BUILTIN, reading), tell("stills"))).samples);
  }
  const content = samples.flatMap(({ image, labels }) => [image, labels!]);
  const work = {
    ...{ kind: "teach", steps },
    model: await fingerprint([given.bytes]),
    stills: await fingerprint(content),
  };
  const learning = teachModel(device, {
    ...{ file, samples, seed: SEED, progress, stop, steps },
    keeper: await keeperFor(await openStore(), work),
    versions: { kymo: VERSION, browser: navigator.userAgent },
  });
  const model = yield* inTimeEach(learning, { tell: tell("teaching"), event: stepMessages() });
  return handingOver({ model }, [model.buffer]);
}
