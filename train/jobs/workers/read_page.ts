/**
 * Pages of image files, decoded by whoever is asked.
 *
 * @module
 */

import { decodeImage } from "../../images/formats/decode.ts";
import type { ImageStack, PixelArray } from "../../images/formats/format.ts";
import { disk } from "../disk/files.ts";

/** A page of a file on the disk. */
export interface PagePlace {
  /** The file. */
  readonly path: string;
  /** Which resolution is read. */
  readonly level?: number;
  /** The page, from 0. */
  readonly page: number;
}

/** Files that stay open, so to speak: what is known of them is kept. */
const MOST_OPEN = 4;
const open = new Map<string, Promise<ImageStack>>();

/**
 * Decodes a page.
 *
 * @throws As `decodeImage`.
 */
export async function readPage({ path, level, page }: PagePlace): Promise<PixelArray> {
  const key = `${level} ${path}`;
  const stack = open.get(key) ?? decodeImage({ ...disk, level }, path);
  open.delete(key);
  open.set(key, stack);
  stack.catch(() => open.delete(key));
  if (open.size > MOST_OPEN) open.delete(open.keys().next().value!);
  return await (await stack).page(page);
}
