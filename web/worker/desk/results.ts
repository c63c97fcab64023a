/**
 * Label images of a movie's frames, packed.
 *
 * @module
 */

import type { LabelImage } from "../../../train/images/image.ts";
import { RunLabels } from "../../../train/learn/teacher/pseudo_labels.ts";
import { objectsOf } from "../../../train/objects/overlap.ts";

/** Counts changes of all results. */
let changes = 0;

/** What was found in a movie. */
export class Results {
  readonly #frames = new Map<number, { readonly labels: RunLabels; readonly objects: number }>();
  /** Changes whenever something in it does, and differs from that of all others. */
  version = ++changes;

  /** Keeps the labels of a frame. */
  set(frame: number, labels: LabelImage): void {
    this.#frames.set(frame, {
      labels: new RunLabels(labels),
      objects: objectsOf(labels).ids.length,
    });
    this.version = ++changes;
  }

  /** The labels of a frame; null where it was not segmented. */
  at(frame: number): LabelImage | null {
    return this.#frames.get(frame)?.labels.unpack() ?? null;
  }

  /** How many objects a frame has; null where it was not segmented. */
  countAt(frame: number): number | null {
    return this.#frames.get(frame)?.objects ?? null;
  }

  /** Frames that have labels, in order. */
  get frames(): number[] {
    return [...this.#frames.keys()].sort((a, b) => a - b);
  }

  /** Bytes that it holds. */
  get bytes(): number {
    return this.#frames.values().reduce((sum, { labels }) => sum + labels.bytes, 0);
  }
}
