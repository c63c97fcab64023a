/**
 * From scribbles in a few images to masks of all of them: ground truth without outlining every object.
 *
 * @module
 */

import { counted, wordFor } from "../../counted.ts";
import type { Device } from "../../../kernels/gpu/device.ts";
import { DEFAULT_SIGMAS } from "../../../kernels/features/mod.ts";
import {
  type Band,
  bandedComponentSteps,
  bandsOf,
  piecePixels,
  runSteps,
} from "../../../kernels/masks/mod.ts";
import { openGpu } from "../disk/open_gpu.ts";
import { disk } from "../disk/files.ts";
import { claimFolder } from "../disk/folders.ts";
import type { Source } from "../../images/source.ts";
import type { LabelImage, Plane } from "../../images/image.ts";
import { intensityRange, normalize } from "../../images/normalize.ts";
import { steadyRange, strayNotes } from "../../images/intensity/steady_range.ts";
import { Random } from "../../images/random.ts";
import {
  begin,
  goOn,
  type Progress,
  type ProgressEvent,
  waitingFor,
} from "../progress/progress.ts";
import { JobOutput } from "../outputs/job_output.ts";
import { filesToWrite, type OutputFile } from "../outputs/output_plan.ts";
import {
  classifyImage,
  learnPixels,
  type PixelClassifier,
  type TrainingImage,
} from "../../models/pixel_classifier/classifier.ts";
import { planMasks } from "./mask_files.ts";
import {
  countScribbles,
  PixelDraw,
  type ScribbleCount,
} from "../../models/pixel_classifier/samples.ts";
import {
  type ImageSet,
  openImages,
  openScribbles,
  type ScribbleSet,
} from "../../images/series/scribbles.ts";
import type { PlaneChoice } from "../../images/series/plane_choice.ts";

/**
 * What to make masks of, from what, and where to.
 *
 * @category Jobs
 */
export interface AnnotateToMaskOptions extends PlaneChoice {
  /** A folder of images, a stack, or one image. */
  readonly images: string;
  /**
   * Label images of the same names as some of the images (or a stack of as many pages): 0 where
   * nothing is drawn, 1 on background, 2, 3, … on the classes to be found.
   */
  readonly scribbles: string;
  /** Where images are read from; the disk unless told. */
  readonly source?: Source;
  /** Output folder; masks get the names of their images. */
  readonly out: string;
  /** Take every id over 1 for the same class, as where each object was scribbled with its own id. */
  readonly merge?: boolean;
  /** Write classes (0 background, 1 for what was scribbled with 2, …) instead of objects. */
  readonly classes?: boolean;
  /** Objects with fewer pixels are left out; 16 unless told. */
  readonly minSize?: number;
  /** Whether each image is normalised by itself, which is the default, or all by one range. */
  readonly normalize?: "image" | "video";
  /** Standard deviations of the features in pixels; ilastik's from 0.7 to 10 unless told. */
  readonly sigmas?: readonly number[];
  /** Trees of the forest; 25 unless told. */
  readonly trees?: number;
  /** The most scribbled pixels to learn from; 1000 unless told. */
  readonly mostPixels?: number;
  /** Seed of all draws; 1 unless told. */
  readonly seed?: number;
  /** Replace files that exist; otherwise they are kept and counted. */
  readonly overwrite?: boolean;
  /** Most GPU memory to use, in MiB; 4096 unless told. */
  readonly memory?: number;
}

/**
 * Something a user should know.
 *
 * @category Jobs
 */
export interface AnnotateNote {
  /** What kind of event this is. */
  readonly type: "note";
  /** One sentence. */
  readonly text: string;
}

/**
 * The classifier has been trained.
 *
 * @category Jobs
 */
export interface ClassifierTrained {
  /** What kind of event this is. */
  readonly type: "trained";
  /** Scribbled pixels of each class, background first. */
  readonly scribbled: readonly number[];
  /** Images with scribbles. */
  readonly images: number;
  /** Seconds since the start. */
  readonly seconds: number;
}

/**
 * One mask is in its file, or on its way into that of its stack.
 *
 * @category Jobs
 */
export interface MaskMade {
  /** What kind of event this is. */
  readonly type: "mask";
  /** The image's name. */
  readonly name: string;
  /** The folder or stack that it is in. */
  readonly path: string;
  /** Images done, this one included. */
  readonly done: number;
  /** All images. */
  readonly total: number;
  /** Objects found; with `classes`, classes that occur. */
  readonly objects: number;
  /** Share of the pixels that are not background. */
  readonly foreground: number;
  /** Seconds since the event before. */
  readonly seconds: number;
}

/**
 * Everything is written.
 *
 * @category Jobs
 */
export interface MasksDone {
  /** What kind of event this is. */
  readonly type: "done";
  /** The output folder. */
  readonly out: string;
  /** Files written. */
  readonly written: number;
  /** Files that existed and were kept. */
  readonly kept: number;
}

/**
 * What {@linkcode annotateToMask} tells while it runs.
 *
 * @category Jobs
 */
export type AnnotateEvent =
  | AnnotateNote
  | ProgressEvent
  | ClassifierTrained
  | MaskMade
  | MasksDone;

/**
 * Trains a pixel classifier on scribbles and writes a mask of every image: the objects of all classes
 * but the background, numbered from 1. Objects are pixels of one class that touch, also at corners.
 *
 * @throws {RangeError} If scribbles and images do not match in name or size, a class is missing, or a
 *   setting makes no sense.
 * @throws {SyntaxError} If a file is damaged.
 * @throws {Error} If masks would be written among the images or the scribbles.
 *
 * @example
 * ```ts ignore
 * const options = { images: "images/", scribbles: "scribbles/", out: "masks/" };
 * for await (const event of annotateToMask(options)) console.log(event);
 * ```
 *
 * @category Jobs
 */
export async function* annotateToMask(
  options: AnnotateToMaskOptions,
): AsyncGenerator<AnnotateEvent> {
  checkSettings(options);
  const started = performance.now();
  const { source = disk } = options;
  const images = await openImages(source, options.images, options);
  const scribbles = await openScribbles(source, options.scribbles, { images });
  yield* notesOf(images, scribbles);
  const masks: readonly MaskJob[] = await Promise.all(
    (await planMasks(images, options)).map(async ({ frames, files }) => ({
      frames,
      files: await filesToWrite(files, options),
    })),
  );
  const wanted = masks.filter(({ files }) => files.length > 0);
  const kept = masks.length - wanted.length;
  if (wanted.length > 0) {
    const progress = begin(`reading ${options.scribbles}`);
    const counting = countScribbles(scribbles, images, { merge: options.merge ?? false });
    const count = yield* waitingFor(counting, { progress });
    using device = await openGpu({ memoryLimit: (options.memory ?? 4096) * 1024 ** 2 });
    const normalizing = normalizedImages(images, { options, progress });
    const { source, notes } = yield* waitingFor(normalizing, { progress });
    for (const text of notes) yield { type: "note", text };
    goOn(progress, "learning from the scribbles");
    const learning = learn(device, { scribbles, source, count, options });
    const classifier = yield* waitingFor(learning, { progress });
    const seconds = (performance.now() - started) / 1000;
    yield { type: "trained", scribbled: count.pixels, images: count.images.length, seconds };
    using _claim = await claimFolder(options.out, "annotate-to-mask");
    yield* writeMasks(device, wanted, { images, source, classifier, options });
  }
  yield { type: "done", out: options.out, written: wanted.length, kept };
}

/** A forest of more takes hours and more stack than there is. */
const MOST_PIXELS = 20_000;

function checkSettings({ minSize = 16, trees = 25, mostPixels = 1000 }: AnnotateToMaskOptions) {
  const require = (holds: boolean, name: string, expected: string, value: number) => {
    if (holds) return;
    throw new RangeError(`Cannot make masks: ${name} is ${value}, expected ${expected}`);
  };
  const isCount = (value: number, least: number) => Number.isInteger(value) && value >= least;
  require(isCount(minSize, 0), "minSize", "a whole number from 0", minSize);
  require(isCount(trees, 1) && trees <= 1000, "trees", "a whole number from 1 to 1000", trees);
  require(
    isCount(mostPixels, 2) && mostPixels <= MOST_PIXELS,
    "mostPixels",
    `a whole number from 2 to ${MOST_PIXELS}, as the time grows with its square`,
    mostPixels,
  );
}

function* notesOf(images: ImageSet, { path, unused }: ScribbleSet): Generator<AnnotateNote> {
  for (const text of images.notes) yield { type: "note", text };
  if (unused.length === 0) return;
  const text = `${counted(unused.length, "scribble image")} in ${path} ${
    wordFor(unused.length, "belongs", "belong")
  } to no image and ${wordFor(unused.length, "is", "are")} left out`;
  yield { type: "note", text };
}

/** Gives image i as the classifier sees it. */
type ImageSource = (i: number) => Promise<Plane>;

async function normalizedImages(
  { path, names, image }: ImageSet,
  { options: { normalize: mode = "image" }, progress }: {
    options: AnnotateToMaskOptions;
    progress: Progress;
  },
): Promise<{ source: ImageSource; notes: readonly string[] }> {
  const settings = { mode, low: 1, high: 99.8 };
  const common = mode === "image" ? null : await steadyRange({
    length: names.length,
    read: async (i) => {
      if (i === 0) goOn(progress, `reading the range of ${path}`, names.length);
      const plane = await image(i);
      progress.done++;
      return plane;
    },
  }, settings);
  const source = async (i: number) => {
    const plane = await image(i);
    const range = await common?.of(i, () => Promise.resolve(plane));
    return normalize(plane, range ?? intensityRange([plane], settings));
  };
  const nameOf = (i: number) => names[i];
  return { source, notes: strayNotes(common?.stray ?? [], { path, nameOf }) };
}

async function learn(
  device: Device,
  { scribbles, source, count, options }: {
    scribbles: ScribbleSet;
    source: ImageSource;
    count: ScribbleCount;
    options: AnnotateToMaskOptions;
  },
): Promise<PixelClassifier> {
  const { sigmas = DEFAULT_SIGMAS, trees = 25, seed = 1, mostPixels = 1000, merge } = options;
  const draw = new PixelDraw(count, {
    most: mostPixels,
    random: new Random(seed),
    merge: merge ?? false,
  });
  const trainingImages = async function* (): AsyncGenerator<TrainingImage> {
    for (const i of count.images) {
      yield { image: await source(i), ...draw.next(await scribbles.scribbles(i)) };
    }
  };
  return await learnPixels(device, trainingImages(), { sigmas, trees, seed });
}

/** Images whose masks go into one file. */
interface MaskJob {
  readonly frames: readonly number[];
  readonly files: readonly OutputFile[];
}

async function* writeMasks(
  device: Device,
  masks: readonly MaskJob[],
  { images, source, classifier, options }: {
    images: ImageSet;
    source: ImageSource;
    classifier: PixelClassifier;
    options: AnnotateToMaskOptions;
  },
): AsyncGenerator<MaskMade> {
  const total = masks.reduce((sum, { frames }) => sum + frames.length, 0);
  let done = 0;
  let before = performance.now();
  for (const { frames, files } of masks) {
    await using output = new JobOutput(files, { frames: frames.length, of: images });
    for (const i of frames) {
      const found = await classifyImage(device, await source(i), classifier);
      const { labels, objects } = await objectsOf(device, found, options);
      await output.add({ labels });
      done++;
      const now = performance.now();
      const seconds = (now - before) / 1000;
      before = now;
      const foreground = labels.data.reduce((sum, id) => sum + Math.min(1, id), 0) /
        labels.data.length;
      yield {
        type: "mask",
        name: images.names[i],
        path: images.path,
        done,
        total,
        objects,
        foreground,
        seconds,
      };
    }
  }
}

/** The objects of the classes, unless the classes themselves are wanted. */
async function objectsOf(
  device: Device,
  found: LabelImage,
  { classes = false, minSize = 16 }: AnnotateToMaskOptions,
): Promise<{ labels: LabelImage; objects: number }> {
  const { width, height, data } = found;
  if (classes) {
    const present = new Set(data);
    present.delete(0);
    return { labels: found, objects: present.size };
  }
  const image = {
    ...{ width, height, bands: bandsOf(found, piecePixels(device)) },
    upload: ({ top, rows }: Band) =>
      device.upload<"u32">([rows, width], data.subarray(top * width, (top + rows) * width)),
    same: (pixel: number, other: number) => data[pixel] === data[other],
  };
  const steps = bandedComponentSteps(device, image, { connectivity: 8, minSize });
  const components = await runSteps(device, steps);
  return { labels: { width, height, data: components.labels }, objects: components.count };
}
