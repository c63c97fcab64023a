/**
 * One command on a bare video: it is looked at, the model is adapted to it where that helps, and everything
 * in it is segmented and shown.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { counted, wordFor } from "../../counted.ts";
import { unusable } from "../../images/faults/input_fault.ts";
import { basename } from "../../images/names.ts";
import { listStills } from "../../images/series/stills.ts";
import { openVideo, type Video } from "../../images/series/video.ts";
import { formatFactor, rescaledVideo, scaleFactor } from "../../images/scale/rescaled_video.ts";
import { BUILTIN } from "../../models/builtin/mod.ts";
import { buildModel, type ModelFile, objectScaleIn, readingOf } from "../../models/model_file.ts";
import { outputFormats } from "../../objects/formats/list.ts";
import { openGpu } from "../disk/open_gpu.ts";
import { disk } from "../disk/files.ts";
import { claimFolder } from "../disk/folders.ts";
import { hashOfModel, readModelFile } from "../disk/model_files.ts";
import { predict } from "../predict/predict.ts";
import { trackFiles } from "../track/track_files.ts";
import { inputOf } from "../progress/inputs.ts";
import { begin, type Progress, stopIfAsked, waitingFor } from "../progress/progress.ts";
import { adapt, seenSize } from "./adapt.ts";
import { adaptedWeights, compare } from "./compare.ts";
import { Pace, ROUNDS, secondsFor } from "../../learn/steady/plan.ts";
import { LABELS, MODEL, refuseOthers, REPORT, TRACKS } from "./own_parts.ts";
import { readResults, writeSteadyReport } from "./results.ts";
import type { Chosen } from "../../learn/steady/findings.ts";
import { cannotTeach, reasonToLeave } from "../../learn/steady/reasons.ts";
import { onlyPlane, see } from "../../learn/steady/see.ts";
import { type SteadyHead, SteadyKeeper } from "./steady_record.ts";
import {
  type SteadyEvent,
  type SteadyOptions,
  type Task,
  type TaskEvent,
  TASKS,
} from "./steady_options.ts";
import { emptyWarning } from "../../learn/steady/warnings.ts";

/** What all parts work with. */
interface SteadyRun {
  readonly options: SteadyOptions & Required<Pick<SteadyOptions, "source">>;
  readonly keeper: SteadyKeeper;
  readonly head: SteadyHead;
  readonly file: ModelFile;
  readonly video: Video;
  /** The video as models see it. */
  readonly seen: Video;
  readonly progress: Progress;
  /** How estimates compare with what parts took. */
  readonly pace: Pace;
}

/** The CRC-32 of the pixels of a video's first frame. */
async function firstFrameOf(video: Video): Promise<number> {
  const { data } = onlyPlane(await video.frame(0));
  return crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/**
 * Makes a video steady, and tells what happens as it happens. What is complete is kept: after a stop,
 * `resume` goes on behind it.
 *
 * @throws {RangeError | SyntaxError | TypeError} If video, model or stills cannot be used.
 * @throws {Error} If the folder holds a run and `resume` is not set, or another one than this, or anything
 *   else where results go.
 * @throws {StoppedError} If it was to stop.
 *
 * @example
 * ```ts ignore
 * for await (const event of steady({ video: "movie.tif", out: "steady/movie" })) {
 *   if (event.type === "steady") console.log(event.report);
 * }
 * ```
 *
 * @category Jobs
 */
export async function* steady(options: SteadyOptions): AsyncGenerator<SteadyEvent> {
  const { out, source = disk, resume = false, model = BUILTIN, stills = BUILTIN } = options;
  const { channel, slice, seed = 1, rounds = ROUNDS, stop } = options;
  const progress = begin("opening the video");
  await refuseOthers(out, { video: options.video });
  const file = await readModelFile(model);
  refuseStacks(file, model);
  // What is missing is told at once, not after minutes.
  if (stills !== BUILTIN) await listStills(source, stills);
  const video = yield* waitingFor(openVideo(source, options.video, { channel, slice }), {
    ...{ progress, stop },
  });
  refuseStill(video);
  const { path, length: frames, width, height } = video;
  const { pixelSize = null } = readingOf(file);
  const rescale = scaleFactor(video, { rescale: options.rescale ?? 1, pixelSize });
  const head: SteadyHead = {
    model: { path: model, hash: await hashOfModel(model) },
    video: { path, frames, width, height, first: await firstFrameOf(video) },
    settings: {
      ...{ stills, seed, rounds },
      ...(channel !== undefined && { channel }),
      ...(slice !== undefined && { slice }),
      ...(rescale !== 1 && { rescale }),
    },
  };
  using _claim = await claimFolder(out, "steady");
  const keeper = await SteadyKeeper.open(out, { head, resume });
  const seen = rescaledVideo(video, rescale);
  const run = {
    options: { ...options, source },
    keeper,
    head,
    file,
    video,
    seen,
    progress,
    pace: new Pace(),
  };
  yield inputOf(video);
  const scaled = rescale === 1 ? [] : [`${path}: seen ${formatFactor(rescale)}`];
  for (const text of [...video.notes, ...scaled]) yield { type: "note", text };
  yield* lookPart(run);
  yield* adaptPart(run);
  const chosen = yield* comparePart(run);
  yield* predictPart(run, chosen);
  yield* trackPart(run);
  yield* reportPart(run);
  yield {
    type: "steady",
    ...{ out, labels: keeper.record.tracked!.labels, report: `${out}/${REPORT}` },
    ...{ chosen: chosen.chosen, model: modelOf(run, chosen) },
  };
}

function refuseStacks(file: ModelFile, path: string): void {
  if (!file.kind.objects) {
    throw new TypeError(
      `Cannot use ${path}: it finds planes in focus, not objects; give another --model`,
    );
  }
  const { planes, channels } = readingOf(file);
  if (channels) {
    throw new TypeError(
      `Cannot use ${path}: it takes ${channels.length} channels, and steady looks at one; train on the ` +
        "movie with --video and --resume-from instead, then predict with --track",
    );
  }
  if (planes === null) return;
  throw new TypeError(
    `Cannot use ${path}: its images are the planes around focus; train on the movie with --video instead`,
  );
}

function refuseStill({ path, length, areSlices }: Video): void {
  if (length < 2) {
    throw unusable(
      `Cannot use ${path} as a video: it has ${length} frame; give a folder of frames or a TIFF stack, or ` +
        "use predict for single images",
    );
  }
  if (areSlices) {
    throw unusable(
      `Cannot use ${path} as a video: its ${length} images are slices in depth of one time; give a movie`,
    );
  }
}

/** The weights that are predicted with. */
function modelOf({ options: { out }, head }: SteadyRun, { chosen }: Chosen): string {
  return chosen === "adapted" ? adaptedWeights(`${out}/${MODEL}`) : head.model.path;
}

function task(
  { keeper: { record }, head, pace }: SteadyRun,
  { task, text, isKept }: Pick<TaskEvent, "task" | "text" | "isKept">,
): TaskEvent {
  const number = TASKS.indexOf(task) + 1;
  let secondsLeft: number | null = null;
  if (record.seen) {
    const adapts = (record.adapted?.left ?? reasonToLeave(record.seen)) === null;
    const seconds = {
      look: 0,
      ...secondsFor(seenSize(head), { ...record.seen, ...head.settings, adapts }),
    };
    const later: readonly Task[] = TASKS.slice(isKept ? number : number - 1);
    pace.begin(isKept ? 0 : seconds[task]);
    secondsLeft = pace.factor * later.reduce((sum, name) => sum + seconds[name], 0);
  }
  return { type: "task", task, number, of: TASKS.length, isKept, text, secondsLeft };
}

async function* lookPart(run: SteadyRun): AsyncGenerator<SteadyEvent> {
  const { keeper, video, seen: shown, file, progress, options: { stop } } = run;
  const isKept = keeper.record.seen !== undefined;
  yield task(run, { task: "look", text: `Looking at ${video.name}`, isKept });
  if (!isKept) {
    using device = await openGpu();
    const model = buildModel(device, file);
    const scale = objectScaleIn(file);
    const parts = { size: seenSize(run.head), rescale: run.head.settings.rescale };
    const seen = yield* waitingFor(
      see(device, { ...parts, video: shown, model, scale, progress }),
      {
        progress,
        stop,
      },
    );
    await keeper.add({ seen });
  }
  const { range, exposure, described, warnings } = keeper.record.seen!;
  yield { type: "range", path: video.path, ...range };
  for (const text of described) yield { type: "note", text };
  if (exposure !== 1) {
    yield { type: "note", text: `${video.name} is seen at exposure ${exposure.toFixed(2)}` };
  }
  for (const text of warnings) yield { type: "warning", text };
}

async function* adaptPart(run: SteadyRun): AsyncGenerator<SteadyEvent> {
  const { keeper, head, file, options: { out, source, stop } } = run;
  const seen = keeper.record.seen!;
  const left = reasonToLeave(seen) ?? cannotTeach(file);
  const isKept = keeper.record.adapted !== undefined;
  const text = left === null
    ? `Adapting the model to ${run.video.name}`
    : "Leaving the model as it is";
  yield task(run, { task: "adapt", text, isKept });
  if (isKept) return;
  if (left !== null) return await keeper.add({ adapted: { left, alarm: null } });
  await keeper.begin(MODEL);
  const adapted = yield* adapt({ out: `${out}/${MODEL}`, head, file, seen, source, stop });
  await keeper.add({ adapted });
}

async function* comparePart(run: SteadyRun): AsyncGenerator<SteadyEvent, Chosen> {
  const { keeper, progress, options: { out, stop } } = run;
  const isKept = keeper.record.chosen !== undefined;
  yield task(run, { task: "compare", text: "Comparing the models without labels", isKept });
  if (!isKept) {
    const { seen, adapted } = keeper.record;
    using device = await openGpu();
    const parts = { seen: seen!, adapted: adapted!, progress };
    const options = { run: `${out}/${MODEL}`, video: run.seen, ...parts };
    const chosen = yield* waitingFor(compare(device, options), { progress, stop });
    await keeper.add({ chosen });
  }
  const chosen = keeper.record.chosen!;
  for (const text of chosen.reasons) yield { type: "note", text };
  return chosen;
}

async function* predictPart(run: SteadyRun, chosen: Chosen): AsyncGenerator<SteadyEvent> {
  const { keeper, video, options: { out, source, stop, channel, slice } } = run;
  const isKept = keeper.record.predicted !== undefined;
  yield task(run, { task: "predict", text: `Segmenting ${video.name}`, isKept });
  if (!isKept) {
    const labels = `${out}/${LABELS}`;
    const { exposure } = keeper.record.seen!;
    const outputs = outputFormats.filter(({ flag }) => flag === "rois" || flag === "geojson");
    const model = modelOf(run, chosen);
    const places = { model, inputs: [video.path], out: labels, outputs, source };
    const { rescale } = run.head.settings;
    const choice = { exposure, channel, slice, rescale, as: "video" } as const;
    await keeper.begin(LABELS);
    for await (const event of predict({ ...places, ...choice })) {
      if (event.type !== "done" && event.type !== "input" && event.type !== "range") yield event;
      stopIfAsked(stop, `while segmenting ${video.name}`);
    }
    const results = await readResults(labels);
    const counts = await results.counts();
    await keeper.add({
      predicted: { labels: results.path, warnings: emptyWarning(counts, results.numbers) },
    });
  }
  for (const text of keeper.record.predicted!.warnings) yield { type: "warning", text };
}

/** Links objects to tracks and puts those back that frames within a track miss. */
async function* trackPart(run: SteadyRun): AsyncGenerator<SteadyEvent> {
  const { keeper, video, options: { out, source, stop, slice } } = run;
  const isKept = keeper.record.tracked !== undefined;
  yield task(run, { task: "track", text: "Linking objects to tracks", isKept });
  if (!isKept) {
    const { labels } = keeper.record.predicted!;
    const places = { labels, images: video.path, out: `${out}/${TRACKS}`, overwrite: true };
    const described: string[] = [];
    await keeper.begin(TRACKS);
    for await (const event of trackFiles({ ...places, fill: "copy", slice, source })) {
      if (event.type === "done") {
        const { tracks, divisions, put_back } = event;
        described.push(
          `${counted(tracks, "track")}, ${counted(divisions, "division")}; ` +
            `${counted(put_back, "object")} ${
              wordFor(put_back, "was", "were")
            } put back that single ` +
            "frames miss",
        );
      } else yield event;
      stopIfAsked(stop, "while linking objects to tracks");
    }
    const name = labels === `${out}/${LABELS}` ? "" : `/${basename(labels)}`;
    await keeper.add({ tracked: { labels: `${out}/${TRACKS}${name}`, described } });
  }
  for (const text of keeper.record.tracked!.described) yield { type: "note", text };
}

async function* reportPart(run: SteadyRun): AsyncGenerator<SteadyEvent> {
  const { keeper, video, progress, options: { out, stop } } = run;
  yield task(run, { task: "report", text: "Writing the report", isKept: false });
  await keeper.begin(REPORT);
  const writing = writeSteadyReport({
    ...{ record: keeper.record, video, progress },
    file: `${out}/${REPORT}`,
  });
  yield* waitingFor(writing, { progress, stop });
}
