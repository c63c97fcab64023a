/**
 * The pages of tracks: the report, the player of the video, and the video as an animated picture.
 *
 * @module
 */

import { animationEnd, animationFrame, animationHead } from "../../report/drawing/animated_png.ts";
import { type GreyRange, greyRange } from "../../report/drawing/picture.ts";
import {
  animationPixels,
  type TrackAnimation,
  trackAnimation,
} from "../../report/tracks/animation.ts";
import { movieEnd, type MovieFrame, movieFrame, movieHead } from "../../report/tracks/movie.ts";
import type { TrackReportData } from "../../report/data.ts";
import { ReportCollector, type ReportFrame } from "../../report/tracks/report_data.ts";
import { GAMMA, renderTrackReport } from "../../report/tracks/track_report.ts";
import { AtomicFile, writeFileAtomic } from "../disk/atomic_file.ts";

/** The names of the pages. */
export const PAGES = {
  report: "report.html",
  movie: "movie.html",
  animation: "animation.png",
} as const;

/** What there is to say when all frames are through. */
export type TrackSummary = Pick<TrackReportData, "tracks" | "putBack" | "dropped" | "step">;

/** What the pages are called, and which there are. */
interface PagesOptions {
  readonly title: string;
  /** Frames that will come. */
  readonly total: number;
  readonly movie: boolean;
  readonly animation: boolean;
}

/** Writes the pages while frames go by. */
export class TrackPages implements AsyncDisposable {
  readonly #out: string;
  readonly #options: PagesOptions;
  readonly #collector: ReportCollector;
  #movie: AtomicFile | null = null;
  #animation: { file: AtomicFile; look: TrackAnimation; drawn: number } | null = null;
  #range: GreyRange | null = null;

  /** Starts; nothing is written before the first frame. */
  constructor(out: string, options: PagesOptions) {
    this.#out = out;
    this.#options = options;
    this.#collector = new ReportCollector(options.total);
  }

  /** Takes the next frame. */
  async add(frame: ReportFrame, parentOf: (track: number) => number): Promise<void> {
    this.#collector.add(frame, parentOf);
    if (!this.#options.movie && !this.#options.animation) return;
    const { name, objects, images: [image] } = frame;
    this.#range ??= { ...greyRange(image ? [image] : []), gamma: GAMMA };
    const putBack = new Set(objects.filter((object) => object.putBack).map(({ track }) => track));
    const shown = { name, labels: frame, image, putBack };
    if (this.#options.movie) await this.#addToMovie(shown, this.#range);
    if (this.#options.animation) await this.#addToAnimation(shown, this.#range);
  }

  /** Ends the pages. */
  async end(summary: TrackSummary): Promise<void> {
    const { chosen } = this.#collector;
    const data = { title: this.#options.title, frames: this.#options.total, ...summary, ...chosen };
    await writeFileAtomic(`${this.#out}/${PAGES.report}`, renderTrackReport(data));
    if (this.#movie !== null) {
      await writeText(this.#movie, movieEnd());
      await this.#movie.commit();
    }
    if (this.#animation !== null) {
      await this.#animation.file.write(animationEnd());
      await this.#animation.file.commit();
    }
  }

  /** Removes the movie and the animation unless they are complete. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#movie?.[Symbol.asyncDispose]();
    await this.#animation?.file[Symbol.asyncDispose]();
  }

  async #addToMovie(frame: MovieFrame, range: GreyRange): Promise<void> {
    if (this.#movie === null) {
      this.#movie = await AtomicFile.create(`${this.#out}/${PAGES.movie}`);
      await writeText(this.#movie, movieHead({ ...frame.labels, title: this.#options.title }));
    }
    await writeText(this.#movie, movieFrame(frame, range));
  }

  async #addToAnimation(frame: MovieFrame, range: GreyRange): Promise<void> {
    if (this.#animation === null) {
      const look = trackAnimation({ ...frame.labels, frames: this.#options.total });
      const file = await AtomicFile.create(`${this.#out}/${PAGES.animation}`);
      this.#animation = { file, look, drawn: 0 };
      await file.write(animationHead(look));
    }
    const { file, look } = this.#animation;
    const pixels = animationPixels(frame, range, look);
    await file.write(animationFrame(pixels, look, this.#animation.drawn++));
  }
}

async function writeText(file: AtomicFile, text: string): Promise<void> {
  await file.write(new TextEncoder().encode(text));
}
