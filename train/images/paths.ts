/**
 * The parts of a path. Both `/` and `\` separate them, whatever the machine.
 *
 * @module
 */

/**
 * A name in a folder, written without what says nothing (`.`, empty parts, a part and the `..`
 * behind it). The separator is the folder's own: `\` where it has only those, else `/`.
 *
 * @example
 * ```ts
 * import { join } from "./paths.ts";
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
 * A path into a file that holds several images, `file.h5:/path`, in its two parts; `inner` is null where
 * there is none.
 */
export function splitInner(path: string): { file: string; inner: string | null } {
  const [, file, inner] = path.match(/^(.+\.(?:h5|hdf5|ims)):[\\/]?(.*)$/is) ?? [];
  return file === undefined ? { file: path, inner: null } : { file, inner };
}

/** Whether a path is a folder that is an image, or lies in one: OME-Zarr. */
export function isImageFolder(path: string): boolean {
  return /\.zarr(?:[\\/]|$)/i.test(path);
}
