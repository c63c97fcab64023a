/**
 * Tracking measures of the Cell Tracking Challenge (Matula et al. 2015, "Cell Tracking Accuracy Measurement
 * Based on Comparison of Acyclic Oriented Graphs"; Ulman et al. 2017 for complete tracks and track fractions).
 *
 * Objects of frames are the vertices of a graph; its edges lead along tracks, and from a mother to her
 * daughters. AOGM is what it costs to turn the computed graph into the reference: a split of a vertex that
 * matches several references (NS, 5), a missing (FN, 10) and a superfluous vertex (FP, 1), a superfluous
 * (ED, 1) and a missing edge (EA, 1.5), and an edge that is of the wrong kind (EC, 1). Edges are superfluous
 * or wrong only between vertices that match one reference alone.
 *
 * A track that misses frames counts as one that ends and a new one that descends from it, as the challenge
 * has such tracks written.
 *
 * @module
 */

import { unusable } from "../../images/faults/input_fault.ts";
import { countedObjects, type Overlap } from "../overlap.ts";

/**
 * What is known of a track besides its objects: the track that it descends from, 0 for none.
 *
 * @category Scores
 */
export interface Descent {
  /** The number of the track in the images. */
  readonly track: number;
  /** The track that it descends from, 0 for none. */
  readonly parent: number;
}

/**
 * How often the graph has to be changed in each way.
 *
 * @category Scores
 */
export interface TrackingFaults {
  /** Splits of vertices that match several references. */
  NS: number;
  /** Missing vertices. */
  FN: number;
  /** Superfluous vertices. */
  FP: number;
  /** Superfluous edges. */
  ED: number;
  /** Missing edges. */
  EA: number;
  /** Edges of the wrong kind. */
  EC: number;
}

/**
 * What each change costs.
 *
 * @category Scores
 */
export const FAULT_COSTS: Readonly<TrackingFaults> = {
  NS: 5,
  FN: 10,
  FP: 1,
  ED: 1,
  EA: 1.5,
  EC: 1,
};

/**
 * What tracks are worth. Figures without anything to rest on are null.
 *
 * @category Scores
 */
export interface TrackingScores {
  /** 1 − AOGM over what it costs to make the reference out of nothing. */
  TRA: number | null;
  /** The same of the edges alone. */
  LNK: number | null;
  /** Complete tracks: reference tracks that one computed track follows from their first to their last frame, as F1. */
  CT: number | null;
  /** Track fractions: the longest part of a reference track that one computed track follows, over all that are found. */
  TF: number | null;
  /** The number of each kind of fault. */
  faults: TrackingFaults;
  /** Vertices and edges of the reference. */
  reference: { vertices: number; edges: number; tracks: number };
  /** Changes of number from frame to frame of reference tracks, over steps of which both ends are found; and these. */
  id_switches: { rate: number | null; switches: number; steps: number };
  /** The share of reference tracks that are found in every frame, with one number. */
  unbroken: number | null;
}

/**
 * One frame of both graphs.
 *
 * @category Scores
 */
export interface TrackingFrame {
  /** The frame number, larger than that of the frame before; neighbours differ by 1. */
  readonly number: number;
  /** The overlap of the reference (first) with the computed objects (second); in a field of interest, if there is one. */
  readonly overlap: Overlap;
  /** All objects of the frame, also those beyond the field. */
  readonly all: { readonly truth: Iterable<number>; readonly labels: Iterable<number> };
}

/** An edge between vertices, each known by {@linkcode keyOf}. */
interface GraphEdge {
  readonly from: number;
  readonly to: number;
  readonly isDescent: boolean;
}

/** A vertex is known by its frame's place and its number. */
function keyOf(place: number, id: number): number {
  return place * 2 ** 32 + id;
}

/** The edges of one side, frame by frame. */
class GraphEdges {
  readonly edges: GraphEdge[] = [];
  readonly #name: string;
  readonly #parents: ReadonlyMap<number, number>;
  readonly #seen = new Map<number, { place: number; number: number }>();

  constructor(name: string, descents: readonly Descent[]) {
    this.#name = name;
    this.#parents = new Map(descents.map(({ track, parent }) => [track, parent]));
  }

  add(ids: Iterable<number>, { place, number }: { place: number; number: number }): void {
    for (const id of ids) {
      const to = keyOf(place, id);
      const last = this.#seen.get(id);
      if (last) {
        const isDescent = last.number + 1 !== number;
        this.edges.push({ from: keyOf(last.place, id), to, isDescent });
      } else {
        const edge = this.#edgeFromParent(id, to);
        if (edge) this.edges.push(edge);
      }
    }
    for (const id of ids) this.#seen.set(id, { place, number });
  }

  #edgeFromParent(id: number, to: number): GraphEdge | null {
    const parent = this.#parents.get(id);
    if (parent === undefined) {
      throw unusable(
        `Cannot score tracks: the table of ${this.#name} has no track ${id}, which is in an image`,
      );
    }
    if (parent === 0) return null;
    const last = this.#seen.get(parent);
    if (!last) {
      throw unusable(
        `Cannot score tracks: track ${id} of ${this.#name} begins before any image has shown its ` +
          `parent ${parent}`,
      );
    }
    return { from: keyOf(last.place, parent), to, isDescent: true };
  }
}

/** A track of the reference as it was found: in each of its frames the computed track, 0 for none. */
interface Followed {
  /** The number in each frame in which the reference is in the field. */
  readonly numbers: number[];
  /** The places of its first and last frame. */
  readonly first: number;
  last: number;
}

/**
 * Scores tracks frame by frame.
 *
 * @example A track that is followed, but under two numbers
 * ```ts
 * import { overlapOf, TrackingMeter } from "@kymo/kymo/objects";
 * import { assertEquals } from "@std/assert";
 *
 * const image = (id: number) => ({ width: 1, height: 1, data: Uint32Array.of(id) });
 * const meter = new TrackingMeter({
 *   truth: [{ track: 1, parent: 0 }],
 *   labels: [{ track: 1, parent: 0 }, { track: 2, parent: 0 }],
 * });
 * [1, 2].forEach((id, number) => {
 *   const overlap = overlapOf(image(1), image(id));
 *   meter.add({ number, overlap, all: { truth: [1], labels: [id] } });
 * });
 * assertEquals(meter.scores.faults, { NS: 0, FN: 0, FP: 0, ED: 0, EA: 1, EC: 0 });
 * ```
 *
 * @category Scores
 */
export class TrackingMeter {
  readonly #truth: GraphEdges;
  readonly #labels: GraphEdges;
  /** Reference vertices in the field. */
  readonly #references = new Set<number>();
  /** The reference vertex of each computed one that matches it alone. */
  readonly #partners = new Map<number, number>();
  readonly #followed = new Map<number, Followed>();
  /** First and last place of computed tracks without gaps, those of one number in their order. */
  readonly #spans = new Map<number, { first: number; last: number; number: number }[]>();
  readonly #counts = { NS: 0, FN: 0, FP: 0 };
  #frames = 0;

  /** Starts with what is known of the tracks' descent on both sides. */
  constructor({ truth, labels }: { truth: readonly Descent[]; labels: readonly Descent[] }) {
    this.#truth = new GraphEdges("the truth", truth);
    this.#labels = new GraphEdges("the labels", labels);
  }

  /**
   * Takes the next frame.
   *
   * @throws {RangeError} If an object has no track in its table, or begins before its parent was seen.
   */
  add({ number, overlap, all }: TrackingFrame): void {
    const place = this.#frames++;
    this.#truth.add(all.truth, { place, number });
    this.#labels.add(all.labels, { place, number });
    const { first, second } = overlap;
    const matches = overlap.pairs
      .filter(({ first: i, area }) => 2 * area > first.areas[i])
      .map((pair) => ({ reference: first.ids[pair.first], computed: second.ids[pair.second] }));
    const partners = Map.groupBy(matches, ({ computed }) => computed);
    const found = new Map(
      matches.map(({ reference, computed }) =>
        [reference, partners.get(computed)!.length === 1 ? computed : 0] as const
      ),
    );
    this.#counts.FN += first.ids.length - matches.length;
    this.#counts.NS += matches.length - partners.size;
    this.#counts.FP += countedObjects(overlap, "second", (id) => partners.has(id)) - partners.size;
    for (const reference of first.ids) {
      this.#references.add(keyOf(place, reference));
      const computed = found.get(reference) ?? 0;
      if (computed > 0) this.#partners.set(keyOf(place, computed), keyOf(place, reference));
      this.#follow(reference, { place, computed });
    }
    for (const id of second.ids) this.#span(id, { place, number });
  }

  #follow(
    reference: number,
    { place, computed }: { place: number; computed: number },
  ): void {
    const known = this.#followed.get(reference);
    if (!known) {
      this.#followed.set(reference, { numbers: [computed], first: place, last: place });
      return;
    }
    // Frames in which it is beyond the field do not count.
    known.numbers.push(computed);
    known.last = place;
  }

  #span(id: number, { place, number }: { place: number; number: number }): void {
    const spans = this.#spans.get(id);
    const last = spans?.at(-1);
    if (last && last.number + 1 === number) Object.assign(last, { last: place, number });
    else if (spans) spans.push({ first: place, last: place, number });
    else this.#spans.set(id, [{ first: place, last: place, number }]);
  }

  /** The scores of all frames so far. */
  get scores(): TrackingScores {
    const { edges, faults } = this.#compareEdges();
    const vertices = this.#references.size;
    const cost = (kinds: readonly (keyof TrackingFaults)[]) =>
      kinds.reduce((sum, kind) => sum + FAULT_COSTS[kind] * faults[kind], 0);
    const share = (faults: number, all: number) =>
      all === 0 ? null : 1 - Math.min(faults, all) / all;
    const edgesFromNothing = FAULT_COSTS.EA * edges;
    return {
      TRA: share(
        cost(["NS", "FN", "FP", "ED", "EA", "EC"]),
        FAULT_COSTS.FN * vertices + edgesFromNothing,
      ),
      LNK: share(cost(["ED", "EA", "EC"]), edgesFromNothing),
      ...this.#followedScores(),
      faults,
      reference: { vertices, edges, tracks: this.#followed.size },
    };
  }

  #compareEdges(): { edges: number; faults: TrackingFaults } {
    const computed = new Map<string, boolean>();
    for (const { from, to, isDescent } of this.#labels.edges) {
      const [start, end] = [this.#partners.get(from), this.#partners.get(to)];
      if (start !== undefined && end !== undefined) computed.set(`${start} ${end}`, isDescent);
    }
    let [edges, EA, EC] = [0, 0, 0];
    const extra = new Set(computed.keys());
    for (const { from, to, isDescent } of this.#truth.edges) {
      if (!this.#references.has(from) || !this.#references.has(to)) continue;
      edges++;
      const key = `${from} ${to}`;
      const kind = computed.get(key);
      if (kind === undefined) EA++;
      else if (kind !== isDescent) EC++;
      extra.delete(key);
    }
    return { edges, faults: { ...this.#counts, ED: extra.size, EA, EC } };
  }

  #followedScores(): Pick<TrackingScores, "CT" | "TF" | "id_switches" | "unbroken"> {
    let [complete, unbroken, switches, steps] = [0, 0, 0, 0];
    const fractions: number[] = [];
    for (const { numbers, first, last } of this.#followed.values()) {
      const isUnbroken = numbers[0] !== 0 && numbers.every((number) => number === numbers[0]);
      if (isUnbroken) unbroken++;
      const isComplete = isUnbroken &&
        this.#spans.get(numbers[0])!.some((span) => span.first === first && span.last === last);
      if (isComplete) complete++;
      const longest = longestRun(numbers);
      if (longest > 0) fractions.push(longest / numbers.length);
      for (let i = 1; i < numbers.length; i++) {
        if (numbers[i] === 0 || numbers[i - 1] === 0) continue;
        steps++;
        if (numbers[i] !== numbers[i - 1]) switches++;
      }
    }
    const tracks = this.#followed.size;
    const spans = [...this.#spans.values()].reduce((sum, { length }) => sum + length, 0);
    return {
      CT: tracks + spans === 0 ? null : 2 * complete / (tracks + spans),
      TF: fractions.length === 0 ? null : fractions.reduce((a, b) => a + b) / fractions.length,
      id_switches: { rate: steps === 0 ? null : switches / steps, switches, steps },
      unbroken: tracks === 0 ? null : unbroken / tracks,
    };
  }
}

/** The most frames in a row with one number. */
function longestRun(numbers: readonly number[]): number {
  let [longest, run] = [0, 0];
  numbers.forEach((number, i) => {
    run = number === 0 ? 0 : number === numbers[i - 1] ? run + 1 : 1;
    longest = Math.max(longest, run);
  });
  return longest;
}
