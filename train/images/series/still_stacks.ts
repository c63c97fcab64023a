/**
 * Labelled stills that are z-stacks: one stack and one mask, of the plane in focus, for each.
 *
 * @module
 */

import { counted } from "../../counted.ts";
import { unusable } from "../faults/input_fault.ts";
import { decodeImage, readLabels } from "../formats/decode.ts";
import type { LabelImage } from "../image.ts";
import { type MaskFacts, type MaskOptions, objectsInMask } from "../masks/reading.ts";
import { PlaneCache } from "../plane_cache.ts";
import type { Source } from "../source.ts";
import { backgroundOfStills, listStills, type StillFiles } from "./stills.ts";
import { openZSequence, type ZSequence, type ZSequenceOptions } from "./z_stack.ts";

/**
 * A labelled z-stack.
 *
 * @category Series
 */
export interface StillStack {
  /** Its name without extension. */
  readonly name: string;
  /** The stack, as a sequence of one. */
  readonly stack: ZSequence;
  /** One id per object, 0 for background, `IGNORED_LABEL` where nothing is known. */
  readonly labels: LabelImage;
  /** What was found out about its mask, see `maskNotes`. */
  readonly facts: MaskFacts;
}

/** Bytes of decoded planes that the stills keep together: a few stacks of 15 planes. */
const CACHE_BYTES = 64 * 2 ** 20;

/**
 * Opens stills that are z-stacks. The masks are read, of the stacks only what is in them; their
 * planes are decoded when asked for.
 *
 * @param path A folder with `images/NAME.tif` (stacks) and `masks/NAME.tif` (label images), or any
 * layout that `listStills` knows with one mask per image.
 * @throws {RangeError} If the layout is unknown, a mask is missing, or sizes differ.
 * @throws {SyntaxError} If a file is damaged.
 *
 * @example
 * ```ts ignore
 * const stills = await openStillStacks(disk, "nucleoli/");
 * const plane = await stills[0].stack.plane(0, 12);
 * ```
 *
 * @category Series
 */
export async function openStillStacks(
  source: Source,
  path: string,
  options: Omit<ZSequenceOptions, "depth"> & MaskOptions = {},
): Promise<StillStack[]> {
  const set = await listStills(source, path);
  const cache = options.cache ?? new PlaneCache(CACHE_BYTES);
  const background = options.background ?? await backgroundOfStills(source, set, options);
  const stills: StillStack[] = [];
  for (const files of set.train) {
    stills.push(await openStillStack(source, files, { ...options, cache, background }));
  }
  return stills;
}

async function openStillStack(
  source: Source,
  { name, image, masks, maskPerObject }: StillFiles,
  options: ZSequenceOptions & MaskOptions,
): Promise<StillStack> {
  if (maskPerObject) {
    throw unusable(
      `Cannot use ${image} as a labelled stack: it has one mask per object; give one label image`,
    );
  }
  const stack = await openStack(source, image, options);
  const mask = await decodeImage(source, masks[0]);
  if (mask.length > 1) {
    throw unusable(
      `Cannot use ${
        masks[0]
      } as the mask of ${image}: it has ${mask.length} pages; give one label ` +
        "image, of the plane in focus",
    );
  }
  if (mask.width !== stack.width || mask.height !== stack.height) {
    throw unusable(
      `Cannot use ${masks[0]} as the mask of ${image}: the mask is ${mask.width}x${mask.height}, ` +
        `the stack ${stack.width}x${stack.height}; a mask must have its stack's size`,
    );
  }
  return { name, stack, ...objectsInMask(await readLabels(mask, 0, options), options) };
}

/** One file as one stack: pages without a description are its planes. */
async function openStack(
  source: Source,
  path: string,
  options: ZSequenceOptions,
): Promise<ZSequence> {
  const { axes: { t, z } } = await decodeImage(source, path);
  if (t > 1 && z > 1) {
    throw unusable(
      `Cannot use ${path} as one stack: it has ${t} of ${counted(z, "plane")}; save each as a file`,
    );
  }
  return await openZSequence(source, path, { ...options, depth: t * z });
}
