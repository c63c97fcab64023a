/**
 * The files of a job, written while its frames arrive: what a format has laid out goes to the disk at
 * once, and a file has its name when it is complete.
 *
 * @module
 */

import { AtomicFile } from "../disk/atomic_file.ts";
import type { Calibration } from "../../images/image.ts";
import type {
  FrameResult,
  OutputFormat,
  OutputLayout,
} from "../../objects/formats/output_format.ts";
import type { OutputFile } from "./output_plan.ts";

/** What results take over from the images they are of. */
export interface ImageSource {
  /** Whether frames are slices in depth. */
  readonly areSlices?: boolean;
  /** How large a pixel is, where that is known. */
  readonly calibration?: Calibration;
}

/** Which frames of a file that would have more a job has. */
export interface PartOfFile {
  /** The number of its first frame in the whole. */
  readonly first: number;
  /** How many frames the whole has. */
  readonly whole: number;
}

/** The files of one job. */
export class JobOutput implements AsyncDisposable {
  /** What is written. */
  readonly formats: readonly OutputFormat[];
  readonly #frames: number;
  readonly #files: readonly GrowingFile[];
  readonly #beforeEnd: () => Promise<void>;
  #added = 0;

  /**
   * Nothing is written before the first frame.
   *
   * @param options.of The images that the frames are results of.
   * @param options.beforeEnd Called before the first file is ended, which then has its name.
   */
  constructor(
    files: readonly OutputFile[],
    { frames, part, of = {}, beforeEnd = () => Promise.resolve() }: {
      frames: number;
      part?: PartOfFile;
      of?: ImageSource;
      beforeEnd?: () => Promise<void>;
    },
  ) {
    this.#frames = frames;
    this.#beforeEnd = beforeEnd;
    const { areSlices = false, calibration } = of;
    const axis = areSlices ? "slices" : "frames";
    const options = { pages: frames, ...part, axis, calibration } as const;
    this.formats = files.map(({ format }) => format);
    this.#files = files.map(({ path, format }) => new GrowingFile(path, format.open(options)));
  }

  /**
   * Takes the next frame; with the last one the files are ended in their order.
   *
   * @returns Whether it was the last one.
   * @throws {RangeError} If a file cannot hold the frame.
   * @throws {Error} If a file cannot be written.
   */
  async add(frame: FrameResult): Promise<boolean> {
    for (const file of this.#files) await file.add(frame);
    if (++this.#added < this.#frames) return false;
    await this.#beforeEnd();
    for (const file of this.#files) await file.commit();
    return true;
  }

  /** Removes what was written unless it is complete. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.#files) await file[Symbol.asyncDispose]();
  }
}

/** A file under way. */
class GrowingFile implements AsyncDisposable {
  readonly #path: string;
  readonly #layout: OutputLayout;
  /** Nothing is on the disk before there are bytes to write. */
  #file: AtomicFile | null = null;

  constructor(path: string, layout: OutputLayout) {
    this.#path = path;
    this.#layout = layout;
  }

  async add(frame: FrameResult): Promise<void> {
    const written = { read: (...place: [offset: number, length: number]) => this.#read(...place) };
    const parts = this.#layout.anew?.(frame, written) ?? null;
    if (parts !== null) await this.#replace(parts);
    await this.#write(this.#layout.add(frame));
  }

  /** Writes parts, which may be read from what was written, into a file that takes its place. */
  async #replace(parts: AsyncIterable<Uint8Array>): Promise<void> {
    await using made = new AsyncDisposableStack();
    const file = made.use(await AtomicFile.create(this.#path));
    for await (const bytes of parts) await file.write(bytes);
    await this.#file?.[Symbol.asyncDispose]();
    this.#file = file;
    made.move();
  }

  async #read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    return await (await this.#open()).read(offset, length);
  }

  /** Writes what is left and gives the file its name, or removes it. */
  async commit(): Promise<void> {
    await using _file = this;
    for (const bytes of this.#layout.end()) await this.#write(bytes);
    await (await this.#open()).commit();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.[Symbol.asyncDispose]();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0) await (await this.#open()).write(bytes);
  }

  async #open(): Promise<AtomicFile> {
    return this.#file ??= await AtomicFile.create(this.#path);
  }
}
