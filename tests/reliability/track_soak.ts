/**
 * Tracks a long made-up movie, of which no more than one frame is held, and watches memory and time; run by
 * `deno task soak`.
 *
 * @module
 */

import type { LabelImage } from "../../train/images/image.ts";
import { Random } from "../../train/images/random.ts";
import { fillGaps } from "../../train/objects/sequence/fill_gaps.ts";
import { Tracker } from "../../train/objects/sequence/track.ts";
import { trackedFrames } from "../../train/objects/sequence/track_objects.ts";
import { dropUnsupported } from "../../train/objects/sequence/unsupported.ts";

/** What tracking took. */
export interface TrackSoakResult {
  /** Frames that went through. */
  readonly frames: number;
  /** Tracks that were found. */
  readonly tracks: number;
  /** The most frames that were taken in and not given out. */
  readonly held: number;
  /** Memory of the process after each tenth, in MiB. */
  readonly memory: readonly number[];
  /** Milliseconds of a frame: drawing it is not counted. */
  readonly milliseconds: number;
}

/** A disc that moves a little, now and then is missed, and gives way to another one. */
interface Cell {
  y: number;
  x: number;
  left: number;
}

/** Tracks discs that come, go and are missed, with all that tracking can do to them. */
export async function trackSoak(
  { frames, objects }: { frames: number; objects: number },
): Promise<TrackSoakResult> {
  const random = new Random(7);
  const side = Math.ceil(Math.sqrt(objects)) * 24;
  const born = (): Cell => ({
    ...{ y: random.uniform(0, side), x: random.uniform(0, side) },
    left: 20 + random.integer(80),
  });
  const cells = Array.from({ length: objects }, born);
  let [taken, given, held, drawing] = [0, 0, 0, 0];
  const movie = function* () {
    for (; taken < frames; taken++) {
      const start = performance.now();
      cells.forEach((cell, i) => {
        cell.y += random.normal();
        cell.x += random.normal();
        if (cell.left-- === 0) cells[i] = born();
      });
      const frame = draw(cells.filter(() => random.uniform(0, 1) > 0.02), side);
      drawing += performance.now() - start;
      held = Math.max(held, taken + 1 - given);
      yield frame;
    }
  };
  const tracker = new Tracker();
  const { maxGap } = tracker.settings;
  const recordOf = (track: number) => tracker.recordOf(track);
  const supported = dropUnsupported(trackedFrames(movie(), tracker), { maxGap, recordOf });
  const memory: number[] = [];
  const start = performance.now();
  for await (const _ of fillGaps(supported, { fill: "copy", maxGap })) {
    given++;
    if (given % Math.ceil(frames / 10) === 0) memory.push(Deno.memoryUsage().rss / 2 ** 20);
  }
  const milliseconds = (performance.now() - start - drawing) / frames;
  return { frames: given, tracks: tracker.tracks.length, held, memory, milliseconds };
}

function draw(cells: readonly Cell[], side: number): LabelImage {
  const data = new Uint32Array(side * side);
  cells.forEach(({ y, x }, i) => {
    const [row, column] = [Math.round(y), Math.round(x)];
    for (let down = -6; down <= 6; down++) {
      if (row + down < 0 || row + down >= side) continue;
      const half = Math.floor(Math.sqrt(36 - down ** 2));
      const start = (row + down) * side;
      const [from, to] = [Math.max(0, column - half), Math.min(side, column + half + 1)];
      if (from < to) data.fill(i + 1, start + from, start + to);
    }
  });
  return { width: side, height: side, data };
}
