/**
 * Frames that cannot be read: left out and told of, or the reason to stop, with all others that share
 * their fate.
 *
 * @module
 */

import {
  damagedError,
  type DamagedFile,
  errorOf,
  reasonOf,
} from "../../images/faults/damaged_files.ts";
import { basename, join } from "../../images/paths.ts";
import type { Video } from "../../images/series/video.ts";
import type { OutputJob } from "../outputs/output_plan.ts";
import { MEND } from "./open_inputs.ts";

/** Watches over what is read. */
export class DamagedFrames {
  readonly #skips: boolean;
  readonly #tell: (text: string) => void;
  readonly #found = new Map<string, DamagedFile>();
  readonly #sound = new Map<Video, Set<number>>();

  /** With `skips` damaged frames are left out and told of. */
  constructor({ skips, tell }: { skips: boolean; tell: (text: string) => void }) {
    this.#skips = skips;
    this.#tell = tell;
  }

  /** Those that were left out. */
  get left(): readonly DamagedFile[] {
    return [...this.#found.values()];
  }

  /** Whether a frame is known to be damaged. */
  has(video: Video, i: number): boolean {
    return this.#found.has(frameFile(video, i));
  }

  /**
   * What is read of a frame; null where it cannot be read and is left out.
   *
   * @param options.isWhole Whether that is all of it: then it need not be read again to know that it can be.
   * @throws {DamagedFrame} If it cannot be read and may not be left out.
   */
  async orNull<R>(
    video: Video,
    i: number,
    read: () => Promise<R>,
    { isWhole = false }: { isWhole?: boolean } = {},
  ): Promise<R | null> {
    if (this.has(video, i)) return null;
    try {
      const found = await read();
      if (isWhole && this.#skips) this.#soundOf(video).add(i);
      return found;
    } catch (error) {
      if (!isDamage(error)) throw error;
      const file = { path: frameFile(video, i), error: errorOf(error) };
      if (!this.#skips) throw new DamagedFrame(file);
      this.#found.set(file.path, file);
      this.#tell(`${reasonOf(file)}: left out`);
      return null;
    }
  }

  /** Whether a stack has a damaged frame: then it is left out as a whole. */
  async areIn({ source: video, frames }: OutputJob<Video>): Promise<boolean> {
    if (!this.#skips || frames.length === 1) return false;
    let isDamaged = false;
    const sound = this.#soundOf(video);
    for (const i of frames) {
      if (sound.has(i)) continue;
      if (await this.orNull(video, i, () => video.frame(i)) === null) isDamaged = true;
    }
    return isDamaged;
  }

  #soundOf(video: Video): Set<number> {
    const sound = this.#sound.get(video) ?? new Set();
    this.#sound.set(video, sound);
    return sound;
  }
}

/** A frame that cannot be read, on its way to those that share its fate. */
class DamagedFrame extends Error {
  readonly file: DamagedFile;

  constructor(file: DamagedFile) {
    super(file.error.message);
    this.file = file;
  }
}

/**
 * One error for a frame that cannot be read and all others of some jobs that cannot, either; any other
 * error as it is.
 */
export async function withOthers(
  error: unknown,
  jobs: readonly OutputJob<Video>[],
): Promise<unknown> {
  if (!(error instanceof DamagedFrame)) return error;
  const found = new Map([[error.file.path, error.file]]);
  let of = 0;
  for (const { source: video, frames } of jobs) {
    for (const i of frames) {
      of++;
      await video.frame(i).catch((error) => {
        const path = frameFile(video, i);
        if (isDamage(error)) found.set(path, { path, error: errorOf(error) });
      });
    }
  }
  return damagedError([...found.values()], { of, remedy: MEND });
}

/** Whether a frame cannot be read because of what is in its file. */
function isDamage(error: unknown): boolean {
  return error instanceof SyntaxError || error instanceof RangeError;
}

/** Whether each frame of a video is a file of its own. */
const separate = new WeakMap<Video, boolean>();

/** The file of a frame; where it has several, with the number from 0 behind a `#`. */
export function frameFile(video: Video, i: number): string {
  const { sourceNames } = video;
  const isSeparate = separate.get(video) ?? new Set(sourceNames).size === sourceNames.length;
  separate.set(video, isSeparate);
  return isSeparate ? fileOf(video, i) : `${fileOf(video, i)}#${i}`;
}

/** The file that a frame is in. */
export function fileOf({ path, sourceNames }: Video, i: number): string {
  return basename(path) === sourceNames[i] ? path : join(path, sourceNames[i]);
}
