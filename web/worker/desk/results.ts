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

/** A packed frame. */
interface Packed {
  readonly labels: RunLabels;
  readonly objects: number;
  readonly isByHand: boolean;
}

/** What was found in a movie. */
export class Results {
  readonly #frames = new Map<number, Packed>();
  /** Changes whenever something in it does, and differs from that of all others. */
  version = ++changes;

  /** Keeps the labels of a frame, and whether they were corrected by hand. */
  set(frame: number, labels: LabelImage, { isByHand = false }: { isByHand?: boolean } = {}): void {
    this.#frames.set(frame, {
      ...{ labels: new RunLabels(labels), isByHand },
      objects: objectsOf(labels).ids.length,
    });
    this.version = ++changes;
  }

  /** Shares the labels of a frame with another one. */
  share(frame: number, { of }: { of: Results }): void {
    this.#frames.set(frame, of.#frames.get(frame)!);
    this.version = ++changes;
  }

  /** The same once more, to be changed by itself. */
  copy(): Results {
    const copy = new Results();
    for (const frame of this.#frames.keys()) copy.share(frame, { of: this });
    return copy;
  }

  /** Whether a frame was corrected by hand. */
  isByHand(frame: number): boolean {
    return this.#frames.get(frame)?.isByHand ?? false;
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
}
