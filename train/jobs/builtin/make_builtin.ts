/**
 * The built-in model and stills, made anew: a training run with fixed settings, then the card and the
 * stills.
 *
 * @module
 */

import { decodeSafeTensors, encodeSafeTensors } from "../../../nn/safetensors.ts";
import type { Source } from "../../images/source.ts";
import type { NoteEvent } from "../../learn/events.ts";
import { writeFileAtomic } from "../disk/atomic_file.ts";
import { encodeObjectScale, type ObjectScale, objectScaleOf } from "../../models/object_scale.ts";
import { disk, readWhole } from "../disk/files.ts";
import { makeFolder } from "../disk/folders.ts";
import { versions } from "../disk/version.ts";
import { begin, type ProgressEvent, waitingFor } from "../progress/progress.ts";
import { configOf, type TrainConfig } from "../train/config.ts";
import type { ResultEvent, TrainEvent } from "../train/events.ts";
import { train } from "../train/train.ts";
import { renderCard } from "./card.ts";
import { makeStills } from "./make_stills.ts";
import { BUILTIN_SETTINGS } from "./settings.ts";

/**
 * What the built-in model is made from, and where to.
 *
 * @category Jobs
 */
export interface MakeBuiltinOptions {
  /** The stills of the 2018 Data Science Bowl. */
  readonly stills: string;
  /** The run folder, which also gets what is built in. */
  readonly out: string;
  /** Go on with the run in the folder, if there is one. */
  readonly resume?: boolean;
  /** Pick stills only, and train nothing. */
  readonly stillsOnly?: boolean;
  /** Where images are read from; the disk unless told. */
  readonly source?: Source;
  /** Says when to stop. */
  readonly stop?: AbortSignal;
}

/**
 * Everything is made.
 *
 * @category Jobs
 */
export interface BuiltinMade {
  /** What kind of event this is. */
  readonly type: "builtin";
  /** The files, to be put into `train/models/builtin/`. */
  readonly files: readonly string[];
}

/** The settings of the run that the built-in model comes from. */
export function builtinConfig(stills: string): TrainConfig {
  return configOf({ ...BUILTIN_SETTINGS, stills }, {
    source: "the settings of the built-in model",
  });
}

/**
 * Makes `stills.zip` and, unless only these are wanted, `nuclei.safetensors` and `card.md`.
 *
 * @throws As {@linkcode train}, and as the stills cannot be read.
 * @category Jobs
 */
export async function* makeBuiltin(
  { stills, out, resume, stillsOnly = false, source = disk, stop }: MakeBuiltinOptions,
): AsyncGenerator<TrainEvent | ProgressEvent | NoteEvent | BuiltinMade> {
  const config = builtinConfig(stills);
  if (!stillsOnly && resume) await refuseOtherRun(out);
  let result: ResultEvent | null = null;
  if (!stillsOnly) {
    for await (const event of train({ config, out, resume, source, stop })) {
      if (event.type === "result") result = event;
      yield event;
    }
  }
  using _folder = await makeFolder(out);
  const progress = begin(`picking stills of ${stills}`);
  const making = makeStills(source, { stills, split: config, progress });
  const { archive, patches, facts, parts } = yield* waitingFor(making, { progress, stop });
  const files = [`${out}/stills.zip`];
  await writeFileAtomic(files[0], archive);
  if (result !== null) {
    const scale = objectScaleOf(facts.map(({ diameter }) => diameter))!;
    const weights = withScale(await readWhole(result.weights), scale);
    const card = renderCard({
      ...{ config, settings: BUILTIN_SETTINGS, table: result.table, parts, scale, patches },
      bytes: weights.length,
      versions: versions(),
    });
    await writeFileAtomic(`${out}/nuclei.safetensors`, weights);
    await writeFileAtomic(`${out}/card.md`, card);
    files.push(`${out}/nuclei.safetensors`, `${out}/card.md`);
  }
  yield { type: "builtin", files };
}

/** Weights with the size of the objects that they were learned from, also those of a run before it was told. */
function withScale(bytes: Uint8Array<ArrayBuffer>, scale: ObjectScale): Uint8Array<ArrayBuffer> {
  const { metadata, tensors } = decodeSafeTensors(bytes, "the weights of the run");
  return encodeSafeTensors({ metadata: { ...metadata, ...encodeObjectScale(scale) }, tensors });
}

/** A card must not tell of other settings than those of its run. */
async function refuseOtherRun(out: string): Promise<void> {
  const text = await Deno.readTextFile(`${out}/config.json`).catch(() => null);
  if (text === null) return;
  const saved = JSON.parse(text) as Record<string, unknown>;
  const others = Object.entries(BUILTIN_SETTINGS).filter(([name, value]) => saved[name] !== value);
  if (others.length === 0) return;
  const differences = others.map(([name, value]) => `${name} ${saved[name]}, not ${value}`);
  throw new RangeError(
    `Cannot go on with ${out}: its run has ${differences.join(", ")}; give another --out`,
  );
}
