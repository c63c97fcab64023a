/**
 * The labels that a teacher gives to the frames of a video: objects, background, and what is to be
 * ignored, kept as runs of equal labels, from which patches are cut.
 *
 * @module
 */

import { IGNORED_LABEL, type LabelImage } from "../../images/image.ts";
import type { ScoredFrame, Voted } from "../../objects/sequence/votes.ts";

/**
 * From which vote on a proposal is an object, and from which it is at least ignored.
 *
 * @category Teacher
 */
export interface VoteThresholds {
  /** An object. */
  readonly object: number;
  /** Ignored from this vote on. */
  readonly ignore: number;
}

/**
 * What the votes changed, counted in objects.
 *
 * @category Teacher
 */
export interface VoteCounts {
  /** Objects that pupils are shown. */
  readonly objects: number;
  /** Of these, those that the frame alone was not sure of. */
  readonly rescued: number;
  /** Objects that the frame alone was sure of and its neighbours were not: ignored. */
  readonly dropped: number;
  /** All that is ignored, `dropped` included. */
  readonly ignored: number;
}

/**
 * A frame's labels by the votes on its proposals: objects keep their ids, doubtful ones become
 * {@linkcode IGNORED_LABEL}, the others background.
 */
export function labelsByVote(
  { width, height, data, scores, votes }: ScoredFrame & Voted,
  { object, ignore }: VoteThresholds,
): { labels: LabelImage; counts: VoteCounts } {
  const become = new Map<number, number>();
  const counts = { objects: 0, rescued: 0, dropped: 0, ignored: 0 };
  for (const [id, own] of scores) {
    const vote = votes.get(id) ?? 0;
    if (vote >= object) {
      become.set(id, id);
      counts.objects++;
      if (own < object) counts.rescued++;
    } else if (vote >= ignore || own >= object) {
      become.set(id, IGNORED_LABEL);
      counts.ignored++;
      if (own >= object) counts.dropped++;
    } else become.set(id, 0);
  }
  const labels = { width, height, data: data.map((id) => id === 0 ? 0 : become.get(id) ?? 0) };
  return { labels, counts };
}

/**
 * The runs of equal labels of an image, row by row.
 *
 * @category Teacher
 */
export interface LabelRuns {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Where the runs of each row begin; one more at the end. */
  readonly rows: Uint32Array;
  /** First columns of all runs. */
  readonly starts: Uint32Array;
  /** Their labels. */
  readonly labels: Uint32Array;
}

function runsOf({ width, height, data }: LabelImage): LabelRuns {
  const rows = new Uint32Array(height + 1);
  const starts: number[] = [];
  const labels: number[] = [];
  for (let y = 0; y < height; y++) {
    rows[y] = starts.length;
    for (let x = 0; x < width; x++) {
      const label = data[y * width + x];
      if (x > 0 && label === data[y * width + x - 1]) continue;
      starts.push(x);
      labels.push(label);
    }
  }
  rows[height] = starts.length;
  return {
    width,
    height,
    rows,
    starts: Uint32Array.from(starts),
    labels: Uint32Array.from(labels),
  };
}

/**
 * A label image as runs of equal labels, row by row: a fraction of its size.
 *
 * @category Teacher
 */
export class RunLabels {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** The runs, to be kept. */
  readonly runs: LabelRuns;

  /** Packs a label image, or takes its runs as they were kept. */
  constructor(image: LabelImage | LabelRuns) {
    this.width = image.width;
    this.height = image.height;
    this.runs = "rows" in image ? image : runsOf(image);
  }

  /** Bytes that it holds. */
  get bytes(): number {
    const { rows, starts, labels } = this.runs;
    return rows.byteLength + starts.byteLength + labels.byteLength;
  }

  /** The whole image again. */
  unpack(): LabelImage {
    const { width, height, rows, starts, labels } = this.runs;
    const data = new Uint32Array(width * height);
    for (let y = 0; y < height; y++) {
      const end = rows[y + 1];
      for (let run = rows[y]; run < end; run++) {
        const to = run + 1 < end ? starts[run + 1] : width;
        data.fill(labels[run], y * width + starts[run], y * width + to);
      }
    }
    return { width, height, data };
  }

  /** The labels of a square of `size` pixels whose upper left corner is at (x, y); it lies inside. */
  cut({ x, y, size }: { x: number; y: number; size: number }): Uint32Array<ArrayBuffer> {
    const { width, rows, starts, labels } = this.runs;
    const patch = new Uint32Array(size * size);
    for (let row = 0; row < size; row++) {
      const end = rows[y + row + 1];
      for (let run = rows[y + row]; run < end; run++) {
        const from = Math.max(0, starts[run] - x);
        const to = Math.min(size, (run + 1 < end ? starts[run + 1] : width) - x);
        if (to <= 0) continue;
        if (from >= size) break;
        patch.fill(labels[run], row * size + from, row * size + to);
      }
    }
    return patch;
  }
}
