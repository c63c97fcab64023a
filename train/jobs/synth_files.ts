/**
 * Writes the built-in synthetic data sets as files: labelled stills, an unlabelled video, its truth;
 * and the same as z-stacks, as holotomography gives them, with dots and focus planes.
 *
 * @module
 */

import { encodeGreyTiff, encodeLabelTiff } from "../images/formats/encode.ts";
import { writeFileAtomic } from "./disk/atomic_file.ts";
import { claimEmptyFolder, type FilledFolder, makeFolder } from "./disk/folders.ts";
import { encodeStackTiff } from "../images/formats/encode_stack.ts";
import { syntheticStills, syntheticVideo } from "../synthetic/mod.ts";
import {
  syntheticHolotomographyMovie,
  syntheticHolotomographyStills,
  type SyntheticStack,
  type SyntheticStackOptions,
} from "../synthetic/mod.ts";
import { encodeFocusTable, type FocusRow } from "../images/series/focus_table.ts";

/**
 * What to write and where to.
 *
 * @category Jobs
 */
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

/**
 * What has been written.
 *
 * @category Jobs
 */
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
 * @category Jobs
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
  using claimed = await claim(out);
  for (const folder of Object.values(folders)) await makeFolder(folder);
  const name = (prefix: string, i: number) =>
    `${nameOf(prefix, i, prefix === "s" ? stills : frames)}.tif`;
  for (const [i, { image, labels }] of syntheticStills({ seed, count: stills }).entries()) {
    await writeFileAtomic(`${folders.images}/${name("s", i)}`, encodeGreyTiff([image]));
    await writeFileAtomic(`${folders.masks}/${name("s", i)}`, encodeLabelTiff([labels]));
  }
  const video = syntheticVideo({ seed, frames });
  for (let t = 0; t < frames; t++) {
    await writeFileAtomic(`${folders.video}/${name("t", t)}`, encodeGreyTiff([video.frames[t]]));
    await writeFileAtomic(`${folders.truth}/${name("t", t)}`, encodeLabelTiff([video.truth[t]]));
  }
  claimed.keep();
  return {
    stills: `${out}/stills`,
    video: folders.video,
    truth: folders.truth,
    files: 2 * (stills + frames),
  };
}

/**
 * What to write of synthetic holotomography, and where to; numbers not given are the generator's.
 *
 * @category Jobs
 */
export interface SynthStackFilesOptions extends Partial<SyntheticStackOptions> {
  /** Output folder; it gets `stills`, `movie`, `truth`, `dots` and `focus.csv`. */
  readonly out: string;
  /** Number of labelled stacks; 40 by default. */
  readonly stills?: number;
  /** Number of stacks of the movie; 16 by default. */
  readonly frames?: number;
}

/**
 * What has been written of synthetic holotomography.
 *
 * @category Jobs
 */
export interface SynthStackFiles {
  /** Folder of labelled stacks, with `images`, `masks` and `dots`. */
  readonly stills: string;
  /** Folder of the movie: one stack per time point. */
  readonly movie: string;
  /** Folder of the movie's true labels. */
  readonly truth: string;
  /** Folder of the movie's dots, one in each object. */
  readonly dots: string;
  /** Table of the focus planes of all stacks. */
  readonly focus: string;
  /** Files written. */
  readonly files: number;
}

/**
 * Writes synthetic holotomography: refractive index times 10,000 in stacks of 16 bits. The truth of
 * the movie is for evaluation only.
 *
 * @throws {Error} If the folder is not empty, or cannot be written.
 * @category Jobs
 */
export async function synthStackFiles(
  { out, seed = 1, stills: count = 40, frames = 16, ...options }: SynthStackFilesOptions,
): Promise<SynthStackFiles> {
  const { stills, movie, truth, dots, focus } = placesOfStacks(out);
  const ofStills = {
    images: `${stills}/images`,
    masks: `${stills}/masks`,
    dots: `${stills}/dots`,
  };
  const ofMovie = { images: movie, masks: truth, dots };
  using claimed = await claim(out);
  for (const folder of [...Object.values(ofStills), ...Object.values(ofMovie)]) {
    await makeFolder(folder);
  }
  // One after the other, so that only one series is in memory.
  const rows = [
    ...await writeStacks(syntheticHolotomographyStills({ seed, count, ...options }), {
      folders: ofStills,
      prefix: "s",
      count,
    }),
    ...await writeStacks(syntheticHolotomographyMovie({ seed, frames, ...options }), {
      folders: ofMovie,
      prefix: "t",
      count: frames,
    }),
  ];
  await writeFileAtomic(focus, encodeFocusTable(rows));
  claimed.keep();
  return { stills, movie, truth, dots, focus, files: 3 * rows.length + 1 };
}

/** What {@linkcode synthStackFiles} writes. */
const PARTS_OF_STACKS = ["stills", "movie", "truth", "dots", "focus.csv"];

/** Where {@linkcode synthStackFiles} writes it. */
export function placesOfStacks(out: string): Omit<SynthStackFiles, "files"> {
  const [stills, movie, truth, dots, focus] = PARTS_OF_STACKS.map((name) => `${out}/${name}`);
  return { stills, movie, truth, dots, focus };
}

/** Whether a folder holds what {@linkcode synthStackFiles} writes, all of it and nothing else. */
export async function holdsSynthStacks(folder: string): Promise<boolean> {
  const found = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)
    .catch((): string[] => []);
  return found.sort().join() === [...PARTS_OF_STACKS].sort().join();
}

/** Writes stacks with their labels and dots, and gives their rows of the focus table. */
async function writeStacks(
  stacks: readonly SyntheticStack[],
  { folders, prefix, count }: {
    folders: { readonly images: string; readonly masks: string; readonly dots: string };
    prefix: string;
    count: number;
  },
): Promise<FocusRow[]> {
  const rows: FocusRow[] = [];
  for (const [time, { planes, focus, labels, dots }] of stacks.entries()) {
    const stack = nameOf(prefix, time, count);
    await writeFileAtomic(`${folders.images}/${stack}.tif`, encodeStackTiff(planes));
    await writeFileAtomic(`${folders.masks}/${stack}.tif`, encodeLabelTiff([labels]));
    await writeFileAtomic(`${folders.dots}/${stack}.tif`, encodeLabelTiff([dots]));
    rows.push({ time, stack, plane: focus, probability: null });
  }
  return rows;
}

/** The name of one of so many files, all with as many digits as the last needs. */
function nameOf(prefix: string, i: number, count: number): string {
  return `${prefix}${String(i).padStart(Math.max(3, `${count - 1}`.length), "0")}`;
}

async function claim(out: string): Promise<FilledFolder> {
  return await claimEmptyFolder(out, {
    ...{ job: "synth", task: `write a data set to ${out}` },
    parts: ["video", ...PARTS_OF_STACKS],
  });
}
