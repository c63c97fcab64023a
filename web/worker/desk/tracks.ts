/**
 * Objects on their tracks, with what is measured of them.
 *
 * @module
 */

import type { LabelImage, Plane } from "../../../train/images/image.ts";
import type { Video } from "../../../train/images/series/video.ts";
import { intensityOf } from "../../../train/objects/measures.ts";
import {
  type Filled,
  type FilledObject,
  fillGaps,
  PutBackCount,
} from "../../../train/objects/sequence/fill_gaps.ts";
import { ObjectTable } from "../../../train/objects/sequence/object_table.ts";
import { Tracker } from "../../../train/objects/sequence/track.ts";
import { trackedFrames } from "../../../train/objects/sequence/track_objects.ts";
import type { TrackRecord } from "../../../train/objects/sequence/track_record.ts";
import type { SortKey, TrackPage, TrackRow, TrackSummary } from "../../shared/messages.ts";
import { Results } from "./results.ts";

/** Gaps are closed as `steady` does it. */
const FILL = "copy";
/** Characters of a table that are put away together. */
const PART = 2 ** 20;

/** What is measured of a track in one frame. */
interface Measured {
  readonly frame: number;
  readonly area: number;
  readonly mean: number;
}

/** All that is known of the tracks of a movie. */
export class Tracks {
  /** The labels, whose numbers are tracks. */
  readonly labels: Results;
  /** The tracks in the order of their numbers. */
  readonly records: readonly TrackRecord[];
  /** In short. */
  readonly summary: TrackSummary;
  /** `objects.csv`. */
  readonly table: Blob;
  readonly #measured: ReadonlyMap<number, readonly Measured[]>;
  readonly #rows: readonly TrackRow[];

  /** Keeps what was found. */
  constructor(
    { labels, records, putBack, table, measured }:
      & Pick<Tracks, "labels" | "records" | "table">
      & { putBack: number; measured: ReadonlyMap<number, readonly Measured[]> },
  ) {
    [this.labels, this.records, this.table, this.#measured] = [labels, records, table, measured];
    this.#rows = records.map(({ track, parent, first, last, begin, end }): TrackRow => {
      const all = measured.get(track) ?? [];
      const mean = (of: (one: Measured) => number) =>
        all.reduce((sum, one) => sum + of(one), 0) / Math.max(1, all.length);
      return {
        ...{ track, parent, first, last, begin, end },
        area: mean(({ area }) => area),
        intensity: mean((one) => one.mean),
      };
    });
    const divisions = records.filter(({ end }) => end === "divided").length;
    this.summary = { tracks: records.length, divisions, putBack };
  }

  /** Some rows of the table of tracks, sorted. */
  page({ sort, isDown, from, count }: {
    sort: SortKey;
    isDown: boolean;
    from: number;
    count: number;
  }): TrackPage {
    const sign = isDown ? -1 : 1;
    const sorted = this.#rows.toSorted((a, b) => sign * (a[sort] - b[sort]) || a.track - b.track);
    return { rows: sorted.slice(from, from + count), all: sorted.length };
  }

  /** A track's measurements by frame; of all tracks their mean where none is named. */
  curves(track: number | null): { area: [number, number][]; intensity: [number, number][] } {
    const all = track === null
      ? [...this.#measured.values()].flat()
      : this.#measured.get(track) ?? [];
    const byFrame = Map.groupBy(all, ({ frame }) => frame);
    const frames = [...byFrame].sort(([a], [b]) => a - b);
    const curve = (of: (one: Measured) => number) =>
      frames.map(([frame, some]): [number, number] => [
        frame + 1,
        some.reduce((sum, one) => sum + of(one), 0) / some.length,
      ]);
    return { area: curve(({ area }) => area), intensity: curve(({ mean }) => mean) };
  }
}

/** A text that grows and is put away in parts. */
class LongText {
  readonly #parts: Blob[] = [];
  #open = "";

  add(text: string): void {
    this.#open += text;
    if (this.#open.length < PART) return;
    this.#parts.push(new Blob([this.#open]));
    this.#open = "";
  }

  get blob(): Blob {
    return new Blob([...this.#parts, this.#open], { type: "text/csv" });
  }
}

/**
 * Links the objects of all segmented frames, and measures them.
 *
 * @param found What was found, frame by frame; its numbers mean nothing.
 */
export async function* trackAll(
  video: Video,
  found: Results,
): AsyncGenerator<{ done: number; total: number }, Tracks> {
  const { frames } = found;
  const tracker = new Tracker();
  const read = async function* () {
    for (const time of frames) {
      const image: Plane = await video.frame(time);
      yield { ...found.at(time)!, time, image };
    }
  };
  const { maxGap } = tracker.settings;
  const filled = fillGaps(trackedFrames(read(), tracker), { fill: FILL, maxGap });
  const table = new ObjectTable({ channels: ["1"], calibration: video.calibration });
  const text = new LongText();
  text.add(table.header);
  const labels = new Results();
  const back = new PutBackCount();
  const measured = new Map<number, Measured[]>();
  let done = 0;
  for await (const given of filled) {
    // Who corrected a frame by hand has said what is in it.
    const frame = found.isByHand(given.time) ? withoutPutBack(given) : given;
    const { time, image, objects } = frame;
    labels.set(time, frame);
    back.add(objects);
    text.add(table.lines(frame, [image]));
    for (const object of objects) addMeasured(measured, { object, frame: time, image });
    yield { done: ++done, total: frames.length };
  }
  const records = back.without(tracker.tracks);
  return new Tracks({ labels, records, putBack: back.total, table: text.blob, measured });
}

/** A frame without what was put back. */
function withoutPutBack<F extends LabelImage & Filled>(frame: F): F {
  const back = new Set(frame.objects.filter(({ putBack }) => putBack).map(({ track }) => track));
  return {
    ...frame,
    data: frame.data.map((track) => back.has(track) ? 0 : track),
    objects: frame.objects.filter(({ putBack }) => !putBack),
  };
}

function addMeasured(
  measured: Map<number, Measured[]>,
  { object, frame, image }: { object: FilledObject; frame: number; image: Plane },
): void {
  const { mean } = intensityOf(object, image);
  const known = measured.get(object.track) ?? [];
  known.push({ frame, area: object.area, mean });
  measured.set(object.track, known);
}
