/**
 * A folder with a file for each image: which files are read, what of them, and whether they can be the
 * frames of a video.
 *
 * @module
 */

import { counted } from "../../counted.ts";
import { unusable } from "../faults/input_fault.ts";
import { decodeImage, measureImage } from "../formats/decode.ts";
import { coloursAsChannels, type ImageStack } from "../formats/format.ts";
import { formatsOf } from "../formats/list.ts";
import { countUp, imageStem } from "../names.ts";
import { join } from "../paths.ts";
import { type PlaneChoice, singlePage } from "../series/plane_choice.ts";
import type { Source } from "../source.ts";
import { chooseFiles } from "./file_axes.ts";
import { damagedError, type DamagedFile, errorOf } from "../faults/damaged_files.ts";

/** The images of a folder. */
export interface ImageFolder {
  /** The folder. */
  readonly path: string;
  /** Names of the files, in natural order. */
  readonly names: readonly string[];
  /** Those names without extensions. */
  readonly stems: readonly string[];
  /** Whether they are numbered one after the other, as the frames of a video are. */
  readonly isNumbered: boolean;
  /** What is read of each file. */
  readonly choice: PlaneChoice;
  /** What a user should know. */
  readonly notes: readonly string[];
}

/**
 * Chooses the files of a folder.
 *
 * @param options.images Names of its image files, in natural order.
 * @param options.areStills Whether each stands for itself, and may be of any position.
 * @throws {RangeError} If they are of several positions, or a channel or slice asked for is not there.
 */
export function imageFolder(
  source: Source,
  path: string,
  { images, choice, areStills }: {
    images: readonly string[];
    choice: PlaneChoice;
    areStills?: boolean;
  },
): ImageFolder {
  const stemOf = (name: string) => imageStem(name, formatsOf(source));
  const chosen = chooseFiles(images.map(stemOf), { path, areStills, ...choice });
  const names = chosen.indices.map((i) => images[i]);
  const stems = names.map(stemOf);
  return {
    path,
    names,
    stems,
    isNumbered: countUp(stems),
    choice: {
      ...!chosen.hasChannel && {
        channel: choice.channel,
        together: choice.together,
      },
      ...!chosen.hasSlice && { slice: choice.slice },
    },
    notes: chosen.notes,
  };
}

/** An image of a folder, opened. */
export interface OpenedImage {
  readonly stack: ImageStack;
  readonly page: number;
  readonly notes: readonly string[];
}

/** Opens image i of a folder as one frame of a video. */
export async function openFrame(
  source: Source,
  { path, names, choice }: ImageFolder,
  i: number,
): Promise<OpenedImage> {
  const opened = await decodeImage(source, join(path, names[i]));
  const stack = choice.together ? coloursAsChannels(opened) : opened;
  const single = { as: "one frame", remedy: "give this file itself as the video" };
  return { stack, ...singlePage(stack, choice, single) };
}

/** The images of a folder that are frames of one video. */
export interface AlikeImages {
  /** The folder without those that cannot be used. */
  readonly folder: ImageFolder;
  /** What kind of number each image holds. */
  readonly kinds: readonly string[];
}

/**
 * Looks at the sizes of all images of a folder, which must be alike, before any is decoded.
 *
 * @param options.onDamaged Told of each image that cannot be used, which is then left out.
 * @throws {SyntaxError | RangeError} If there are such images and nobody is told of them, or all are.
 */
export async function alikeImages(
  source: Source,
  folder: ImageFolder,
  { onDamaged }: { onDamaged?: (damaged: DamagedFile) => void },
): Promise<AlikeImages> {
  const { path, names, stems } = folder;
  const damaged: DamagedFile[] = [];
  const measured: { i: number; shape: string; kind: string }[] = [];
  for (const [i, name] of names.entries()) {
    try {
      const measures = await measureImage(source, join(path, name));
      measured.push({ i, shape: shapeOf(measures), kind: kindOf(measures) });
    } catch (error) {
      damaged.push({ path: join(path, name), error: errorOf(error) });
    }
  }
  const shape = mostFrequent(measured.map(({ shape }) => shape));
  const alike = measured.filter((one) => one.shape === shape);
  const others = measured.filter((one) => one.shape !== shape);
  if (damaged.length > 0 && (!onDamaged || alike.length === 0)) {
    throw damagedError(damaged, { of: names.length });
  }
  if (others.length > 0) {
    const more = others.length > 3 ? ` and ${others.length - 3} more` : "";
    const listed = others.slice(0, 3).map(({ i, shape }) => `${names[i]} is ${shape}`).join(", ");
    const error = unusable(
      `Cannot use ${path} as a video: ${listed}${more}, ${names[alike[0].i]} is ${shape}` +
        (alike.length > 1 ? ` as ${alike.length} files are` : "") +
        "; keep only frames of one size in the folder, or predict images that are no video --as stills",
    );
    if (!onDamaged) throw error;
    damaged.push(...others.map(({ i, shape: other }) => ({
      path: join(path, names[i]),
      error: unusable(`it is ${other}, most frames are ${shape}`),
    })));
  }
  damaged.forEach((file) => onDamaged?.(file));
  return {
    folder: {
      ...folder,
      names: alike.map(({ i }) => names[i]),
      stems: alike.map(({ i }) => stems[i]),
    },
    kinds: alike.map(({ kind }) => kind),
  };
}

type Measures = Awaited<ReturnType<typeof measureImage>>;

/** Columns and rows, and slices and channels where there are several. */
function shapeOf({ width, height, axes: { t, z, c } }: Measures): string {
  const more = t * z > 1 || c > 1 ? `, ${counted(t * z, "slice")} of ${counted(c, "channel")}` : "";
  return `${width}x${height}${more}`;
}

function kindOf({ bits, sampleFormat }: Measures): string {
  return `${bits}-bit ${{ uint: "", int: "signed ", float: "float " }[sampleFormat]}`.trim();
}

/** The value that is there most often, the first of equally frequent ones. */
export function mostFrequent<T>(values: readonly T[]): T | undefined {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return [...counts].find(([, count]) => count === most)?.[0];
}
