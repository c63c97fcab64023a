/**
 * Writes the built-in synthetic data set as files: labelled stills, an unlabelled video, its truth.
 *
 * @module
 */

import { encodeGreyTiff, encodeLabelTiff } from "./data/encode.ts";
import { makeFolder, writeFileAtomic } from "./data/files.ts";
import { syntheticStills, syntheticVideo } from "./data/synthetic.ts";

/** What to write and where to. */
export interface SynthFilesOptions {
  /** Output folder; it gets `stills/images`, `stills/masks`, `video` and `truth`. */
  readonly out: string;
  /** Seed of the generator. */
  readonly seed?: number;
  /** Number of stills. */
  readonly stills?: number;
  /** Number of frames. */
  readonly frames?: number;
}

/** What has been written. */
export interface SynthFiles {
  /** Folder of labelled stills, for `train --stills`. */
  readonly stills: string;
  /** Folder of frames, for `train --video`. */
  readonly video: string;
  /** Folder of true labels, for `evaluate --truth`. */
  readonly truth: string;
  /** Files written. */
  readonly files: number;
}

/**
 * Writes the data set.
 *
 * @throws {Error} If the folder is not empty, or cannot be written.
 */
export async function synthFiles(
  { out, seed = 1, stills = 48, frames = 24 }: SynthFilesOptions,
): Promise<SynthFiles> {
  const folders = {
    images: `${out}/stills/images`,
    masks: `${out}/stills/masks`,
    video: `${out}/video`,
    truth: `${out}/truth`,
  };
  await refuseFilled(out);
  for (const folder of Object.values(folders)) await makeFolder(folder);
  const name = (prefix: string, i: number) => `${prefix}${String(i).padStart(3, "0")}.tif`;
  for (const [i, { image, labels }] of syntheticStills({ seed, count: stills }).entries()) {
    await writeFileAtomic(`${folders.images}/${name("s", i)}`, encodeGreyTiff([image]));
    await writeFileAtomic(`${folders.masks}/${name("s", i)}`, encodeLabelTiff([labels]));
  }
  const video = syntheticVideo({ seed, frames });
  for (let t = 0; t < frames; t++) {
    await writeFileAtomic(`${folders.video}/${name("t", t)}`, encodeGreyTiff([video.frames[t]]));
    await writeFileAtomic(`${folders.truth}/${name("t", t)}`, encodeLabelTiff([video.truth[t]]));
  }
  return {
    stills: `${out}/stills`,
    video: folders.video,
    truth: folders.truth,
    files: 2 * (stills + frames),
  };
}

async function refuseFilled(out: string): Promise<void> {
  try {
    for await (const entry of Deno.readDir(out)) {
      throw new Error(
        `Cannot write a data set to ${out}: it already holds ${entry.name}; give another --out`,
      );
    }
  } catch (error) {
    // Whatever else is in the way is told when the folder is made.
    const isFree = error instanceof Deno.errors.NotFound;
    if (!isFree && !(error instanceof Deno.errors.NotADirectory)) throw error;
  }
}
