/**
 * How what the report of tracks shows is chosen while frames go by: little is held,
 * however long the video is.
 *
 * @module
 */

import type { LabelImage, Plane } from "../../images/image.ts";
import { intensityOf } from "../../objects/measures.ts";
import type { FilledObject } from "../../objects/sequence/fill_gaps.ts";
import { diameterOf } from "../../objects/sequence/seen_object.ts";
import { trackColour } from "./track_colours.ts";
import type { EventStrip, ShownFrame, TrackReportData } from "../data.ts";
import type { Window } from "../drawing/window.ts";

/** A frame whose labels are tracks. */
export interface ReportFrame extends LabelImage {
  /** When it was taken. */
  readonly time: number;
  /** What it is called. */
  readonly name: string;
  /** Its objects. */
  readonly objects: readonly FilledObject[];
  /** The channels of its image; none without images. */
  readonly images: readonly Plane[];
}

/** Strips of each kind. */
const MOST_EVENTS = 2;
/** Frames before and after an event. */
const AROUND = 2;
/** Tracks that are followed until it is known which are long. */
const MOST_FOLLOWED = 48;
/** Series that are shown. */
const MOST_SERIES = 8;
/** The side of an event's window, in diameters of its objects. */
const WINDOW_DIAMETERS = 6;

/** A strip that waits for the frames after its event. */
interface Waiting extends Omit<EventStrip, "frames"> {
  readonly frames: ShownFrame[];
  left: number;
}

/** Chooses what is shown while frames go by. */
export class ReportCollector {
  readonly #total: number;
  readonly #shown = new Map<number, ShownFrame>();
  readonly #events: Waiting[] = [];
  readonly #series = new Map<number, { areas: [number, number][]; means: [number, number][] }>();
  #recent: ShownFrame[] = [];
  #count = 0;

  /** Starts; the number of frames decides which is the middle one. */
  constructor(total: number) {
    this.#total = total;
  }

  /**
   * Takes the next frame.
   *
   * @param parentOf The track that a track descends from, 0 for none.
   */
  add(frame: ReportFrame, parentOf: (track: number) => number): void {
    const { time, width, height, data, objects, images } = frame;
    const shown: ShownFrame = {
      ...{ time, labels: { width, height, data }, image: images[0] ?? null },
      putBack: new Set(objects.filter(({ putBack }) => putBack).map(({ track }) => track)),
    };
    const place = this.#count++;
    if ([0, this.#total >> 1, this.#total - 1].includes(place)) this.#shown.set(place, shown);
    for (const strip of this.#events.filter(({ left }) => left > 0)) {
      strip.frames.push(shown);
      strip.left--;
    }
    this.#noteEvents(frame, { shown, parentOf });
    for (const object of objects) this.#follow(object, frame);
    this.#recent = [...this.#recent, shown].slice(-AROUND);
  }

  #noteEvents(
    { objects, width, height }: ReportFrame,
    { shown, parentOf }: { shown: ShownFrame; parentOf: (track: number) => number },
  ): void {
    const note = (kind: EventStrip["kind"], members: readonly FilledObject[], tracks: number[]) => {
      if (this.#events.filter((event) => event.kind === kind).length >= MOST_EVENTS) return;
      const window = windowAround(members, { width, height });
      this.#events.push({ kind, tracks, window, frames: [...this.#recent, shown], left: AROUND });
    };
    const born = objects.filter(({ before, border, track }) =>
      before === null && !border && parentOf(track) > 0
    );
    for (const [mother, daughters] of Map.groupBy(born, ({ track }) => parentOf(track))) {
      if (daughters.length === 2) {
        note("division", daughters, [mother, ...daughters.map(({ track }) => track)]);
      }
    }
    const seen = new Set(
      this.#events.flatMap(({ kind, tracks }) => kind === "put back" ? tracks : []),
    );
    const [back] = objects.filter(({ putBack, border, track }) =>
      putBack && !border && !seen.has(track)
    );
    if (back) note("put back", [back], [back.track]);
  }

  #follow(object: FilledObject, { time, images }: ReportFrame): void {
    const known = this.#series.get(object.track);
    if (!known && this.#series.size >= MOST_FOLLOWED) return;
    const series = known ?? { areas: [], means: [] };
    if (!known) this.#series.set(object.track, series);
    series.areas.push([time, object.area]);
    if (images[0]) series.means.push([time, intensityOf(object, images[0]).mean]);
  }

  /** What was chosen. */
  get chosen(): Pick<TrackReportData, "shown" | "events" | "series"> {
    const sorted = Array.from(this.#series, ([track, values]) => ({ track, ...values }))
      .toSorted((a, b) => b.areas.length - a.areas.length || a.track - b.track);
    // The longest of each colour, as two of one could not be told apart in a plot.
    const colours = Map.groupBy(sorted, ({ track }) => trackColour(track));
    const series = sorted.filter((one) => colours.get(trackColour(one.track))![0] === one)
      .slice(0, MOST_SERIES);
    return { shown: [...this.#shown.values()], events: this.#events, series };
  }
}

/** A square around some objects. */
function windowAround(
  objects: readonly FilledObject[],
  { width, height }: { width: number; height: number },
): Window {
  const mean = (of: (object: FilledObject) => number) =>
    objects.reduce((sum, object) => sum + of(object), 0) / objects.length;
  const side = Math.round(
    Math.max(32, WINDOW_DIAMETERS * mean(({ area }) => diameterOf(area))),
  );
  const size = { width: Math.min(side, width), height: Math.min(side, height) };
  const place = (centre: number, length: number, whole: number) =>
    Math.max(0, Math.min(whole - length, Math.round(centre - length / 2)));
  return {
    x: place(mean(({ x }) => x), size.width, width),
    y: place(mean(({ y }) => y), size.height, height),
    ...size,
  };
}
