/**
 * Measures label images on disk against truth and markers on disk.
 *
 * @module
 */

import { unusable } from "../images/faults/input_fault.ts";
import { checkWritable, writeFileAtomic } from "./disk/atomic_file.ts";
import { disk } from "./disk/files.ts";
import { countUp, formatRanges, join, notNumbered } from "../images/names.ts";
import { measureImage } from "../images/formats/decode.ts";
import { readTracks, RESULT_TRACKS, TRUE_TRACKS } from "./track/read_tracks.ts";
import { goOn, type Progress } from "./progress/progress.ts";
import type { Source } from "../images/source.ts";
import type { LabelImage } from "../images/image.ts";
import { backgroundOf } from "../images/masks/binary.ts";
import { intensitiesWarning } from "../images/masks/intensities.ts";
import {
  type MaskFacts,
  type MaskKind,
  maskNotes,
  type MaskOptions,
  objectsInMask,
} from "../images/masks/reading.ts";
import { type FrameTimes, frameTimes } from "../images/series/frame_times.ts";
import { type LoneTruth, matchTruth, readTruthPair } from "../images/series/match_truth.ts";
import { type LabelSequence, openLabels } from "../images/series/truth.ts";
import {
  evaluateFrames,
  type Evaluation,
  type EvaluationFrame,
  type EvaluationOptions,
} from "../objects/scores/evaluate.ts";

/**
 * What to measure.
 *
 * @category Jobs
 */
export interface EvaluateFilesOptions {
  /** A folder or stack of label images. */
  readonly labels: string;
  /** True label images, matched by frame number or name. */
  readonly truth?: string;
  /**
   * Marker images (one marker per object), matched likewise. If their folder has a `man_track.txt`, and that
   * of the labels a `res_track.txt` or `tracks.csv`, tracks are scored.
   */
  readonly markers?: string;
  /**
   * Pixels of truth that hold this number are left out: a prediction that lies mostly there is neither right
   * nor wrong; 0 and unless told none.
   */
  readonly ignoreLabel?: number;
  /**
   * What the numbers in truth are: each an object (`instances`, unless told), or all but the lowest
   * foreground, whose connected pixels are the objects (`binary`).
   */
  readonly masks?: MaskKind;
  /** Also measure without objects that lie wholly in a rim of this width in pixels. */
  readonly field?: number;
  /** A JSON file to write. */
  readonly out?: string;
  /** Notes how far it is. */
  readonly progress?: Progress;
  /** Where images are read from; the disk unless told. */
  readonly source?: Source;
}

/**
 * What was measured, and what a user should know about it.
 *
 * @category Jobs
 */
export interface FilesEvaluation extends Evaluation {
  /** What seems to be wrong with labels or truth, and what to do; left out without any. */
  warnings?: string[];
  /** Which frames met which truth and markers, and where frames are missing; left out without any. */
  notes?: string[];
  /** The number in truth that marked pixels to leave out; only if there was one. */
  ignore_label?: number;
}

/**
 * Measures, and writes the JSON file if one is asked for. Frames with truth or markers and without labels
 * count as empty: what was not segmented was missed.
 *
 * @throws {SyntaxError | RangeError | TypeError} If files are damaged, do not match or differ in size.
 * @category Jobs
 */
export async function evaluateFiles(options: EvaluateFilesOptions): Promise<FilesEvaluation> {
  const { source = disk, ignoreLabel = 0, masks, progress } = options;
  if (options.out !== undefined) await checkWritable(options.out);
  const labels = holdingLast(await openLabels(source, options.labels));
  const truth = options.truth === undefined
    ? null
    : await openTruth(source, options.truth, { ignoreLabel, masks });
  const markers = options.markers === undefined ? null : await openLabels(source, options.markers);
  const known = {
    truth: truth && matched(labels, truth.sequence),
    markers: markers && matched(labels, markers),
  };
  // Without truth there is nothing to measure but flicker, which stills do not have.
  const areStills = (truth ?? markers) !== null && await haveManySizes(source, labels);
  const times = areStills ? stillTimes(labels) : timesOf(labels, known);
  const places = placesOf(labels, { ...known, times });
  const frames = framesOf(labels, { ...known, places, areStills });
  const counted = progress ? countedItems(frames, progress) : frames;
  if (progress) goOn(progress, `measuring ${options.labels}`, places.length);
  const tracks = await tracksOf(source, options);
  const measured = await evaluateFrames(counted, { field: options.field, tracks });
  const read = maskNotes(truth?.facts ?? [], { masks, what: "truth images" });
  const notes = [
    ...metNotes(known, labels),
    ...(areStills ? [] : orderNote(labels)),
    ...times.notes,
    ...read.notes,
  ];
  const warnings = [
    ...await intensitiesWarning(labels),
    ...(truth ? await intensitiesWarning(truth.sequence, { flag: "--truth" }) : []),
    ...(markers ? await intensitiesWarning(markers, { flag: "--markers" }) : []),
    ...read.warnings,
  ];
  const evaluation = {
    ...(warnings.length > 0 && { warnings }),
    ...(notes.length > 0 && { notes }),
    ...measured,
    ...(ignoreLabel !== 0 && { ignore_label: ignoreLabel }),
  };
  if (options.out !== undefined) {
    await writeFileAtomic(options.out, JSON.stringify(evaluation, null, 2) + "\n");
  }
  return evaluation;
}

/** The tracks of markers and labels, where both have them. */
async function tracksOf(
  source: Source,
  { labels, markers }: EvaluateFilesOptions,
): Promise<EvaluationOptions["tracks"]> {
  if (markers === undefined) return undefined;
  const truth = await readTracks(source, markers, TRUE_TRACKS);
  const ours = truth && await readTracks(source, labels, RESULT_TRACKS);
  return truth && ours ? { truth, labels: ours } : undefined;
}

/** The same, counted as they are taken. */
async function* countedItems<T>(items: AsyncIterable<T>, progress: Progress): AsyncGenerator<T> {
  for await (const item of items) {
    yield item;
    progress.done++;
  }
}

/** Truth or markers, and which labels they belong to. */
interface Matched {
  readonly sequence: LabelSequence;
  /** Position in the sequence by position in the labels. */
  readonly index: ReadonlyMap<number, number>;
  /** What has no labels. */
  readonly lone: readonly LoneTruth[];
  /** What met what. */
  readonly met: string;
}

/** What is known of the labels. */
interface Known {
  readonly truth: Matched | null;
  readonly markers: Matched | null;
}

/** The positions of what belongs to one frame. */
interface FramePlace {
  readonly number: number;
  readonly label?: number;
  truth?: number;
  markers?: number;
}

function matched(labels: LabelSequence, sequence: LabelSequence): Matched {
  const { pairs, withoutLabels, met } = matchTruth(labels, sequence);
  const index = new Map(pairs.map((pair) => [pair.label, pair.truth]));
  return { sequence, index, lone: withoutLabels, met };
}

/** When the labels were taken; frames that only truth or markers have are frames of the video, too. */
function timesOf({ path, numbers }: LabelSequence, { truth, markers }: Known): FrameTimes {
  const lone = [...truth?.lone ?? [], ...markers?.lone ?? []];
  return frameTimes({ name: path, numbers, others: lone.flatMap(({ number }) => number ?? []) });
}

/** Whether labels in files of their own are of several sizes; what is wrong with a file is said when it is read. */
async function haveManySizes(
  source: Source,
  { path, stack, names }: LabelSequence,
): Promise<boolean> {
  if (stack || names.length === 1) return false;
  const sizes = new Set<string>();
  for (const name of names) {
    const image = await measureImage(source, join(path, name)).catch(() => null);
    if (image !== null) sizes.add(`${image.width}x${image.height}`);
    if (sizes.size > 1) return true;
  }
  return false;
}

/** What may be stills, and is taken for a video. */
function orderNote({ path, stack, stems }: LabelSequence): string[] {
  if (stack || stems.length === 1 || countUp(stems)) return [];
  return [
    `${
      notNumbered(path, stems)
    }; flicker takes them for frames of a video in the order of their names`,
  ];
}

/** Stills are no neighbours. */
function stillTimes({ path, names }: LabelSequence): FrameTimes {
  const note =
    `${path}: its ${names.length} images are of several sizes, so each stands for itself: ` +
    "there is no flicker";
  return { times: names.map((_, i) => 2 * i), step: null, notes: [note] };
}

/** What met what, and what of truth and markers has no labels. */
function metNotes({ truth, markers }: Known, { path }: LabelSequence): string[] {
  const lines = [truth, markers].flatMap((matched) => {
    if (matched === null) return [];
    const { sequence, lone, met } = matched;
    const numbers = lone.map(({ truth: at }) => sequence.numbers[at]);
    const { stack, stems } = sequence;
    const areCounted = stack || stems.length === 1 || countUp(stems);
    const which = areCounted && numbers.every((number) => number !== null)
      ? `${sequence.stack ? "pages" : "frames"} ${formatRanges(numbers.toSorted((a, b) => a - b))}`
      : lone.map(({ name }) => name).slice(0, 3).join(", ");
    return lone.length === 0
      ? [met]
      : [met, `${path} has no labels for ${which} of ${sequence.path}`];
  });
  return [...new Set(lines)];
}

async function* framesOf(
  labels: LabelSequence,
  { areStills, places, ...known }: Known & { places: readonly FramePlace[]; areStills: boolean },
): AsyncGenerator<EvaluationFrame> {
  const first = await labels.frame(0);
  const read = async (sequence: LabelSequence, at: number) => {
    const image = await sequence.frame(at);
    const isAlike = image.width === first.width && image.height === first.height;
    if (areStills || isAlike) return image;
    throw unusable(
      `Cannot evaluate ${labels.path}: ${sequence.names[at]} is ${image.width}x${image.height}, ` +
        `${labels.names[0]} is ${first.width}x${first.height}; keep only frames of one video there`,
    );
  };
  const partner = async (label: number | undefined, matched: Matched | null, at?: number) => {
    if (!matched || at === undefined) return undefined;
    const { sequence } = matched;
    if (label === undefined) return await read(sequence, at);
    return (await readTruthPair({ label, truth: at }, { labels, truth: sequence })).truth;
  };
  for (const { number, label, truth, markers } of places) {
    yield {
      number,
      labels: label === undefined ? undefined : await read(labels, label),
      truth: await partner(label, known.truth, truth),
      markers: await partner(label, known.markers, markers),
    };
  }
}

/** All frames that have labels, truth or markers, in the order of time. */
function placesOf(
  { numbers }: LabelSequence,
  { truth, markers, times: { times, step } }: Known & { times: FrameTimes },
): FramePlace[] {
  const places = times.map((number, label): FramePlace => ({
    ...{ number, label, truth: truth?.index.get(label), markers: markers?.index.get(label) },
  }));
  // What has no place among the labels comes behind them; no two frames are neighbours there.
  let behind = times.at(-1)! + 2;
  const lone = new Map<string | number, FramePlace>();
  for (const [kind, matched] of Object.entries({ truth, markers })) {
    for (const { truth: at, name, number } of matched?.lone ?? []) {
      const hasTime = number !== null && step !== null;
      const known = lone.get(number ?? name) ?? {
        number: hasTime ? times[0] + (number - numbers[0]!) / step : (behind += 2),
      };
      lone.set(number ?? name, { ...known, [kind]: at });
    }
  }
  return [...places, ...lone.values()].toSorted((a, b) => a.number - b.number);
}

/** Truth, and what is found out about each of its images when it is read. */
async function openTruth(
  source: Source,
  path: string,
  { ignoreLabel, masks }: MaskOptions,
): Promise<{ sequence: LabelSequence; facts: MaskFacts[] }> {
  const stored = await openLabels(source, path, { ignoreLabel });
  const all = async function* () {
    for (let i = 0; i < stored.length; i++) yield await stored.frame(i);
  };
  const background = masks === "binary" ? await backgroundOf(all(), { what: path }) : 0;
  const facts: MaskFacts[] = [];
  const frame = async (i: number) => {
    const read = objectsInMask(await stored.frame(i), { masks, background });
    facts.push(read.facts);
    return read.labels;
  };
  return { sequence: { ...stored, frame }, facts };
}

/** The same images; the one decoded last is kept, as it is compared with truth and with markers. */
function holdingLast(sequence: LabelSequence): LabelSequence {
  let last: { i: number; image: Promise<LabelImage> } | null = null;
  return {
    ...sequence,
    frame: (i) => {
      if (last?.i !== i) last = { i, image: sequence.frame(i) };
      return last.image;
    },
  };
}
