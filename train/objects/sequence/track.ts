/**
 * Tracking: gives the objects of a video numbers that stay. Frames come in one by one in the order of time
 * and go out with tracks for labels; what is held is the last object of every track that may go on.
 *
 * From frame to frame the motion that all objects have in common is taken off, see `motionBetween`. Each
 * track is expected where it was, moved by the drift and by as much of its own last step as steps of this
 * video repeat themselves. Tracks and objects are then assigned all at once, see `linkFrame`; a track that
 * was not seen in up to `maxGap` frames may go on, and two objects that fit where one was are its daughters,
 * see `findDivisions`; unless they are one again within `maxGap` frames, see `areOne`: then one object
 * had been cut in two. Over a longer stretch that no frame shows nothing is linked, and nothing divides. {@linkcode Tracker.settle} puts that right in frames that have gone out before.
 *
 * How far an object may go follows from the video: from the typical diameter of its objects, the
 * typical step between those of two frames that are each other's nearest, and the distance between objects. The numbers of objects in the input
 * mean nothing: objects are taken in the order of their pixels.
 *
 * @module
 */

import { IGNORED_LABEL, isObject, type LabelImage, type Shift } from "../../images/image.ts";
import { refuseValue } from "../../settings.ts";
import { assertSameShape } from "../overlap.ts";
import { findDivisions } from "./linking/divisions.ts";
import { motionBetween } from "./linking/drift.ts";
import { type Candidate, linkFrame } from "./linking/link_frame.ts";
import { areOne } from "./linking/one_object.ts";
import type { Birth, Joined, OpenTrack } from "./linking/open_track.ts";
import { diameterOf, isWithin, medianOf, type SeenObject, seenObjects } from "./seen_object.ts";
import type { Moved, TimedFrame } from "./timed_frame.ts";
import type { TrackBegin, Tracked, TrackedObject, TrackRecord } from "./track_record.ts";

/**
 * How objects are tracked.
 *
 * @category Sequences
 */
export interface TrackSettings {
  /** The most frames in which a track may be missing before it ends. */
  readonly maxGap: number;
  /** Whether divisions are looked for. */
  readonly divisions: boolean;
  /** The farthest that an object goes from frame to frame besides the drift, in pixels; null: as the video has it. */
  readonly reach: number | null;
}

/**
 * Gaps of two frames, divisions, and a reach that follows from the video.
 *
 * @category Sequences
 */
export const defaultTracking: TrackSettings = { maxGap: 2, divisions: true, reach: null };

/** How many typical steps an object may go. */
const STEPS_IN_REACH = 4;
/** An object may go this share of the distance between objects: where few are, there is no other to mistake. */
const SPACING_IN_REACH = 0.4;
/** An object counts as at least so large against the distance between objects: truth may be of dots. */
const SPACING_IN_DIAMETER = 0.25;
/** How much the newest step counts in the typical one. */
const NEWEST = 0.3;
/** Until so many squared steps are known, no step is taken to repeat the one before. */
const PERSISTENCE_PRIOR = 20;

/**
 * Tracks objects frame by frame.
 *
 * @category Sequences
 */
export class Tracker {
  readonly #settings: TrackSettings;
  readonly #records: OpenTrack["record"][] = [];
  readonly #joined = new Map<number, Joined>();
  #open: OpenTrack[] = [];
  #size: LabelImage | null = null;
  #time = -1;
  /** The last frame before this one in which something was seen; NaN before there is one. */
  #shown = NaN;
  #drift: Shift = { y: 0, x: 0 };
  /** The typical step; NaN before one is known. */
  #step = NaN;
  #repeated = 0;
  #squares = 0;

  /**
   * Starts without tracks.
   *
   * @throws {RangeError} If a setting makes no sense.
   */
  constructor(settings: Partial<TrackSettings> = {}) {
    const given = Object.entries(settings).filter(([, value]) => value !== undefined);
    this.#settings = { ...defaultTracking, ...Object.fromEntries(given) };
    const { maxGap, reach } = this.#settings;
    if (!(Number.isInteger(maxGap) && maxGap >= 0)) {
      refuseValue("max-gap", { value: maxGap, expected: "a whole number ≥ 0", task: "track" });
    }
    if (reach !== null && !(reach > 0)) {
      refuseValue("reach", { value: reach, expected: "a number > 0", task: "track" });
    }
  }

  /**
   * Takes the next frame.
   *
   * @returns The frame with tracks for labels; what is ignored stays so. As long as a division may turn out
   *   to be none, `settle` has the last word.
   * @throws {RangeError} If its size is another than the first one's, or its time not after the last one's.
   */
  add<F extends TimedFrame & Moved>(frame: F): F & Tracked {
    const before = this.#time;
    const isFirst = this.#size === null;
    const time = frame.time ?? before + 1;
    if (!isFirst && !(time > before)) {
      throw new RangeError(`Cannot track: frame ${time} comes after frame ${before}`);
    }
    if (this.#size) {
      assertSameShape({ "the first frame": this.#size, [`frame ${time}`]: frame }, "track");
    }
    this.#size ??= { width: frame.width, height: frame.height, data: new Uint32Array(0) };
    this.#time = time;
    const objects = seenObjects(frame);
    this.#closeBefore(time - this.#settings.maxGap - 1);
    const isCut = time - this.#shown > this.#settings.maxGap + 1;
    if (isCut && objects.length > 0) this.#noteCut();
    const scale = this.#move(frame, { objects, before });
    const tracked = this.#link(frame, { objects, isFirst, isCut, ...scale });
    if (objects.length > 0) this.#shown = time;
    const numbers = new Map(tracked.map(({ label, track }) => [label, track]));
    const data = new Uint32Array(frame.data.length);
    for (let at = 0, end = 0; at < data.length; at = end) {
      const label = frame.data[at];
      while (end < data.length && frame.data[end] === label) end++;
      if (label !== 0) data.fill(isObject(label) ? numbers.get(label)! : IGNORED_LABEL, at, end);
    }
    return { ...frame, data, time, objects: tracked, drift: this.#drift };
  }

  /** How many frames must come after a frame until its tracks are settled. */
  get patience(): number {
    return this.#settings.divisions ? this.#settings.maxGap : 0;
  }

  /**
   * A frame that went out before, with the tracks that its objects are known to be on by now; to be called
   * when `patience` more frames were added, or none are left.
   */
  settle<F extends LabelImage & Tracked>(frame: F): F {
    if (!frame.objects.some(({ track }) => this.#joined.has(track))) return frame;
    const objects = frame.objects.map((object) => {
      let { track, before } = object;
      for (let to = this.#joined.get(track); to !== undefined; to = this.#joined.get(track)) {
        track = to.track;
        before ??= to.before;
      }
      return { ...object, track, before };
    });
    const numbers = new Map(frame.objects.map(({ track }, i) => [track, objects[i].track]));
    return { ...frame, objects, data: frame.data.map((track) => numbers.get(track) ?? track) };
  }

  /** How it tracks. */
  get settings(): TrackSettings {
    return this.#settings;
  }

  /**
   * All tracks in the order of their numbers, as they are by now: those that are still seen end here. The
   * number of a track that turned out to be the going on of another one is left out.
   */
  get tracks(): readonly TrackRecord[] {
    return this.#records.filter(({ track }) => !this.#joined.has(track));
  }

  /** What is known of a track by now. */
  recordOf(track: number): TrackRecord {
    return this.#records[track - 1];
  }

  /** The typical step of an object from frame to frame besides the drift, in pixels; NaN where none is known. */
  get step(): number {
    return this.#step;
  }

  /** Finds out how all objects have moved, how far each of them may have besides, and how large they are. */
  #move(
    { width, height, shift }: LabelImage & Moved,
    { objects, before }: { objects: readonly SeenObject[]; before: number },
  ): { reach: number; diameter: number } {
    const last = this.#open.filter(({ time }) => time === before).map(({ object }) => object);
    const areas = [...objects, ...last].map(({ area }) => area);
    const diameter = areas.length === 0 ? 1 : diameterOf(medianOf(areas));
    const known = shift && { y: shift.y - this.#drift.y, x: shift.x - this.#drift.x };
    const { drift, step } = motionBetween(last, objects, { diameter, width, height, known });
    this.#drift = { y: this.#drift.y + drift.y, x: this.#drift.x + drift.x };
    if (Number.isNaN(this.#step)) this.#step = step;
    else if (!Number.isNaN(step)) this.#step += NEWEST * (step - this.#step);
    const steps = [step, this.#step].filter((step) => !Number.isNaN(step));
    const spacing = Math.sqrt(width * height / Math.max(1, objects.length));
    const own = Math.max(
      diameter,
      SPACING_IN_REACH * spacing,
      ...steps.map((s) => STEPS_IN_REACH * s),
    );
    return {
      reach: this.#settings.reach ?? own,
      diameter: Math.max(diameter, SPACING_IN_DIAMETER * spacing),
    };
  }

  /** The way that a track is expected to have gone since it was seen. */
  #expected({ time, drift, step }: OpenTrack): Shift {
    const age = this.#time - time;
    const repeats = Math.max(0, Math.min(1, this.#repeated / (this.#squares || 1)));
    // Each step repeats a share of the one before, so that the way has an end.
    const way = repeats === 1 ? age : repeats * (1 - repeats ** age) / (1 - repeats);
    return {
      y: this.#drift.y - drift.y + way * step.y,
      x: this.#drift.x - drift.x + way * step.x,
    };
  }

  #link(
    labels: LabelImage,
    { objects, reach, diameter, isFirst, isCut }: {
      objects: readonly SeenObject[];
      reach: number;
      diameter: number;
      isFirst: boolean;
      isCut: boolean;
    },
  ): TrackedObject[] {
    const tracks = this.#open.map((track) => ({
      ...{ object: track.object, shift: this.#expected(track), age: this.#time - track.time },
    }));
    const links = linkFrame(tracks, { labels, objects, reach });
    const divisions = this.#settings.divisions
      ? findDivisions({ tracks, links, objects, reach, diameter })
      : [];
    const mothers = new Set(divisions.map(({ mother }) => mother));
    this.#rejoin(links, { labels, objects, mothers, tracks });
    const owners: (OpenTrack | null)[] = objects.map(() => null);
    const befores: TrackedObject["before"][] = objects.map(() => null);
    const stay: OpenTrack[] = [];
    this.#open.forEach((track, row) => {
      if (mothers.has(row)) return;
      stay.push(track);
      if (links[row] < 0) return;
      owners[links[row]] = track;
      befores[links[row]] = { object: track.object, time: track.time };
      this.#goOn(track, objects[links[row]]);
    });
    const parents = new Map<number, OpenTrack>();
    for (const { mother, daughters } of divisions) {
      this.#open[mother].record.end = "divided";
      for (const daughter of daughters) parents.set(daughter, this.#open[mother]);
    }
    objects.forEach((object, i) => {
      if (owners[i] !== null) return;
      const begin = isFirst ? "first" : this.#beginOf(object, isCut ? "cut" : "appeared");
      stay.push(owners[i] = this.#begin(object, { parent: parents.get(i), begin }));
    });
    for (const { mother, daughters } of divisions) {
      const born = daughters.map((daughter) => owners[daughter]!);
      const birth = { mother: this.#open[mother], daughters: born, time: this.#time };
      for (const daughter of born) daughter.birth = birth;
    }
    this.#open = stay;
    return objects.map((object, i) => ({
      ...object,
      track: owners[i]!.record.track,
      before: befores[i],
    }));
  }

  #begin(
    object: SeenObject,
    { parent, begin }: { parent?: OpenTrack; begin: TrackBegin },
  ): OpenTrack {
    const time = this.#time;
    const record: OpenTrack["record"] = {
      ...{ track: this.#records.length + 1, parent: parent?.record.track ?? 0 },
      ...{ first: time, last: time, length: 1, gaps: 0 },
      ...{ begin: parent ? "divided" : begin, end: "last" },
    };
    this.#records.push(record);
    return { record, object, time, drift: this.#drift, step: { y: 0, x: 0 }, birth: null };
  }

  /** Takes divisions back whose daughters turn out to be one object that had been cut in two. */
  #rejoin(
    links: Int32Array,
    { labels, objects, mothers, tracks }: {
      labels: LabelImage;
      objects: readonly SeenObject[];
      mothers: ReadonlySet<number>;
      tracks: readonly Candidate[];
    },
  ): void {
    const rows = new Map(this.#open.map((track, row) => [track, row]));
    this.#open = this.#open.map((track, row) => {
      const { birth } = track;
      if (birth !== null && this.#time - birth.time > this.#settings.maxGap) track.birth = null;
      if (track.birth === null || birth === null) return track;
      if (links[row] < 0 || mothers.has(row)) return track;
      const twin = birth.daughters.find((daughter) => daughter !== track)!;
      const other = rows.get(twin);
      if (other === undefined || links[other] >= 0 || mothers.has(other)) return track;
      const pieces = [tracks[row], tracks[other]];
      if (!areOne(pieces, { labels, whole: objects[links[row]] })) return track;
      this.#takeBack(track, { birth, twin });
      return birth.mother;
    });
  }

  /** Lets a mother go on as one of her daughters did; the other is a piece that appeared. */
  #takeBack(track: OpenTrack, { birth, twin }: { birth: Birth; twin: OpenTrack }): void {
    const { mother } = birth;
    const { record: { last, length, gaps }, object, time, drift, step } = track;
    const before = { object: mother.object, time: mother.time };
    this.#joined.set(track.record.track, { track: mother.record.track, before });
    const seen = mother.record.length - mother.record.gaps + length - gaps;
    Object.assign(mother, { object, time, drift, step });
    mother.record.last = last;
    mother.record.length = last - mother.record.first + 1;
    mother.record.gaps = mother.record.length - seen;
    // A piece is nothing that could come back.
    twin.time = -Infinity;
    twin.record.parent = 0;
    twin.record.begin = this.#beginOf(twin.object, "appeared");
  }

  #beginOf(object: SeenObject, elsewhere: TrackBegin): TrackBegin {
    return this.#isAtEdge(object) ? "entered" : elsewhere;
  }

  /** What went on until nothing was seen for longer than a gap may be was cut off, not lost. */
  #noteCut(): void {
    const from = this.#shown - this.#settings.maxGap;
    for (const record of this.#records) {
      if (record.end === "lost" && record.last >= from) record.end = "cut";
    }
  }

  #goOn(track: OpenTrack, object: SeenObject): void {
    const age = this.#time - track.time;
    const step = {
      y: (object.y - track.object.y - (this.#drift.y - track.drift.y)) / age,
      x: (object.x - track.object.x - (this.#drift.x - track.drift.x)) / age,
    };
    if (this.#squares === 0) this.#squares = PERSISTENCE_PRIOR * (this.#step || 0) ** 2;
    this.#repeated += step.y * track.step.y + step.x * track.step.x;
    this.#squares += track.step.y ** 2 + track.step.x ** 2;
    Object.assign(track, { object, time: this.#time, drift: this.#drift, step });
    const { record } = track;
    record.gaps += age - 1;
    record.last = this.#time;
    record.length = record.last - record.first + 1;
    record.end = "last";
  }

  /** Ends tracks that were not seen since a time, this one included. */
  #closeBefore(time: number): void {
    for (const track of this.#open) {
      track.record.end = this.#isAtEdge(track.object) ? "left" : "lost";
    }
    this.#open = this.#open.filter((track) => track.time >= time);
  }

  /** Whether an object may have come or gone over the edge within a step. */
  #isAtEdge(object: SeenObject): boolean {
    return isWithin(Math.max(1, this.#step || 0), { object, ...this.#size! });
  }
}
