/**
 * Non-maximum suppression of an image that is looked at from top to bottom and whose candidates need not
 * fit into memory: what is certain is decided at once, to the same end as with all candidates at hand.
 *
 * A candidate is settled when all more probable ones that cover too much of it are: it is suppressed when
 * one of them is kept, and kept when none is, provided that nothing that is still to come can touch it. So
 * only candidates near the last row that was seen wait, and those that hang on them.
 *
 * @module
 */

import { type Candidates, joinCandidates, selectCandidates } from "./candidates.ts";
import { wholePolygons } from "./polygons.ts";
import { Overlaps } from "./suppression.ts";

/** A candidate reaches farther up than was allowed for: begin again with a wider margin. */
export class MarginError extends Error {
  /** The name of this error class. */
  override readonly name = "MarginError";
}

/** How candidates are suppressed as they come. */
export interface GrowingRule {
  /** A candidate is suppressed when it overlaps a more probable one by more than this. */
  readonly threshold: number;
  /** How many rows above its point a candidate may reach. */
  readonly margin: number;
}

/** Suppresses candidates that come from top to bottom. */
export class GrowingSuppression {
  readonly #rule: GrowingRule;
  #waiting: Candidates | null = null;
  #kept: Candidates[] = [];
  /** All that come reach at most up to here. */
  #line = -Infinity;

  /** Has seen nothing yet. */
  constructor(rule: GrowingRule) {
    this.#rule = rule;
  }

  /** How many candidates wait. */
  get waiting(): number {
    return this.#waiting?.count ?? 0;
  }

  /**
   * Takes the candidates of the next rows, those points of which lie before `end`; with the last ones, `end`
   * is infinite.
   *
   * @throws {MarginError} If one reaches farther up than was allowed for.
   */
  add(candidates: Candidates, end: number): void {
    const { rays } = candidates;
    const all = this.#waiting === null ? candidates : joinCandidates([this.#waiting, candidates]);
    const overlaps = new Overlaps(wholePolygons(all), {
      ...{ rays, threshold: this.#rule.threshold },
    });
    const { boxes } = overlaps;
    for (let at = 0; at < all.count; at++) {
      if (boxes[4 * at] < this.#line && !this.#isOld(all, at)) {
        throw new MarginError(
          `Cannot suppress polygons: one reaches from row ${all.points[2 * at]} up to ${
            boxes[4 * at]
          }, ` +
            `more than ${this.#rule.margin} rows`,
        );
      }
    }
    this.#seen = end;
    this.#line = end - this.#rule.margin;
    const suppressed = new Uint8Array(all.count);
    const doubtful = new Uint8Array(all.count);
    const kept: number[] = [];
    const waiting: number[] = [];
    for (let at = 0; at < all.count; at++) {
      if (suppressed[at]) continue;
      const isKept = doubtful[at] === 0 && boxes[4 * at + 2] < this.#line;
      (isKept ? kept : waiting).push(at);
      const marks = isKept ? suppressed : doubtful;
      for (const other of overlaps.later(at, (other) => !suppressed[other] && !marks[other])) {
        marks[other] = 1;
      }
    }
    if (kept.length > 0) this.#kept.push(selectCandidates(all, kept));
    this.#waiting = selectCandidates(all, waiting);
  }

  /** Points before this row came earlier. */
  #seen = -Infinity;

  #isOld({ points }: Candidates, at: number): boolean {
    return points[2 * at] < this.#seen;
  }

  /**
   * The candidates that are kept, in the order of {@linkcode joinCandidates}, once all are there.
   *
   * @throws {RangeError} If some wait for others.
   */
  end(): Candidates {
    if (this.waiting > 0 || this.#waiting === null) {
      throw new RangeError(`Cannot end a suppression: ${this.waiting} candidates wait for others`);
    }
    return joinCandidates(this.#kept.length > 0 ? this.#kept : [this.#waiting]);
  }
}
