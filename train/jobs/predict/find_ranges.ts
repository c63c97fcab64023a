/**
 * Finds what frames of a video share before any of them is predicted: the range of intensities, which
 * takes a look at all of them, and the exposure. With the file that holds it, parts of the video can be
 * predicted by many processes, each as if it had seen the whole.
 *
 * @module
 */

import { groupNotes } from "../../images/formats/notes.ts";
import { buildModel, readingOf } from "../../models/model_file.ts";
import { checkWritable, writeFileAtomic } from "../disk/atomic_file.ts";
import { openGpu } from "../disk/open_gpu.ts";
import { hashOfModel, readModelFile } from "../disk/model_files.ts";
import { VERSION } from "../disk/version.ts";
import { inputOf } from "../progress/inputs.ts";
import { begin, waitingFor } from "../progress/progress.ts";
import { FrameReader } from "./frame_reader.ts";
import { rescaledInputs } from "./scale/rescale.ts";
import { openInputs } from "./open_inputs.ts";
import { changedModel, settingsOf } from "./predict_objects.ts";
import { checkTogether, type PredictEvent, type PredictOptions } from "./predict_options.ts";
import {
  differencesOf,
  isSamePlace,
  type PredictionRecord,
  readRecord,
  type RecordedInput,
} from "./predict_record.ts";

/**
 * Everything is written.
 *
 * @category Jobs
 */
export interface RangesFound {
  /** What kind of event this is. */
  readonly type: "done";
  /** The file. */
  readonly out: string;
  /** Videos whose ranges it holds. */
  readonly videos: number;
}

/**
 * What finding ranges tells while it runs.
 *
 * @category Jobs
 */
export type RangesEvent = Exclude<PredictEvent, { type: "frame" | "done" }> | RangesFound;

/**
 * Finds ranges and exposures of videos, and writes them to a file for `PredictOptions.ranges`.
 *
 * @param options As of the predictions that follow, but for `out`, which is the file.
 * @throws {Error} If the file is there and holds anything else, or cannot be written.
 * @throws {SyntaxError | RangeError | TypeError} If a file is damaged or does not fit, or a setting is
 *   not for the model's kind of network.
 *
 * @category Jobs
 */
export async function* findRanges(options: PredictOptions): AsyncGenerator<RangesEvent> {
  checkTogether(options);
  const { out, memory = 4096, overwrite = false } = options;
  await checkWritable(out);
  const file = await readModelFile(options.model, { models: options.models });
  using device = await openGpu({ memoryLimit: memory * 1024 ** 2 });
  const progress = begin("opening the images");
  const reading = readingOf(file);
  const opening = openInputs(device, { options, reading, progress });
  const { videos, notes } = rescaledInputs(yield* waitingFor(opening, { progress }), {
    ...{ rescale: options.rescale, pixelSize: reading.pixelSize ?? null },
  });
  for (const text of groupNotes(notes)) yield { type: "note", text };
  yield* videos.map(inputOf);
  const model = await changedModel(device, buildModel(device, file), options);
  const head = {
    version: VERSION,
    model: { path: options.model, hash: await hashOfModel(options.model) },
    settings: settingsOf(model, options),
  };
  if (!overwrite && await isFound(out, { head, videos })) {
    yield { type: "note", text: `${out}: found alike before, and kept; --overwrite replaces it` };
    yield { type: "done", out, videos: videos.length };
    return;
  }
  const found: RecordedInput[] = [];
  const reader = new FrameReader(device, {
    ...{ model, options, progress },
    inputs: new Map(
      videos.map((video) => [video, { path: video.path, labels: [], isKept: false }]),
    ),
    record: {
      earlier: () => null,
      add: (input) => found.push(input),
      saveInTime: () => Promise.resolve(),
    },
  });
  for (const video of videos) {
    yield* waitingFor(reader.prepare(video), { progress });
    yield* reader.notes.splice(0);
  }
  yield* reader.sparseNotes;
  const record: PredictionRecord = { ...head, inputs: found };
  await writeFileAtomic(out, `${JSON.stringify(record, null, 2)}\n`);
  yield { type: "done", out, videos: found.length };
}

/**
 * Whether a file holds the ranges of these videos.
 *
 * @throws {Error} If it is there and holds anything else.
 */
async function isFound(
  out: string,
  { head, videos }: {
    head: Omit<PredictionRecord, "inputs">;
    videos: readonly { readonly path: string; readonly length: number }[];
  },
): Promise<boolean> {
  const before = await readRecord(out).catch((): "damaged" => "damaged");
  if (before === null) return false;
  const refuse = (what: string) => {
    throw new Error(
      `Cannot write ranges to ${out}: ${what}; give another --out, or replace it with --overwrite`,
    );
  };
  if (before === "damaged") return refuse("it is no file of ranges");
  const { inputs } = before;
  const differences = differencesOf(before, head);
  if (differences.length > 0) return refuse(`it was found with ${differences.join(", ")}`);
  const isAlike = async ({ path, frames }: RecordedInput, at: number) =>
    frames === videos[at].length && await isSamePlace(path, videos[at].path);
  const alike = inputs.length === videos.length ? await Promise.all(inputs.map(isAlike)) : [false];
  return alike.includes(false) ? refuse("it is of other videos") : true;
}
