/**
 * Applies a model to image files: one label TIFF per input image, a stack for a stack.
 *
 * A model that takes z-stacks finds their focus planes first, or takes them from a table. A single
 * image is normalised by itself; the frames of a video (a folder of numbered images, or a stack with
 * several frames) as the model was told to normalise videos.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { testHalves } from "../../../kernels/self_test.ts";
import { storingHalves } from "../../../nn/storing_halves.ts";
import { counted } from "../../counted.ts";
import { reasonOf } from "../../images/faults/damaged_files.ts";
import { groupNotes } from "../../images/formats/notes.ts";
import type { Video } from "../../images/series/video.ts";
import { changeDecode } from "../../models/decode_changes.ts";
import { InvalidArgumentError } from "../../invalid_argument.ts";
import { defaultKinds } from "../../models/list.ts";
import {
  buildModel,
  type Model,
  type ModelFile,
  objectScaleIn,
  readingOf,
} from "../../models/model_file.ts";
import { finishedInTurns, inTurns, underwayOf } from "../../models/turns.ts";
import { disk } from "../disk/files.ts";
import { claimFolder, makeFolder } from "../disk/folders.ts";
import { openGpu } from "../disk/open_gpu.ts";
import { readKernelFile } from "../disk/kernel_file.ts";
import { scaleText } from "../../models/object_scale.ts";
import { hashOfModel } from "../disk/model_files.ts";
import { inputOf } from "../progress/inputs.ts";
import { begin, waitingFor } from "../progress/progress.ts";
import { ObjectSizes } from "../../objects/object_sizes.ts";
import type { JobOutput } from "../outputs/job_output.ts";
import { foldersOf, type PlannedJob, planOutputs } from "../outputs/output_plan.ts";
import { refuseWhole } from "./blocks/predict_rows.ts";
import { dividedJobs, predictBlockJobs } from "./blocks/row_jobs.ts";
import { FrameReader } from "./frame_reader.ts";
import { pagedSource } from "../workers/page_source.ts";
import { poolFor } from "../workers/pool.ts";
import { openInputs } from "./open_inputs.ts";
import { KnownRanges } from "./known_ranges.ts";
import { segmentFrame } from "./segment/segment_frame.ts";
import { predictionJobs } from "./output_names.ts";
import { rescaledInputs } from "./scale/rescale.ts";
import type { PredictEvent, PredictOptions } from "./predict_options.ts";
import { type PlannedInput, type RecordedSettings, RecordKeeper } from "./predict_record.ts";

/** The most workers: they take some 50 milliseconds of a frame, and a GPU takes a few. */
const MOST_WORKERS = 4;
/** Fewer frames are done before workers run. */
const FEWEST_SHARED = 8;

/**
 * Predicts with a model that finds objects, and tells what happens as it happens.
 *
 * Frames of all inputs run through one pipeline, a few at a time: while the GPU computes one, the
 * next is read and those before are encoded and written. A frame is told of when it is in its file,
 * or on its way into that of its stack.
 *
 * @throws {SyntaxError | RangeError | TypeError} If a file is damaged or does not fit, or a setting is
 *   not for the model's kind of network.
 * @throws {Error} If two inputs would be written to one file, or onto an input, or another process writes
 *   into the output folder; in the end, if damaged
 *   files were left out.
 */
export async function* predictObjects(
  options: PredictOptions,
  file: ModelFile,
): AsyncGenerator<PredictEvent> {
  const { out, memory = 4096, kernels } = options;
  using device = await openGpu({
    memoryLimit: memory * 1024 ** 2,
    kernels: kernels === undefined ? {} : await readKernelFile(kernels),
  });
  const reading = readingOf(file);
  const { pixelSize = null } = reading;
  const progress = begin("opening the images");
  using made = new DisposableStack();
  const { workers: wanted, source = disk, level } = options;
  const pool = made.adopt(
    poolFor(device, { most: MOST_WORKERS, wanted }),
    (pool) => pool?.[Symbol.dispose](),
  );
  const files = level === undefined ? source : { ...source, level };
  const mostKept = device.adapter.isSoftware ? 0 : undefined;
  const paged = { ...options, source: pagedSource(files, { pool, mostKept }) };

  const opening = openInputs(device, { options: paged, reading, progress });
  const opened = yield* waitingFor(opening, { progress });
  const { rescale } = options;
  const { videos, folders, damaged, ...inputs } = rescaledInputs(opened, { rescale, pixelSize });
  for (const text of groupNotes(inputs.notes)) yield { type: "note", text };
  // A still is what it is; a video may have been taken for something else.
  yield* videos.filter(({ length }) => length > 1).map(inputOf);
  for (const one of damaged) yield { type: "note", text: `${reasonOf(one)}: left out` };
  const { jobs, notes } = await planFiles(videos, { folders, options });
  for (const text of notes) yield { type: "note", text };
  refuseDoubts(file, options);
  const model = await changedModel(device, buildModel(device, file), options);
  made.use(await claimFolder(out, "predict"));
  const planned = await plannedInputs(jobs, options);
  const head = {
    model: { path: options.model, hash: await hashOfModel(options.model) },
    settings: settingsOf(model, options),
  };
  const ranges = options.ranges === undefined
    ? undefined
    // Ranges do not depend on where frames lie.
    : await KnownRanges.open(options.ranges, {
      ...head,
      settings: { ...head.settings, stabilise: undefined, subpixel: undefined },
    });
  const record = await RecordKeeper.open(out, { ...head, inputs: [...planned.values()] });
  for (const text of record.notes) yield { type: "note", text };
  for (const folder of foldersOf(jobs)) made.use(await makeFolder(folder));
  const total = jobs.reduce((sum, { frames }) => sum + frames.length, 0);
  let [written, seen, found] = [0, 0, 0];
  const [sizes, scale] = [new ObjectSizes(), objectScaleIn(file)];
  // Who leaves need not wait until range and exposure are found.
  const leaving = new AbortController();
  const reader = new FrameReader(device, {
    ...{ model, options, progress, record, ranges, inputs: planned, stop: leaving.signal },
  });
  const enlarged = typeof rescale === "number" ? rescale ** 2 : 1;
  const { whole, inBlocks } = dividedJobs(jobs, { model, blockRows: options.blockRows });
  for (const { job } of inBlocks) refuseWhole(job.source, options);
  const largest = enlarged *
    Math.max(1, ...whole.map(({ source: { width, height } }) => width * height));
  if (pool !== null && (wanted !== undefined || total >= FEWEST_SHARED)) {
    const started = pool.start();
    // Who asked for workers is not to see this thread do their work.
    if (wanted !== undefined) await started;
  }
  const segmented = finishedInTurns(
    inTurns(
      device,
      reader.frames(whole),
      (frame) => segmentFrame(device, { frame, model, options, progress, pool }),
      { most: underwayOf(device, largest) },
    ),
    { most: () => Math.min(pool?.size ?? 0, underwayOf(device, largest)) },
  );
  let before = performance.now();
  let output: JobOutput | null = null;
  try {
    for (;;) {
      const step = yield* waitingFor(segmented.next(), { progress });
      if (step.done) break;
      const { frame: { name, path, done, ...frame }, objects, ...result } = step.value;
      yield* reader.notes.splice(0);
      output = frame.output;
      if (await output.add(result)) written++;
      found += objects;
      if (scale !== null) sizes.add(result.labels);
      seen++;
      const now = performance.now();
      const seconds = (now - before) / 1000;
      before = now;
      yield { type: "frame", name, path, done, total, objects, seconds };
    }
    const done = total - inBlocks.length;
    const shared = { reader, model, options, progress, record, done, total };
    for await (const event of predictBlockJobs(device, inBlocks, shared)) {
      if (event.type === "frame") {
        yield* reader.notes.splice(0);
        [written, seen, found] = [written + 1, seen + 1, found + event.objects];
      }
      yield event;
    }
  } finally {
    leaving.abort();
    await segmented.return(undefined);
    await output?.[Symbol.asyncDispose]();
    if (written > 0) await record.save();
  }
  yield* reader.notes.splice(0);
  yield* reader.sparseNotes;
  if (seen > 0 && found === 0) yield { type: "note", text: nothingFound(seen) };
  const where = videos.length === 1 ? videos[0].path : "the images";
  const magnified = scaleText(sizes, { scale, where });
  if (magnified !== null) yield { type: "note", text: magnified };
  yield { type: "done", out, written, kept: reader.kept };
  const skipped = damaged.length + reader.damaged.length;
  if (skipped > 0) {
    const images = counted(skipped, "image");
    throw new Error(`Cannot read ${images}, which the notes name: all others are done`);
  }
}

/** Refuses to write doubtful objects of a model that has none. */
function refuseDoubts({ kind }: ModelFile, { outputs = [], model }: PredictOptions): void {
  const format = outputs.find(({ needs }) => needs.includes("doubtful"));
  if (format === undefined || kind.objects?.hasDoubts) return;
  throw new InvalidArgumentError(
    `Cannot use --${format.flag} with ${model}, a model of ${kind.label}: it keeps all that it proposes; ` +
      "leave the flag out",
  );
}

/** What is written of which frames. */
async function planFiles(
  videos: readonly Video[],
  { folders, options: { out, outputs, ctc, frames } }: {
    folders: ReadonlyMap<Video, string>;
    options: PredictOptions;
  },
): Promise<{ jobs: PlannedJob<Video>[]; notes: string[] }> {
  for (const video of videos) outputs?.forEach((format) => format.check?.(video));
  const jobs = predictionJobs(videos, { ctc, folders, frames });
  const planned = await planOutputs(jobs, {
    out,
    outputs,
    inputs: videos.map(({ path }) => path),
    sayTwice: (name, { first, second }) =>
      `Cannot predict ${second.source.path}: ${name} would be written twice, also for ` +
      `${first.source.path}; predict them into different folders with --out`,
    sayAmong: (input) =>
      `Cannot predict ${input} into ${out}: results would be mixed with or replace the images; ` +
      "give another --out",
  });
  const notes = jobs.some(({ stem }) => stem.includes("/"))
    ? [`Images of several inputs have the same names: ${out} has a folder for each input`]
    : [];
  return { jobs: planned, notes };
}

/** The inputs with their label files, and whether some of these are there and are kept. */
async function plannedInputs(
  jobs: readonly PlannedJob<Video>[],
  { out, overwrite = false, frames: part }: PredictOptions,
): Promise<Map<Video, PlannedInput>> {
  const inputs = new Map<Video, PlannedInput>();
  for (const { source, files } of jobs) {
    const { path } = files.at(-1)!; // The labels come last.
    const { labels = [], isKept = false } = inputs.get(source) ?? {};
    const isThere = isKept || !overwrite && await Deno.stat(path).then(() => true, () => false);
    const name = path.slice(out.length + 1);
    inputs.set(source, { path: source.path, labels: [...labels, name], isKept: isThere, part });
  }
  return inputs;
}

/** What results depend on besides images and weights. */
export function settingsOf(
  { decode, exposure: own }: Model,
  { normalize, exposure = own, tta, views = 1, channel, slice, as, focus, ...more }: PredictOptions,
): RecordedSettings {
  return {
    ...decode,
    ...{ normalize, exposure, views: tta ? "all orientations" : views },
    ...{ channel, channels: more.channels, slice, focus },
    ...{ level: more.level, rescale: more.rescale },
    ...(more.stabilise && { stabilise: true }),
    ...(more.subpixel && { subpixel: true }),
    ...(more.precision === "f16" && { precision: "f16" }),
    // Last, as merging parts to tracks adds it there.
    as,
  };
}

/**
 * A model that decodes and stores as a user wants.
 *
 * @throws {SelfTestError} If it is to store halves and this GPU cannot.
 */
export async function changedModel(
  device: Device,
  model: Model,
  options: PredictOptions,
): Promise<Model> {
  const { model: file, models = defaultKinds.models, precision } = options;
  const changed = { ...model, decode: changeDecode(options, { ...model, file, models }) };
  if (precision !== "f16") return changed;
  await testHalves(device);
  return { ...changed, network: storingHalves(model.network) };
}

/** What to say where a model sees nothing at all. */
function nothingFound(images: number): string {
  const [where, they] = images === 1
    ? ["the image", "it is"]
    : [`any of the ${images} images`, "they are"];
  return `No object was found in ${where}: look whether ${they} like those that the model was trained on ` +
    "(size of objects, channel, exposure), or lower --threshold";
}
