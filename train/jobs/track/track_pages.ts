/**
 * The pages of tracks: the report, and the player of the video.
 *
 * @module
 */

import { type GreyRange, greyRange } from "../../report/drawing/picture.ts";
import { movieEnd, movieFrame, movieHead } from "../../report/tracks/movie.ts";
import {
  ReportCollector,
  type ReportFrame,
  type TrackReportData,
} from "../../report/tracks/report_data.ts";
import { GAMMA, renderTrackReport } from "../../report/tracks/track_report.ts";
import { AtomicFile, writeFileAtomic } from "../disk/atomic_file.ts";

/** The names of the pages. */
export const PAGES = { report: "report.html", movie: "movie.html" } as const;

/** What there is to say when all frames are through. */
export type TrackSummary = Pick<TrackReportData, "tracks" | "putBack" | "step">;

/** Writes the pages while frames go by. */
export class TrackPages implements AsyncDisposable {
  readonly #out: string;
  readonly #title: string;
  readonly #total: number;
  readonly #collector: ReportCollector;
  readonly #wantsMovie: boolean;
  #movie: AtomicFile | null = null;
  #range: GreyRange = { low: 0, high: 1 };

  /** Starts; nothing is written before the first frame. */
  constructor(
    out: string,
    { title, total, movie }: { title: string; total: number; movie: boolean },
  ) {
    this.#out = out;
    this.#title = title;
    this.#total = total;
    this.#wantsMovie = movie;
    this.#collector = new ReportCollector(total);
  }

  /** Takes the next frame. */
  async add(frame: ReportFrame, parentOf: (track: number) => number): Promise<void> {
    this.#collector.add(frame, parentOf);
    if (!this.#wantsMovie) return;
    const { name, objects, images: [image] } = frame;
    if (this.#movie === null) {
      this.#movie = await AtomicFile.create(`${this.#out}/${PAGES.movie}`);
      this.#range = { ...greyRange(image ? [image] : []), gamma: GAMMA };
      await this.#write(movieHead({ ...frame, title: this.#title }));
    }
    const putBack = new Set(objects.filter((object) => object.putBack).map(({ track }) => track));
    await this.#write(movieFrame({ name, labels: frame, image, putBack }, this.#range));
  }

  /** Ends the pages. */
  async end(summary: TrackSummary): Promise<void> {
    const { chosen } = this.#collector;
    const data = { title: this.#title, frames: this.#total, ...summary, ...chosen };
    await writeFileAtomic(`${this.#out}/${PAGES.report}`, renderTrackReport(data));
    if (this.#movie === null) return;
    await this.#write(movieEnd());
    await this.#movie.commit();
  }

  /** Removes the movie unless it is complete. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#movie?.[Symbol.asyncDispose]();
  }

  async #write(text: string): Promise<void> {
    await this.#movie!.write(new TextEncoder().encode(text));
  }
}
