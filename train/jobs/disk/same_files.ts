/**
 * Whether two folders hold the same files.
 *
 * @module
 */

import { readWhole } from "./files.ts";

/**
 * Compares all files of a folder, byte by byte, with those of another.
 *
 * @returns The path, from the folder, of the first file that only one of them has, or that differs; null
 *   if there is none. A file that the other folder has not comes first.
 */
export async function differenceOf(folder: string, other: string): Promise<string | null> {
  const [here, there] = [await filesBelow(folder), await filesBelow(other)];
  const different = here.find((name) => !there.includes(name)) ??
    there.find((name) => !here.includes(name));
  if (different !== undefined) return different;
  for (const name of here) {
    // One pair at a time, as files may be large.
    const [one, two] = [await readWhole(`${folder}/${name}`), await readWhole(`${other}/${name}`)];
    if (one.length !== two.length || one.some((byte, i) => byte !== two[i])) return name;
  }
  return null;
}

/** The files below a folder, by their paths in it, in their order. */
async function filesBelow(folder: string, below = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/${below}`)) {
    if (isDirectory) found.push(...await filesBelow(folder, `${below}${name}/`));
    else found.push(below + name);
  }
  return found.sort();
}
