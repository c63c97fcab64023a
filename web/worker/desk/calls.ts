/// <reference lib="dom" />
/**
 * The desk: a worker that holds the movie and all that was found in it, draws frames, and never waits for
 * the GPU, so that the page answers at once.
 *
 * @module
 */

import type { LabelImage, Plane } from "../../../train/images/image.ts";
import { percentiles } from "../../../train/images/percentiles.ts";
import type { Video } from "../../../train/images/series/video.ts";
import type { Handlers } from "../../shared/calls.ts";
import type {
  CurveWish,
  Download,
  DownloadKind,
  Drawn,
  Edit,
  KeptSummary,
  Levels,
  Look,
  MovieChoice,
  MovieFacts,
  Plots,
  PlotWish,
  ProgressMessage,
  Restored,
  ResultSet,
  SegmentedWith,
  SentLabels,
  SentStill,
  SortKey,
  TrackPage,
  TrackSummary,
} from "../../shared/messages.ts";
import {
  mergeObjects,
  paintObject,
  splitObjects,
  withoutObject,
} from "../../../train/objects/edits.ts";
import { addFiles, dropFiles } from "../files.ts";
import { openStore } from "../store.ts";
import { makeDownload } from "./downloads.ts";
import { Keeper } from "./kept.ts";
import { drawFrame, greyPicture, type Shapes, shapesOf } from "./drawing.ts";
import { forgetLearning } from "../learn_keeper.ts";
import { factsOf, openMovie } from "../movie.ts";
import { likeNumbered } from "./like_numbered.ts";
import { learningCurve, plotsOf } from "./plots.ts";
import { Results } from "./results.ts";
import { trackAll, type Tracks } from "./tracks.ts";

/** What was drawn last, so that it is not made again. */
interface Made<T> {
  readonly key: string;
  readonly value: T;
}

/** What a frame was before a correction. */
interface Undone {
  readonly frame: number;
  readonly labels: LabelImage;
  /** The same as it was found. */
  readonly found: LabelImage;
  readonly wasByHand: boolean;
}

/** The movie on the desk. */
class Desk {
  #video: Video | null = null;
  #results: Record<ResultSet, Results> = { now: new Results(), before: new Results() };
  /** What tracks are linked of: labels as they were found or corrected, without what tracks add. */
  #found = new Results();
  /** Frames of it that are not kept yet. */
  readonly #unkept = new Set<number>();
  /** Whether what is kept is of the same results, but for {@linkcode Desk.#unkept}. */
  #isKept = false;
  #keepTimer: ReturnType<typeof setTimeout> | null = null;
  /** What segmenting is done with that has not come to its end. */
  #unfinished: SegmentedWith | null = null;
  /** Corrected frames to learn from. */
  #stills = new Map<number, LabelImage>();
  /** What is known of the objects now; null until they are tracked, and again after a change. */
  #tracks: Tracks | null = null;
  /** Frames as they were before the last corrections. */
  #undo: readonly Undone[] = [];
  #key = "";
  #canvas: OffscreenCanvas | null = null;
  #plane: Made<Plane> | null = null;
  #picture: Made<OffscreenCanvas> | null = null;
  #shapes: Record<ResultSet, Made<Shapes | null> | null> = { now: null, before: null };
  /** Only the newest wish to draw counts. */
  #drawing = 0;

  async *open(choice: MovieChoice, stop: AbortSignal): AsyncGenerator<ProgressMessage, MovieFacts> {
    const video = yield* openMovie(choice, stop);
    const facts = await factsOf(video, choice);
    if (this.#unkept.size > 0) await this.keep().catch(() => {});
    this.#video = video;
    this.#results = { now: new Results(), before: new Results() };
    this.#begin(new Results());
    this.#stills = new Map();
    this.#key = facts.key;
    this.#plane = this.#picture = null;
    return facts;
  }

  set canvas(canvas: OffscreenCanvas) {
    this.#canvas = canvas;
  }

  get video(): Video {
    if (this.#video === null) throw new TypeError("Cannot go on: there is no movie yet");
    return this.#video;
  }

  results(set: ResultSet): Results {
    return this.#results[set];
  }

  /** Other results begin. */
  #begin(found: Results): void {
    this.#found = found;
    this.#tracks = null;
    this.#undo = [];
    this.#waitsForNothing();
    this.#isKept = false;
    this.#unfinished = null;
  }

  /** Segmenting begins: what there is becomes what was before. */
  segments(wish: SegmentedWith): void {
    this.#results = { before: this.#results.now, now: new Results() };
    this.#begin(new Results());
    this.#unfinished = wish;
  }

  /** Takes the labels of a frame, and gives how many objects it has. */
  take(frame: number, labels: LabelImage): number {
    this.#found.set(frame, labels);
    this.#results.now.share(frame, { of: this.#found });
    this.#keepSoon(frame);
    return this.#found.countAt(frame)!;
  }

  /** Segmenting has come to its end. */
  finish(): void {
    this.#unfinished = null;
  }

  /** What was found before the page was left; null where nothing is kept of this movie. */
  async restore(): Promise<Restored | null> {
    const kept = await (await theKeeper()).restore(this.#key);
    if (kept === null) return null;
    const { found, model, unfinished } = kept;
    this.#results.now = found.copy();
    this.#begin(found);
    this.#isKept = true;
    this.#unfinished = unfinished;
    this.#stills = new Map(kept.stills);
    const stills: [number, SentStill][] = [];
    for (const [frame, labels] of kept.stills) {
      stills.push([frame, await this.#stillOf(frame, labels)]);
    }
    const counts = found.frames.map((frame) => [frame, found.countAt(frame)!] as const);
    return { model, unfinished, stills, found: counts };
  }

  /** Keeps what is not kept yet, for after a reload. */
  async keep(): Promise<void> {
    const { name } = this.video;
    const changed = this.#isKept ? [...this.#unkept] : null;
    this.#waitsForNothing();
    this.#isKept = true;
    const [found, unfinished] = [this.#found, this.#unfinished];
    try {
      const keeper = await theKeeper();
      await keeper.keepFound({ key: this.#key, name }, { found, changed, unfinished });
    } catch (error) {
      // The next time all is kept.
      if (this.#found === found) this.#isKept = false;
      throw error;
    }
  }

  /** Nothing is left to be kept. */
  #waitsForNothing(): void {
    if (this.#keepTimer !== null) clearTimeout(this.#keepTimer);
    this.#keepTimer = null;
    this.#unkept.clear();
  }

  #keepSoon(frame: number): void {
    this.#unkept.add(frame);
    this.#keepTimer ??= setTimeout(() => void this.keep().catch(() => {}), KEPT_AFTER);
  }

  /** Keeps a model beside what was found. */
  async keepModel(model: { name: string; bytes: Uint8Array<ArrayBuffer> }): Promise<void> {
    await (await theKeeper()).keepModel({ key: this.#key, ...model });
  }

  /** A frame as it is now, to learn from; null where it was not segmented. */
  async still(frame: number): Promise<SentStill | null> {
    const labels = this.#results.now.at(frame);
    if (labels === null) return null;
    this.#stills.set(frame, labels);
    const { name } = this.video;
    await (await theKeeper()).keepStills({ key: this.#key, name }, this.#stills).catch(() => {});
    return await this.#stillOf(frame, labels);
  }

  async #stillOf(frame: number, labels: LabelImage): Promise<SentStill> {
    const { width, height, data } = await this.plane(frame);
    return { image: { width, height, data: data.slice() }, labels };
  }

  /** Corrects a frame; its tracks are not known any more. */
  edit(frame: number, edit: Edit): void {
    const { now } = this.#results;
    const [labels, found] = [now.at(frame), this.#found.at(frame)];
    if (labels === null || found === null) {
      throw new RangeError("Cannot correct a frame before it was segmented");
    }
    const wasByHand = this.#found.isByHand(frame);
    this.#undo = [...this.#undo.slice(1 - MOST_UNDONE), { frame, labels, found, wasByHand }];
    this.#correct(frame, edited(labels, edit));
  }

  #correct(
    frame: number,
    labels: LabelImage,
    { found = labels, isByHand = true }: { found?: LabelImage; isByHand?: boolean } = {},
  ): void {
    this.#results.now.set(frame, labels);
    this.#found.set(frame, found, { isByHand });
    this.#tracks = null;
    this.#keepSoon(frame);
  }

  /** Takes the last correction back, and gives its frame; null where there is none. */
  undo(): number | null {
    const last = this.#undo.at(-1);
    if (last === undefined) return null;
    this.#undo = this.#undo.slice(0, -1);
    const { frame, labels, found, wasByHand: isByHand } = last;
    this.#correct(frame, labels, { found, isByHand });
    return frame;
  }

  /** What is known of tracks. */
  get tracks(): Tracks | null {
    return this.#tracks;
  }

  /** Links objects to tracks, whose numbers they have from then on. */
  async *track(): AsyncGenerator<{ done: number; total: number }, TrackSummary> {
    const tracks = yield* trackAll(this.video, this.#found);
    this.#tracks = tracks;
    this.#results.now = tracks.labels;
    this.#undo = [];
    return tracks.summary;
  }

  async plane(frame: number): Promise<Plane> {
    const key = String(frame);
    if (this.#plane?.key !== key) this.#plane = { key, value: await this.video.frame(frame) };
    return this.#plane.value;
  }

  /** Draws; null where a newer wish came meanwhile. */
  async show(look: Look): Promise<Drawn | null> {
    const own = ++this.#drawing;
    const { frame, levels } = look;
    const plane = await this.plane(frame);
    if (own !== this.#drawing || this.#canvas === null) return null;
    const key = `${frame}:${levels.low}:${levels.high}`;
    if (this.#picture?.key !== key) this.#picture = { key, value: greyPicture(plane, levels) };
    const width = Math.max(1, Math.round(look.width * look.ratio));
    const height = Math.max(1, Math.round(look.height * look.ratio));
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    drawFrame(this.#canvas.getContext("2d")!, {
      ...{ picture: this.#picture.value, look },
      now: this.#shapesAt("now", frame),
      before: look.wipe === null ? null : this.#shapesAt("before", frame),
    });
    return { frame, objects: this.#results.now.countAt(frame) };
  }

  #shapesAt(set: ResultSet, frame: number): Shapes | null {
    const { now, before } = this.#results;
    const isBefore = set === "before";
    const key = `${frame}:${now.version}:${isBefore ? before.version : ""}`;
    const made = this.#shapes[set];
    if (made?.key === key) return made.value;
    const labels = this.#results[set].at(frame);
    const others = isBefore ? now.at(frame) : null;
    const value = labels && shapesOf(others ? likeNumbered(labels, others) : labels);
    this.#shapes[set] = { key, value };
    return value;
  }

  /** Levels that show what is in a frame. */
  async levels(frame: number): Promise<Levels> {
    const [low, high] = percentiles([await this.plane(frame)], [0.5, 99.8]);
    return { low, high: Math.max(high, low + 1e-6) };
  }
}

/** Corrections that can be taken back. */
const MOST_UNDONE = 20;
/** Milliseconds within which what has changed is kept. */
const KEPT_AFTER = 5000;

let keeper: Promise<Keeper> | null = null;

function theKeeper(): Promise<Keeper> {
  return keeper ??= openStore().then((files) => Keeper.open(files));
}

function edited(labels: LabelImage, edit: Edit): LabelImage {
  if (edit.kind === "delete") return withoutObject(labels, edit.object);
  if (edit.kind === "merge") return mergeObjects(labels, edit.first, edit.second);
  if (edit.kind === "split") return splitObjects(labels, edit.stroke.points);
  return paintObject(labels, edit.stroke, edit.object);
}

const desk = new Desk();

/** The number at a pixel; 0 outside of objects. */
function labelAt(labels: LabelImage | null, { x, y }: { x: number; y: number }): number {
  if (labels === null || !(x >= 0 && y >= 0 && x < labels.width && y < labels.height)) return 0;
  return labels.data[Math.floor(y) * labels.width + Math.floor(x)];
}

/** What the desk does. */
export const deskCalls = {
  addFiles,
  dropFiles,
  open: (choice: MovieChoice, stop: AbortSignal) => desk.open(choice, stop),
  canvas({ canvas }: { canvas: OffscreenCanvas }): void {
    desk.canvas = canvas;
  },
  show: (look: Look): Promise<Drawn | null> => desk.show(look),
  levels: ({ frame }: { frame: number }): Promise<Levels> => desk.levels(frame),
  found({ frame, labels }: { frame: number; labels: SentLabels }): { objects: number } {
    return { objects: desk.take(frame, labels) };
  },
  segments: (wish: SegmentedWith): void => desk.segments(wish),
  finish: (_: null): void => desk.finish(),
  track: (_: null): AsyncGenerator<{ done: number; total: number }, TrackSummary> => desk.track(),
  rows(
    wish: { sort: SortKey; isDown: boolean; from: number; count: number },
  ): TrackPage {
    return desk.tracks?.page(wish) ?? { rows: [], all: 0 };
  },
  curve: (wish: CurveWish): string => learningCurve(wish),
  plots: (wish: PlotWish): Plots | null => desk.tracks && plotsOf(desk.tracks, wish),
  download(kind: DownloadKind): Promise<Download> {
    return makeDownload(kind, {
      ...{ video: desk.video, results: desk.results("now"), tracks: desk.tracks },
    });
  },
  restore: (_: null): ReturnType<Desk["restore"]> => desk.restore(),
  keep: (_: null): Promise<void> => desk.keep(),
  keepModel: (model: { name: string; bytes: Uint8Array<ArrayBuffer> }) => desk.keepModel(model),
  async kept(_: null): Promise<KeptSummary | null> {
    return (await theKeeper()).summary;
  },
  async forget(_: null): Promise<void> {
    await (await theKeeper()).forget();
    await forgetLearning(await openStore());
  },
  edit: ({ frame, edit }: { frame: number; edit: Edit }): void => desk.edit(frame, edit),
  undo: (_: null): number | null => desk.undo(),
  still: ({ frame }: { frame: number }): Promise<SentStill | null> => desk.still(frame),
  pick({ frame, x, y }: { frame: number; x: number; y: number }): { object: number } {
    return { object: labelAt(desk.results("now").at(frame), { x, y }) };
  },
  labels({ frame }: { frame: number }): SentLabels | null {
    return desk.results("now").at(frame);
  },
} satisfies Handlers;
