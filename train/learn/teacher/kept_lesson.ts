/**
 * A teacher's work on a video, kept while it goes on. Labelling takes minutes to hours: whoever is stopped
 * goes on with the frames that are missing.
 *
 * What is kept of frames are proposals, as votes on them need those of the frames around them, too. They lie
 * in pieces that are written as time goes by; once all frames have their labels, one file holds these, and
 * the pieces are removed.
 *
 * @module
 */

import type { Frames } from "../../images/series/frames.ts";
import type { ScoredFrame } from "../../objects/sequence/votes.ts";
import {
  packLabels,
  packProposals,
  type Proposed,
  unpackLabels,
  unpackProposals,
} from "./kept_labels.ts";
import { RunLabels } from "./pseudo_labels.ts";

/**
 * Where a teacher's work is kept: files by their names.
 *
 * @category Teacher
 */
export interface LabelStore {
  /** The names of all files, its own and others. */
  names(): Promise<readonly string[]>;
  /** What a file holds; null if there is none. */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Writes a file, so that it is never half new. */
  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Removes a file, if it is there. */
  remove(name: string): Promise<void>;
}

/** The files that are written here: of all labels of a video, and of the proposals in its frames from one on. */
const OWN = /^teacher-(?<video>\d+)(?:\.labels|-(?<first>\d+)\.proposals)$/;
/** Milliseconds of work after which a piece is written: so much is lost at most, and few files come of it. */
const EVERY = 1000;

/** Removes all that was kept of a teacher's work, of whatever video. */
export async function forgetLessons(store: LabelStore): Promise<void> {
  for (const name of await store.names()) if (OWN.test(name)) await store.remove(name);
}

/**
 * A video whose frames a teacher labels, and what its labels depend on.
 *
 * @category Teacher
 */
export interface LessonOptions {
  /** The number of the video in its training, from 0. */
  readonly video: number;
  /** What the labels depend on, as plain JSON: those of something else are not taken. */
  readonly of: unknown;
  /** Milliseconds of work after which it is kept; a second unless told. */
  readonly every?: number;
}

/**
 * What is kept of a teacher's work on one video.
 *
 * @category Teacher
 */
export class KeptLesson {
  readonly #store: LabelStore;
  readonly #options: LessonOptions;
  readonly #proposed = new Map<number, Proposed>();
  #exposure: number | null = null;
  #labels: readonly RunLabels[] | null = null;

  private constructor(store: LabelStore, options: LessonOptions) {
    [this.#store, this.#options] = [store, options];
  }

  /** Looks at what there is; what is damaged, or belongs to something else, is as if it was not there. */
  static async open(store: LabelStore, options: LessonOptions): Promise<KeptLesson> {
    const lesson = new KeptLesson(store, options);
    await lesson.#read();
    return lesson;
  }

  /** The exposure at which the teacher saw what is kept; null where nothing is. */
  get exposure(): number | null {
    return this.#exposure;
  }

  /** The labels of all frames; null where some are missing. */
  get labels(): readonly RunLabels[] | null {
    return this.#labels;
  }

  /** Frames of which the proposals are kept. */
  get frames(): number {
    return this.#proposed.size;
  }

  /**
   * The proposals in all frames, in their order: those that are kept, and others, which are kept as they come.
   *
   * @param propose Finds the proposals in a range of frames.
   * @param options.frames The frames.
   * @param options.exposure The exposure at which the teacher sees them; what it saw at another one is forgotten.
   */
  async *proposals(
    propose: (range: { first: number; end: number }) => AsyncIterable<ScoredFrame>,
    { frames: { length, times }, exposure }: {
      frames: Pick<Frames, "length" | "times">;
      exposure: number;
    },
  ): AsyncGenerator<ScoredFrame> {
    if (exposure !== this.#exposure) this.#proposed.clear();
    this.#exposure = exposure;
    for (let t = 0; t < length; t++) {
      const known = this.#proposed.get(t);
      if (known) {
        this.#proposed.delete(t);
        yield { ...known.labels.unpack(), scores: known.scores, time: times?.[t] ?? t };
        continue;
      }
      const first = t;
      while (t + 1 < length && !this.#proposed.has(t + 1)) t++;
      yield* this.#kept(propose({ first, end: t + 1 }), { first, end: t + 1 });
    }
  }

  /** Keeps the labels of all frames, and no proposals any more. */
  async finish(labels: readonly RunLabels[]): Promise<void> {
    const { video, of } = this.#options;
    const exposure = this.#exposure!;
    await this.#store.write(labelsFile(video), await packLabels({ of, exposure, labels }));
    for (const { name } of await this.#pieces()) await this.#store.remove(name);
    this.#labels = labels;
  }

  async #read(): Promise<void> {
    const { video, of } = this.#options;
    const file = await this.#store.read(labelsFile(video));
    const whole = file && await unpackLabels(file, of);
    if (whole) {
      this.#exposure = whole.exposure;
      this.#labels = whole.labels;
      return;
    }
    for (const { name, first } of await this.#pieces()) {
      const bytes = await this.#store.read(name);
      const piece = bytes && await unpackProposals(bytes, of);
      if (!piece || piece.exposure !== (this.#exposure ??= piece.exposure)) continue;
      for (const [i, frame] of piece.frames.entries()) this.#proposed.set(first + i, frame);
    }
  }

  /** The pieces that are there, each with its first frame. */
  async #pieces(): Promise<{ name: string; first: number }[]> {
    const own = String(this.#options.video);
    return (await this.#store.names()).flatMap((name) => {
      const { video, first } = OWN.exec(name)?.groups ?? {};
      return video === own && first !== undefined ? [{ name, first: Number(first) }] : [];
    });
  }

  /** Keeps what is proposed in a range of frames. */
  async *#kept(
    proposed: AsyncIterable<ScoredFrame>,
    { first, end }: { first: number; end: number },
  ): AsyncGenerator<ScoredFrame> {
    const { video, of, every = EVERY } = this.#options;
    const exposure = this.#exposure!;
    let frames: Proposed[] = [];
    let begun = performance.now();
    for await (const frame of proposed) {
      frames.push({ labels: new RunLabels(frame), scores: frame.scores });
      if (first + frames.length === end || performance.now() - begun >= every) {
        const name = `teacher-${video}-${first}.proposals`;
        await this.#store.write(name, await packProposals({ of, exposure, frames }));
        first += frames.length;
        frames = [];
        begun = performance.now();
      }
      yield frame;
    }
  }
}

function labelsFile(video: number): string {
  return `teacher-${video}.labels`;
}
