/**
 * Tracks what a network finds in a video while it is measured, for the report and the run's tables.
 *
 * @module
 */

import { counted, wordFor } from "../../../counted.ts";
import type { LabelImage, Plane } from "../../../images/image.ts";
import { medianOf } from "../../../objects/sequence/seen_object.ts";
import { Tracker } from "../../../objects/sequence/track.ts";
import type { Tracked } from "../../../objects/sequence/track_record.ts";
import type { TrackReportData } from "../../../report/data.ts";
import type { TrackTables } from "../../outputs/track_tables.ts";
import { ReportCollector } from "../../../report/tracks/report_data.ts";

/** A frame with what was found in it. */
export interface WatchedFrame extends LabelImage {
  /** When it was taken. */
  readonly time: number;
  /** Its picture. */
  readonly image: Plane;
}

/** What is tracked, and where it goes. */
interface WatcherOptions {
  /** The video's name. */
  readonly title: string;
  /** Frames that will come: they decide which are shown. */
  readonly total: number;
  /** Tables that are filled; none unless told. */
  readonly tables?: Pick<TrackTables, "add" | "end">;
}

/** Tracks frames as they come. */
export class TrackWatcher {
  readonly #title: string;
  readonly #total: number;
  readonly #tracker = new Tracker();
  readonly #collector: ReportCollector;
  readonly #tables: WatcherOptions["tables"];
  readonly #held: (WatchedFrame & Tracked)[] = [];

  /** Starts. */
  constructor({ title, total, tables }: WatcherOptions) {
    this.#title = title;
    this.#total = total;
    this.#collector = new ReportCollector(total);
    this.#tables = tables;
  }

  /**
   * Takes the next frame.
   *
   * @throws {RangeError} If its size is another than the first one's, or its time not after the last one's.
   */
  async add(frame: WatchedFrame): Promise<void> {
    const tracked = this.#tracker.add(frame);
    this.#held.push(tracked);
    while (tracked.time - this.#held[0].time >= this.#tracker.patience) {
      await this.#show(this.#held.shift()!);
      if (this.#held.length === 0) return;
    }
  }

  /** Ends the tables, and gives what there is to report when all frames are through. */
  async end(): Promise<TrackReportData> {
    for (const frame of this.#held.splice(0)) await this.#show(frame);
    const { tracks, step } = this.#tracker;
    await this.#tables?.end(tracks);
    return {
      ...{ title: this.#title, tracks, frames: this.#total, putBack: 0 },
      step: Number.isNaN(step) ? null : step,
      ...this.#collector.chosen,
    };
  }

  async #show(frame: WatchedFrame & Tracked): Promise<void> {
    const settled = this.#tracker.settle(frame);
    const objects = settled.objects.map((object) => ({ ...object, putBack: false }));
    // A network sees intensities on a scale of its own: they are not measured.
    await this.#tables?.add({ ...settled, objects });
    const name = `frame ${settled.time}`;
    this.#collector.add(
      { ...settled, objects, name, images: [settled.image] },
      (track) => this.#tracker.recordOf(track).parent,
    );
  }
}

/** Tracks in a sentence. */
export function tracksText({ tracks, frames, title }: TrackReportData): string {
  const count = (is: (track: TrackReportData["tracks"][number]) => boolean) =>
    tracks.filter(is).length;
  const length = tracks.length === 0
    ? ""
    : `; the median length is ${medianOf(tracks.map(({ length }) => length))} of ${
      counted(frames, "frame")
    }`;
  const [appeared, lost] = [
    count(({ begin }) => begin === "appeared"),
    count(({ end }) => end === "lost"),
  ];
  return `${counted(tracks.length, "track")} in ${title}, ` +
    `${counted(count(({ end }) => end === "divided"), "division")}; ` +
    `${appeared} ${wordFor(appeared, "appears", "appear")} and ` +
    `${lost} ${wordFor(lost, "is", "are")} lost away from the edge${length}`;
}
