/**
 * What the desk keeps of a movie over a reload: labels as they were found, corrected frames to learn from,
 * and a model that was learned for it.
 *
 * @module
 */

import { decodeImage, readLabels } from "../../../train/images/formats/decode.ts";
import type { LabelImage } from "../../../train/images/image.ts";
import { encodeFrames } from "../../../train/objects/formats/encode_frames.ts";
import { labelTiff } from "../../../train/objects/formats/label_tiff.ts";
import type { KeptSummary, SegmentedWith } from "../../shared/messages.ts";
import type { FileStore } from "../store.ts";
import { Results } from "./results.ts";

const HEAD = "head.json";
const STILLS = "stills.tif";
const MODEL = "model.safetensors";
/** Parts from which on all is written anew into one. */
const MOST_PARTS = 20;

/** A file of labels, with the frame of each page. */
interface Part {
  readonly file: string;
  readonly frames: readonly number[];
}

/** What is kept, told in short; files that it names are whole. */
interface Head {
  /** Tells the movie from others. */
  readonly key: string;
  /** Its name. */
  readonly name: string;
  /** Labels; of a frame that is in several parts the last one counts. */
  readonly parts: readonly Part[];
  /** The number of the next part. */
  readonly next: number;
  /** Frames that were corrected by hand. */
  readonly byHand: readonly number[];
  /** Frames that were taken to learn from. */
  readonly stills: readonly number[];
  /** The name of the model that was learned on the page; null for none. */
  readonly model: string | null;
  /** What segmenting is done with that has not come to its end; null where it has. */
  readonly unfinished: SegmentedWith | null;
}

/** What was kept of a movie. */
export interface Kept {
  /** Labels as they were found. */
  readonly found: Results;
  /** Corrected frames to learn from. */
  readonly stills: ReadonlyMap<number, LabelImage>;
  /** A model that was learned on the page. */
  readonly model: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> } | null;
  /** What segmenting is done with that has not come to its end. */
  readonly unfinished: SegmentedWith | null;
}

/** Keeps things; what is asked for is done one after the other. */
export class Keeper {
  readonly #files: FileStore;
  #head: Head | null;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(files: FileStore, head: Head | null) {
    [this.#files, this.#head] = [files, head];
  }

  /** Looks at what is kept; what cannot be read is as if nothing was, and is written anew. */
  static async open(files: FileStore): Promise<Keeper> {
    return new Keeper(files, headOf(await files.read(HEAD)));
  }

  /** What is kept, in short; null for nothing. */
  get summary(): KeptSummary | null {
    const { name, parts } = this.#head ?? { name: "", parts: [] };
    const frames = new Set(parts.flatMap(({ frames }) => frames)).size;
    return frames === 0 ? null : { name, frames };
  }

  /**
   * Keeps what was found; what was kept of another movie is forgotten.
   *
   * @param options.changed Frames that have changed since the last time; null where all have.
   */
  keepFound(
    movie: { readonly key: string; readonly name: string },
    { found, changed, unfinished }: {
      found: Results;
      changed: readonly number[] | null;
      unfinished: SegmentedWith | null;
    },
  ): Promise<void> {
    return this.#inTurn(async () => {
      const before = this.#headOf(movie);
      const isWhole = changed === null || before.parts.length >= MOST_PARTS;
      const frames = isWhole ? found.frames : changed;
      const parts = isWhole ? [] : [...before.parts];
      if (frames.length > 0) {
        const file = `labels-${before.next}.tif`;
        await this.#writeLabels(file, frames.map((frame) => found.at(frame)!));
        parts.push({ file, frames });
      }
      await this.#setHead({
        ...{ ...before, ...movie, parts, next: before.next + 1, unfinished },
        byHand: found.frames.filter((frame) => found.isByHand(frame)),
      });
    });
  }

  /** Keeps corrected frames to learn from. */
  keepStills(
    movie: { readonly key: string; readonly name: string },
    stills: ReadonlyMap<number, LabelImage>,
  ): Promise<void> {
    return this.#inTurn(async () => {
      await this.#writeLabels(STILLS, [...stills.values()]);
      await this.#setHead({ ...this.#headOf(movie), stills: [...stills.keys()] });
    });
  }

  /** Keeps a model beside what was found in the movie. */
  keepModel(
    { key, name, bytes }: { key: string; name: string; bytes: Uint8Array<ArrayBuffer> },
  ): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#head?.key !== key) return;
      await this.#files.write(MODEL, bytes);
      await this.#setHead({ ...this.#head, model: name });
    });
  }

  /** What was kept of a movie; null where that is nothing. */
  restore(key: string): Promise<Kept | null> {
    return this.#inTurn(async () => {
      const head = this.#head;
      if (head?.key !== key || this.summary === null) return null;
      const found = new Results();
      const byHand = new Set(head.byHand);
      for (const { file, frames } of head.parts) {
        for (const [frame, labels] of await this.#readLabels(file, frames)) {
          found.set(frame, labels, { isByHand: byHand.has(frame) });
        }
      }
      const stills = new Map(await this.#readLabels(STILLS, head.stills));
      const bytes = head.model === null ? null : await this.#files.read(MODEL);
      const model = bytes && { name: head.model!, bytes };
      return { found, stills, model, unfinished: head.unfinished };
    });
  }

  /** Forgets all. */
  forget(): Promise<void> {
    return this.#inTurn(() => this.#setHead(null));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** What is kept of a movie so far. */
  #headOf({ key, name }: { readonly key: string; readonly name: string }): Head {
    if (this.#head?.key === key) return this.#head;
    // Numbers go on, so that no file of another movie is written over before its head is.
    const { next } = this.#head ?? { next: 0 };
    return {
      ...{ key, name, next, parts: [], byHand: [], stills: [], model: null, unfinished: null },
    };
  }

  /** Writes the head last, so that what it names is there, and then removes what it names no more. */
  async #setHead(head: Head | null): Promise<void> {
    const before = this.#head;
    if (head === null) await this.#files.remove(HEAD);
    else await this.#files.write(HEAD, new TextEncoder().encode(JSON.stringify(head)));
    this.#head = head;
    const named = new Set(head?.parts.map(({ file }) => file));
    for (const { file } of before?.parts ?? []) {
      if (!named.has(file)) await this.#files.remove(file);
    }
    if (!head?.stills.length) await this.#files.remove(STILLS);
    if (!head?.model) await this.#files.remove(MODEL);
  }

  async #writeLabels(file: string, images: readonly LabelImage[]): Promise<void> {
    const frames = images.map((labels) => ({ labels }));
    const parts = await encodeFrames(labelTiff, frames, { pages: frames.length });
    await this.#files.write(file, new Uint8Array(await new Blob(parts).arrayBuffer()));
  }

  async #readLabels(file: string, frames: readonly number[]): Promise<[number, LabelImage][]> {
    const bytes = frames.length === 0 ? null : await this.#files.read(file);
    if (bytes === null) return [];
    const stack = await decodeImage(bytes);
    return await Promise.all(
      frames.map(async (frame, page): Promise<[number, LabelImage]> => [
        frame,
        await readLabels(stack, page),
      ]),
    );
  }
}

function headOf(bytes: Uint8Array | null): Head | null {
  if (bytes === null) return null;
  try {
    const head = JSON.parse(new TextDecoder().decode(bytes));
    return Array.isArray(head?.parts) ? head : null;
  } catch {
    return null;
  }
}
