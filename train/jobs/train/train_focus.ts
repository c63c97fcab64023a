/**
 * `train --model focus`: training of a classifier that finds planes in focus, on stacks with one
 * labelled plane each.
 *
 * @module
 */

import { unusable } from "../../images/faults/input_fault.ts";
import { counted } from "../../counted.ts";
import { type Network, parameterCount } from "../../../nn/module.ts";
import { decodeFocusTable, labelledStacks } from "../../images/series/focus_table.ts";
import { planeChoice } from "./data_settings.ts";
import { openZSequence } from "../../images/series/z_stack.ts";
import type { Source } from "../../images/source.ts";
import type { NoteEvent } from "../../learn/events.ts";
import { FocusStream } from "../../learn/focus/batches.ts";
import { focusExaminer, splitStacks } from "../../learn/focus/examiner.ts";
import { Learner } from "../../learn/learner.ts";
import { type Schedule, warmupSchedule } from "../../learn/schedule.ts";
import { runStage } from "../../learn/stage.ts";
import { focusTask } from "../../learn/tasks.ts";
import { encodeFocusModel } from "../../models/focus/model_file.ts";
import type { LabelledStack } from "../../images/series/z_stack.ts";
import { freshNetwork, modelKind } from "../../models/list.ts";
import { versions } from "../disk/version.ts";
import { checkFocusData } from "./check_config.ts";
import type { TrainConfig } from "./config.ts";
import type { FocusPlanEvent, TrainEvent } from "./events.ts";
import { readWholeText } from "../disk/files.ts";
import {
  type OpenedRun,
  openRun,
  recordingStore,
  type SeedPlace,
  type TrainOptions,
} from "./run.ts";

/** The one stage of such a run. */
const STAGE = "focus";

/**
 * Trains a focus classifier on the stacks of `config.stills` (a folder of stacks, or one with them in
 * `images/`, or one file) whose plane in focus the table `config.focus` names. Every `validateEvery`
 * steps it is validated on stacks that it does not learn from; the best weights are the result, the later
 * ones of equals. Without stacks to validate on these are the last.
 *
 * @throws {RangeError} If there is no table, or none of the stacks is in it, or a setting makes no sense.
 * @throws {SyntaxError | RangeError} If a file is damaged, or a loss or weight is not finite.
 * @throws {Error} If the folder already holds a run and `resume` is not set.
 */
export async function* trainFocus(options: TrainOptions): AsyncGenerator<TrainEvent> {
  using run = await openRun(options);
  const { notes, stacks } = await readStacks(run);
  for (const text of notes) yield { type: "note", text };
  // Stacks that cannot be learnt from are refused before the folder holds a run.
  const streams = run.places.map((place) => ({ ...place, ...streamOf(stacks, place.config) }));
  let prepared: PreparedSeed | null = prepareSeed(run, streams[0]);
  await run.begin();
  for (const seed of streams) {
    prepared ??= prepareSeed(run, seed);
    yield* trainSeed(run, prepared);
    prepared = null;
  }
  await run.recordKernels();
}

/** The stacks whose plane in focus is known. */
async function readStacks(
  { config, source }: OpenedRun,
): Promise<{ notes: readonly string[]; stacks: LabelledStack[] }> {
  const { stills, focus } = config;
  checkFocusData(config);
  const { channel } = planeChoice(config);
  const sequence = await openZSequence(source, await folderOfStacks(source, stills), { channel });
  const rows = decodeFocusTable(await readWholeText(focus), focus);
  const stacks = labelledStacks(sequence, { rows, from: focus });
  if (stacks.length > 0) return { notes: sequence.notes, stacks };
  throw unusable(
    `Cannot train a focus model: ${focus} names none of the ${
      counted(sequence.length, "stack")
    } of ` +
      `${sequence.path}, the first is ${sequence.names[0]}`,
  );
}

async function folderOfStacks(source: Source, stills: string): Promise<string> {
  const inside = `${stills}/images`;
  return await source.isFolder(inside).catch(() => false) ? inside : stills;
}

/** What a seed learns from, and how many stacks that is; and the stacks that it is judged on. */
interface SeedStacks {
  readonly stream: FocusStream;
  readonly learned: number;
  readonly held: readonly LabelledStack[];
}

function streamOf(stacks: readonly LabelledStack[], config: TrainConfig): SeedStacks {
  const { seed, pairs, low, high, patch, augmentation, focusModel: { tolerance } } = config;
  const [learned, held] = splitStacks(stacks, config);
  const stream = new FocusStream(learned, {
    ...{ seed, pairs, low, high, tolerance, patch },
    // An elastic deformation blurs, and blur is what the classifier is to see.
    augmentation: { ...augmentation, elastic: { ...augmentation.elastic, probability: 0 } },
  });
  return { stream, learned: learned.length, held };
}

/** A seed about to be trained. */
interface PreparedSeed extends SeedPlace, SeedStacks {
  readonly network: Network;
  readonly learner: Learner;
  readonly schedule: Schedule;
  readonly plan: FocusPlanEvent;
}

/**
 * Makes the network of a seed, and plans its memory.
 *
 * @throws {OutOfMemoryError} If that exceeds the limit.
 */
function prepareSeed({ device, kinds }: OpenedRun, seed: SeedPlace & SeedStacks): PreparedSeed {
  const { config, stream, learned, held } = seed;
  const { pairs } = config;
  const kind = modelKind(config.model, kinds.models);
  const network = freshNetwork(device, { kind, settings: config });
  const tasks = [focusTask({ count: 2 * pairs })];
  const learner = new Learner(device, { network, tasks, patch: stream.side });
  const schedule = warmupSchedule(STAGE, config);
  const plan: FocusPlanEvent = {
    type: "plan",
    seed: config.seed,
    parameters: parameterCount(network.parameters),
    plannedBytes: learner.plannedBytes(),
    stacks: [learned, held.length],
    patch: stream.side,
    stages: [{ stage: STAGE, steps: schedule.steps }],
  };
  return { ...seed, network, learner, schedule, plan };
}

async function* trainSeed(
  run: OpenedRun,
  { config, folder, stream, held, network, learner, schedule, plan }: PreparedSeed,
): AsyncGenerator<TrainEvent> {
  const { device } = run;
  const { seed, low, high, focusModel: { sigma } } = config;
  yield plan;
  yield* notesOn({ side: stream.side, held, config });
  await run.recordKernels();
  const name = "weights.safetensors";
  if (await folder.has(name)) return;
  const resume = await folder.loadState();
  if (!resume) await folder.cutMetrics(0);
  const reading = { low, high, sigma };
  const { reason, best } = yield* runStage(STAGE, {
    ...{ learner, schedule, seed, resume, stop: run.stop },
    streams: new Map([[STAGE, stream]]),
    examiner: focusExaminer(device, { network, reading, stacks: held }),
    store: recordingStore(run, folder),
    settings: config,
  });
  const encode = (weights: typeof best) => encodeModelOf(network, { weights, reading });
  await folder.write("last.safetensors", encode(await learner.weights()));
  await folder.write(name, encode(best));
  yield { type: "stage", seed, stage: STAGE, reason, weights: folder.file(name) };
}

function encodeModelOf(
  { architecture }: Network,
  parts: Pick<Parameters<typeof encodeFocusModel>[0], "weights" | "reading">,
): Uint8Array<ArrayBuffer> {
  return encodeFocusModel({ architecture, ...parts, versions: versions() });
}

function* notesOn(
  { side, held, config: { patch } }: {
    side: number;
    held: readonly LabelledStack[];
    config: TrainConfig;
  },
): Generator<NoteEvent> {
  if (side < patch) {
    yield {
      type: "note",
      text: `The patches are ${side} pixels a side, as the smallest planes are`,
    };
  }
  if (held.length === 0) {
    yield {
      type: "note",
      text: "No stack is kept for validation: the last weights are the result",
    };
  }
}
