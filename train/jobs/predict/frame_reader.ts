/**
 * The frames of a prediction, read and normalised one by one.
 *
 * @module
 */

import { counted } from "../../counted.ts";
import { type Margin, marginFor, NO_MARGIN } from "../../images/registration/pixel_grid.ts";
import { NO_WAY, restOf, type Way } from "../../images/registration/sub_pixel.ts";
import { Aligner } from "./align.ts";
import type { Device } from "../../../kernels/gpu/device.ts";
import type { DamagedFile } from "../../images/faults/damaged_files.ts";
import { groupNotes } from "../../images/formats/notes.ts";
import type { Channels, Plane } from "../../images/image.ts";
import { aboveNoise, noiseOfRows } from "../../images/intensity/noise.ts";
import {
  type IntensityRange,
  type NormalizationSettings,
  normalize,
  videoIntensityRange,
} from "../../images/normalize.ts";
import type { StackPlane } from "../../images/series/plane_choice.ts";
import type { Video } from "../../images/series/video.ts";
import { isUnusual } from "../../models/exposure.ts";
import type { Model } from "../../models/model_file.ts";
import {
  type PreparedVideo,
  prepareVideo,
  referencesOf,
} from "../../models/videos/prepare_video.ts";
import { JobOutput } from "../outputs/job_output.ts";
import { filesToWrite, type PlannedJob } from "../outputs/output_plan.ts";
import type { RangeEvent } from "../progress/inputs.ts";
import { goOn, type Progress } from "../progress/progress.ts";
import { blockRowsOf } from "./blocks/predict_rows.ts";
import { DamagedFrames, fileOf, frameFile, withOthers } from "./damaged_frames.ts";
import type { KnownRanges } from "./known_ranges.ts";
import type { PredictNote, PredictOptions } from "./predict_options.ts";
import type { PlannedInput, RecordedInput, RecordKeeper } from "./predict_record.ts";

/** A frame on its way into the network. */
export interface Frame {
  /** The input's file name. */
  readonly name: string;
  /** The path of that file. */
  readonly path: string;
  /** Frames of all inputs up to this one. */
  readonly done: number;
  /** The normalised image. */
  readonly image: Plane | Channels;
  /** What must be added to it so that it lies on the same grid of pixels as the first one. */
  readonly margin: Margin;
  /** By how much its scene lies beside that grid still, at most half a pixel; none where nobody asked. */
  readonly rest: Way;
  /** The size of its labels: that of its file. */
  readonly size: { readonly width: number; readonly height: number };
  /** Where in its stack it is. */
  readonly plane?: StackPlane;
  /** The gain at which it is seen. */
  readonly exposure: number;
  /** Where its labels go. */
  readonly output: JobOutput;
}

/** Where range and exposure of a video are noted, and may have been before. */
type Record = Pick<RecordKeeper, "earlier" | "add" | "saveInTime">;

/** What is known of a video before its first frame is segmented. */
interface Prepared {
  /** The range of frame i. */
  rangeOf(i: number): Promise<IntensityRange>;
  readonly exposure: number;
}

/** Reads the frames whose results are not there yet. */
export class FrameReader {
  readonly #device: Device;
  readonly #model: Model;
  readonly #options: PredictOptions;
  readonly #progress: Progress;
  readonly #record: Record;
  readonly #ranges: KnownRanges | undefined;
  readonly #inputs: ReadonlyMap<Video, PlannedInput>;
  readonly #damaged: DamagedFrames;
  readonly #stop: AbortSignal | undefined;
  /** What a user should know, as soon as it is known; whoever tells it takes it out. */
  readonly notes: (PredictNote | RangeEvent)[] = [];
  /** Images and videos whose percentiles lie within the noise. */
  readonly #sparse = new Set<string>();
  /** Single images whose pixels are all alike. */
  readonly #uniform = new Set<string>();
  /** Label files that exist and are kept. */
  kept = 0;

  /** Reads for a model as it decodes, and notes how far reading is; ends where it is to stop. */
  constructor(
    device: Device,
    { model, options, progress, record, ranges, inputs, stop }: {
      model: Model;
      options: PredictOptions;
      progress: Progress;
      record: Record;
      ranges?: KnownRanges;
      inputs: ReadonlyMap<Video, PlannedInput>;
      stop?: AbortSignal;
    },
  ) {
    this.#device = device;
    this.#model = model;
    this.#options = options;
    this.#progress = progress;
    this.#record = record;
    this.#ranges = ranges;
    this.#inputs = inputs;
    this.#stop = stop;
    const tell = (text: string) => this.notes.push({ type: "note", text });
    this.#damaged = new DamagedFrames({ skips: options.skipDamaged ?? false, tell });
  }

  /** Files that could not be read and were left out. */
  get damaged(): readonly DamagedFile[] {
    return this.#damaged.left;
  }

  /** What a user should know of images that hold hardly any objects, or nothing at all. */
  get sparseNotes(): readonly PredictNote[] {
    const { stills: { low, high }, exactRange } = this.#model;
    const share = Number((100 - high).toPrecision(3));
    const what =
      `percentiles ${low} and ${high} lie within the noise, as objects cover less than ` +
      `${share} % of it, if there are any: ` +
      (exactRange
        ? "noise may have become objects"
        : "the range of intensities is that of 16 standard deviations of the noise");
    const notes = groupNotes([
      ...Array.from(this.#uniform, (name) => `${name}: all pixels have the same value`),
      ...Array.from(this.#sparse, (name) => `${name}: ${what}`),
    ]);
    return notes.map((text) => ({ type: "note", text }));
  }

  /**
   * The frames of all jobs in their order.
   *
   * @throws {SyntaxError | RangeError} If a frame cannot be read and may not be left out: one error for
   *   all such frames from there on.
   */
  async *frames(jobs: readonly PlannedJob<Video>[]): AsyncGenerator<Frame> {
    let done = 0;
    let current: Video | null = null;
    let prepared: Prepared | null = null;
    let aligner: Aligner | null = null;
    for (const [at, job] of jobs.entries()) {
      const { source: video, frames, whole, files: planned } = job;
      const files = await filesToWrite(planned, this.#options);
      if (files.length === 0) {
        this.kept++;
        done += frames.length;
        continue;
      }
      try {
        if (current !== video || prepared === null) {
          [current, prepared] = [video, await this.prepare(video)];
          aligner = this.#options.stabilise && video.length > 1 ? new Aligner(video) : null;
        }
        if (await this.#damaged.areIn(job)) {
          done += frames.length;
          continue;
        }
        const { rangeOf, exposure } = prepared;
        const beforeEnd = () => this.#record.saveInTime();
        const part = whole === undefined ? undefined : { first: frames[0], whole };
        const output = new JobOutput(files, { frames: frames.length, part, of: video, beforeEnd });
        for (const i of frames) {
          done++;
          const read = async () => {
            const frame = await video.frame(i);
            return { frame, image: normalize(frame, await rangeOf(i)) };
          };
          const found = await this.#damaged.orNull(video, i, read);
          if (found === null) continue;
          const { frame, image } = found;
          // Of a video, frames without contrast are named with those that are not like the others.
          if (video.length === 1 && isUniform(image)) this.#uniform.add(frameFile(video, i));
          const plane = video.planes?.[i];
          const path = fileOf(video, i);
          const { sourceNames: { [i]: name }, width, height } = video;
          const size = { width, height };
          const place = await this.#placeOf(aligner, { i, frame });
          yield { name, path, done, image, ...place, size, plane, exposure, output };
        }
      } catch (error) {
        throw await withOthers(error, jobs.slice(at));
      }
    }
  }

  async #placeOf(
    aligner: Aligner | null,
    { i, frame }: { i: number; frame: Plane | Channels },
  ): Promise<Pick<Frame, "margin" | "rest">> {
    if (aligner === null) return { margin: NO_MARGIN, rest: NO_WAY };
    const shift = await aligner.shiftOf(i, frame);
    return {
      margin: marginFor(shift, this.#model.network.sizeMultiple),
      rest: this.#options.subpixel ? restOf(shift) : NO_WAY,
    };
  }

  /**
   * Finds range and exposure of a video, or takes those that were found before: of its results that are
   * kept, or in a file of ranges.
   *
   * @throws {SyntaxError | RangeError} If a frame cannot be read and may not be left out.
   */
  async prepare(video: Video): Promise<Prepared> {
    const { normalize: mode } = this.#options;
    const input = this.#inputs.get(video)!;
    const given = await this.#ranges?.of(video);
    const kept = input.isKept ? this.#record.earlier(input) : null;
    if (given && kept && !isSeenAlike(given, kept)) {
      throw new RangeError(
        `Cannot go on with ${video.path}: its results that are kept have another range or exposure than ` +
          "the file of ranges says; replace them with --overwrite",
      );
    }
    const earlier = given ?? kept;
    const own = video.length > 1 ? this.#model.video : this.#model.stills;
    const settings = mode ? { ...own, mode } : own;
    const known = earlier?.range ?? undefined;
    const { blockRows } = this.#options;
    const bandRows = blockRowsOf(video, { model: this.#model, blockRows });
    const prepared = bandRows !== null
      ? await this.#prepareRows(video, { settings, bandRows, known, exposure: earlier?.exposure })
      : await prepareVideo(this.#device, {
        ...{ model: this.#model, video, settings, known },
        exposure: earlier?.exposure ?? this.#options.exposure,
        read: (i, channel) => this.#readCounted(video, { i, channel }),
        isLeft: (i) => this.#damaged.has(video, i),
        stop: this.#stop,
        onSparse: (i) => this.#sparse.add(i === null ? video.path : frameFile(video, i)),
      });
    const { range, exposure, rangeOf } = prepared;
    for (const text of prepared.notes) this.notes.push({ type: "note", text });
    if (range) this.notes.push({ type: "range", path: video.path, ...range });
    if (known && earlier && earlier.frames !== video.length) {
      const text = `${video.path}: range of intensities and exposure are those of the ` +
        `${
          counted(earlier.rangeFrames, "frame")
        } that decided on results that are kept; --overwrite finds new ones`;
      this.notes.push({ type: "note", text });
    }
    const stray = prepared.stray.map(({ frame }) => frame);
    this.#record.add({
      path: video.path,
      frames: video.length,
      range,
      rangeFrames: known && earlier ? earlier.rangeFrames : video.length - stray.length,
      stray,
      exposure,
      labels: input.labels,
      ...(input.part && { part: input.part }),
      ...(video.areSlices && { areSlices: true }),
      ...(video.calibration && { calibration: video.calibration }),
    });
    if (this.#options.exposure === "auto" && video.length === 1) {
      const text =
        `${video.path} is seen as it is: to choose an exposure takes two frames; give a number`;
      this.notes.push({ type: "note", text });
    } else if (exposure !== 1) {
      const advice = isUnusual(exposure)
        ? "; that is far from 1: look at the result, and set --exposure where it is wrong"
        : "";
      const text = `${video.name} is seen at exposure ${exposure.toFixed(2)}${advice}`;
      this.notes.push({ type: "note", text });
    }
    return { rangeOf, exposure };
  }

  /** The same for a single image that is read in bands of rows: its range is that of the image in one piece. */
  async #prepareRows(
    video: Video,
    { settings, bandRows, known, exposure = this.#options.exposure ?? this.#model.exposure }: {
      settings: NormalizationSettings;
      bandRows: number;
      known?: IntensityRange;
      exposure?: PredictOptions["exposure"];
    },
  ): Promise<PreparedVideo> {
    const isShared = settings.mode === "video";
    const range = isShared && known !== undefined
      ? known
      : await this.#rangeOfRows(video, { settings, bandRows });
    return {
      ...{ range: isShared ? range : null, stray: [], notes: [] },
      rangeOf: () => Promise.resolve(range),
      exposure: typeof exposure === "number" ? exposure : 1,
    };
  }

  async #rangeOfRows(
    video: Video,
    { settings, bandRows }: { settings: NormalizationSettings; bandRows: number },
  ): Promise<IntensityRange> {
    const { width, height, name } = video;
    goOn(this.#progress, `reading the range of ${name}: rows`);
    let [least, most] = [Infinity, -Infinity];
    const rows = async (range: { from: number; to: number }) => {
      const plane = await video.rows!(0, range);
      this.#progress.done += range.to - range.from;
      return plane;
    };
    const bands = async function* () {
      for (let from = 0; from < height; from += bandRows) {
        const band = await rows({ from, to: Math.min(from + bandRows, height) });
        for (const value of band.data) {
          if (value < least) least = value;
          if (value > most) most = value;
        }
        yield band;
      }
    };
    const range = await videoIntensityRange(bands, settings);
    if (least === most) this.#uniform.add(frameFile(video, 0));
    const above = aboveNoise(range, await noiseOfRows({ width, height, rows, bandRows }));
    if (above !== null) this.#sparse.add(frameFile(video, 0));
    return this.#model.exactRange ? range : above ?? range;
  }

  /**
   * What comes of the only frame of a job; null where it cannot be read and is left out.
   *
   * @throws {SyntaxError | RangeError} If it cannot be read and may not be left out.
   */
  async readWhole<R>({ source, frames: [i] }: PlannedJob<Video>, read: () => Promise<R>) {
    return this.#options.skipDamaged ? await this.#damaged.orNull(source, i, read) : await read();
  }

  /** What decides on the range of a frame, as part of reading all of them. */
  async #readCounted(
    video: Video,
    { i, channel }: { i: number; channel: number },
  ): Promise<Plane | null> {
    this.#stop?.throwIfAborted();
    const progress = this.#progress;
    // Several times, where intensities are no whole numbers or frames are left out.
    if (i === 0) goOn(progress, `reading the range of ${video.path}`, video.length);
    const reference = referencesOf(video)[channel];
    const isWhole = reference === video.frame;
    const plane = await this.#damaged.orNull(video, i, () => reference(i), { isWhole });
    if (progress.total !== null) progress.done++;
    // A few frames are read again then, for their noise, and others are looked at by the network.
    if (progress.done === progress.total) {
      goOn(progress, `finding noise and exposure of ${video.path}`);
    }
    return plane;
  }
}

/** Whether two predictions saw an input alike. */
function isSeenAlike(a: RecordedInput, b: RecordedInput): boolean {
  return JSON.stringify([a.range, a.exposure]) === JSON.stringify([b.range, b.exposure]);
}

function isUniform({ data }: Plane | Channels): boolean {
  return data.every((value) => value === data[0]);
}
