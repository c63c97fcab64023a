/**
 * Names of files: their parts, their order, and the numbers in them. Both `/` and `\` separate the
 * parts of a path, whatever the machine.
 *
 * @module
 */

import type { ImageFormat } from "./formats/format.ts";
import { imageFormats } from "./formats/list.ts";

/**
 * A name in a folder, written without what says nothing (`.`, empty parts, a part and the `..`
 * behind it). The separator is the folder's own: `\` where it has only those, else `/`.
 *
 * @example
 * ```ts
 * import { join } from "./names.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(join("./movie/", "images", "t1.tif"), "movie/images/t1.tif");
 * assertEquals(join("C:\\movie", "t1.tif"), "C:\\movie\\t1.tif");
 * ```
 */
export function join(folder: string, ...names: readonly string[]): string {
  const separator = folder.includes("\\") && !folder.includes("/") ? "\\" : "/";
  const path = [folder, ...names].filter((part) => part !== "").join(separator);
  const isShare = separator === "\\" && path.startsWith("\\\\");
  const root = isShare ? "\\\\" : path.startsWith(separator) ? separator : "";
  const parts: string[] = [];
  for (const part of path.split(separator)) {
    if (part === "" || part === ".") continue;
    const isUp = part === "..";
    if (isUp && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (!isUp || root === "") parts.push(part);
  }
  return root + parts.join(separator) || ".";
}

/** The last part of a path, without separators behind it. */
export function basename(path: string): string {
  return path.match(/([^\\/]*)[\\/]*$/)![1];
}

/** The folder of a file: its path without the last part. */
export function dirname(path: string): string {
  const folder = path.replace(/[\\/]+$/, "").match(/^(.*?)[\\/]+[^\\/]*$/s)?.[1];
  if (folder === undefined) return /^[\\/]/.test(path) ? path[0] : ".";
  return folder === "" ? path[0] : folder;
}

/**
 * Compares two names so that numbers in them count as numbers: `t2` comes before `t10`, and equal
 * numbers with fewer leading zeros come first. The same on every machine, whatever its language.
 *
 * @returns A negative number, 0 or a positive number, as `Array.prototype.sort` wants.
 *
 * @example
 * ```ts
 * import { naturalCompare } from "@kymo/kymo/images";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(["t10", "t2", "t1"].sort(naturalCompare), ["t1", "t2", "t10"]);
 * ```
 */
export function naturalCompare(a: string, b: string): number {
  const partsA = a.match(/\d+|\D+/g) ?? [];
  const partsB = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.min(partsA.length, partsB.length); i++) {
    const difference = compareParts(partsA[i], partsB[i]);
    if (difference !== 0) return difference;
  }
  return partsA.length - partsB.length || a.length - b.length || compareText(a, b);
}

/** Compares two runs of digits by value, anything else as text. */
function compareParts(a: string, b: string): number {
  if (!/^\d/.test(a) || !/^\d/.test(b)) return compareText(a, b);
  const digitsA = a.replace(/^0+/, "");
  const digitsB = b.replace(/^0+/, "");
  return digitsA.length - digitsB.length || compareText(digitsA, digitsB);
}

/** Compares by UTF-16 code unit. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether a file is an image by its name, which ends as those of a format do. */
export function isImageName(
  name: string,
  formats: readonly ImageFormat[] = imageFormats,
): boolean {
  return extensionOf(name, formats) !== "";
}

/**
 * A file name without its image extension: `t01.ome.tif` and `t01.png` give `t01`.
 *
 * @param formats Those whose extensions are taken off.
 */
export function imageStem(name: string, formats: readonly ImageFormat[] = imageFormats): string {
  const file = basename(name);
  const extension = extensionOf(file, formats);
  if (extension === "") return file;
  return file.slice(0, file.length - extension.length).replace(/\.ome$/i, "");
}

/** The end of a name, with its dot, if it is a format's; else "". */
function extensionOf(name: string, formats: readonly ImageFormat[]): string {
  const end = name.match(/\.[^.]*$/)?.[0] ?? "";
  const isKnown = formats.some(({ extensions }) => extensions.includes(end.slice(1).toLowerCase()));
  return isKnown ? end : "";
}

/**
 * The frame number in a file name: its last run of digits (`man_seg012.tif` gives 12), or `null` if
 * it has none.
 *
 * @param formats Those whose extensions do not count.
 */
export function frameNumber(
  name: string,
  formats: readonly ImageFormat[] = imageFormats,
): number | null {
  const digits = imageStem(name, formats).match(/\d+/g)?.at(-1);
  return digits === undefined ? null : Number(digits);
}
