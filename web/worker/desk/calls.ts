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
import { objectsOf } from "../../../train/objects/overlap.ts";
import type { Handlers } from "../../shared/calls.ts";
import type {
  CurveWish,
  Download,
  DownloadKind,
  Drawn,
  Edit,
  KeptHead,
  Levels,
  Look,
  MovieChoice,
  MovieFacts,
  Plots,
  PlotWish,
  ResultSet,
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
import { forgetResults, keepModel, keepResults, keptHead, restoreResults } from "./kept.ts";
import { drawFrame, greyPicture, type Shapes, shapesOf } from "./drawing.ts";
import { forgetLearning } from "../learn_keeper.ts";
import { factsOf, openMovie } from "../movie.ts";
import { learningCurve, plotsOf } from "./plots.ts";
import { Results } from "./results.ts";
import { trackAll, type Tracks } from "./tracks.ts";

/** What was drawn last, so that it is not made again. */
interface Made<T> {
  readonly key: string;
  readonly value: T;
}

/** The movie on the desk. */
class Desk {
  #video: Video | null = null;
  #results: Record<ResultSet, Results> = { now: new Results(), before: new Results() };
  /** What is known of the objects now; null until they are tracked, and again after a change. */
  #tracks: Tracks | null = null;
  /** Frames as they were before the last corrections. */
  #undo: readonly { readonly frame: number; readonly labels: LabelImage }[] = [];
  #key = "";
  #canvas: OffscreenCanvas | null = null;
  #plane: Made<Plane> | null = null;
  #picture: Made<OffscreenCanvas> | null = null;
  #shapes: Record<ResultSet, Made<Shapes | null> | null> = { now: null, before: null };
  /** Only the newest wish to draw counts. */
  #drawing = 0;

  async open(choice: MovieChoice): Promise<MovieFacts> {
    const video = await openMovie(choice);
    const facts = await factsOf(video, choice);
    this.#video = video;
    this.#results = { now: new Results(), before: new Results() };
    this.#tracks = null;
    this.#undo = [];
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

  /** Keeps what there is as what was before. */
  keepBefore(): void {
    this.#results = { before: this.#results.now, now: new Results() };
    this.#tracks = null;
  }

  /** What was found before the page was left; null where nothing is kept of this movie. */
  async restore(): Promise<
    { model: { name: string; bytes: Uint8Array<ArrayBuffer> } | null } | null
  > {
    const kept = await restoreResults(await openStore(), this.#key);
    if (kept === null) return null;
    this.#results.now = kept.results;
    return { model: kept.model };
  }

  /** Keeps what there is, for after a reload. */
  async keep(): Promise<void> {
    const { name } = this.video;
    await keepResults(await openStore(), { key: this.#key, name, results: this.#results.now });
  }

  /** Corrects a frame; its tracks are not known any more. */
  edit(frame: number, edit: Edit): void {
    const labels = this.#results.now.at(frame);
    if (labels === null) throw new RangeError("Cannot correct a frame before it was segmented");
    this.#undo = [...this.#undo.slice(1 - MOST_UNDONE), { frame, labels }];
    this.#results.now.set(frame, edited(labels, edit));
    this.#tracks = null;
  }

  /** Takes the last correction back, and gives its frame; null where there is none. */
  undo(): number | null {
    const last = this.#undo.at(-1);
    if (last === undefined) return null;
    this.#undo = this.#undo.slice(0, -1);
    this.#results.now.set(last.frame, last.labels);
    this.#tracks = null;
    return last.frame;
  }

  /** What is known of tracks. */
  get tracks(): Tracks | null {
    return this.#tracks;
  }

  /** Links objects to tracks, whose numbers they have from then on. */
  async *track(): AsyncGenerator<{ done: number; total: number }, TrackSummary> {
    const tracks = yield* trackAll(this.video, this.#results.now);
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
    const results = this.#results[set];
    const key = `${frame}:${results.version}`;
    const made = this.#shapes[set];
    if (made?.key === key) return made.value;
    const labels = results.at(frame);
    const value = labels === null ? null : shapesOf(labels);
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
  open: (choice: MovieChoice): Promise<MovieFacts> => desk.open(choice),
  canvas({ canvas }: { canvas: OffscreenCanvas }): void {
    desk.canvas = canvas;
  },
  show: (look: Look): Promise<Drawn | null> => desk.show(look),
  levels: ({ frame }: { frame: number }): Promise<Levels> => desk.levels(frame),
  found({ frame, labels }: { frame: number; labels: SentLabels }): { objects: number } {
    desk.results("now").set(frame, labels);
    return { objects: objectsOf(labels).ids.length };
  },
  keepBefore: (_: null): void => desk.keepBefore(),
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
  async keepModel(model: { name: string; bytes: Uint8Array<ArrayBuffer> }): Promise<void> {
    await keepModel(await openStore(), model);
  },
  async kept(_: null): Promise<KeptHead | null> {
    return await keptHead(await openStore());
  },
  async forget(_: null): Promise<void> {
    await forgetResults(await openStore());
    await forgetLearning(await openStore());
  },
  edit: ({ frame, edit }: { frame: number; edit: Edit }): void => desk.edit(frame, edit),
  undo: (_: null): number | null => desk.undo(),
  async still({ frame }: { frame: number }): Promise<SentStill | null> {
    const labels = desk.results("now").at(frame);
    if (labels === null) return null;
    const { width, height, data } = await desk.plane(frame);
    return { image: { width, height, data: data.slice() }, labels };
  },
  pick({ frame, x, y }: { frame: number; x: number; y: number }): { object: number } {
    return { object: labelAt(desk.results("now").at(frame), { x, y }) };
  },
  labels({ frame }: { frame: number }): SentLabels | null {
    return desk.results("now").at(frame);
  },
} satisfies Handlers;
