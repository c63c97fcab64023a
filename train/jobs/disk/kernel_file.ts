/**
 * Files that say which kernels to use: what the tuner found, or what a run used.
 *
 * @module
 */

import type { Pins } from "../../../kernels/gpu/choices.ts";
import { kernelFamilies } from "../../../kernels/families.ts";
import { writeFileAtomic } from "./atomic_file.ts";
import { readWholeText, reasonOf } from "./files.ts";

const NAMES: ReadonlySet<string> = new Set(
  kernelFamilies.flatMap(({ variants }) => variants.map(({ name }) => name)),
);

/**
 * Reads a file of kernel choices.
 *
 * @throws {Error} If it cannot be read, with its path.
 * @throws {SyntaxError} If it is not such a file, or names a kernel that there is not.
 */
export async function readKernelFile(path: string): Promise<Pins> {
  const fail = (reason: string): never => {
    throw new SyntaxError(`Cannot read ${path}: ${reason}; write one with \`tune --out ${path}\``);
  };
  let text: string;
  try {
    text = await readWholeText(path);
  } catch (error) {
    throw new Error(`Cannot read ${path}: ${reasonOf(error, path)}`, { cause: error });
  }
  let content: { kernels?: unknown };
  try {
    content = JSON.parse(text);
  } catch {
    return fail("it is not JSON");
  }
  const { kernels } = content ?? {};
  if (typeof kernels !== "object" || kernels === null) return fail("it has no kernels");
  for (const [key, name] of Object.entries(kernels)) {
    if (!NAMES.has(name)) return fail(`${key} is ${JSON.stringify(name)}, which is no kernel`);
  }
  return kernels as Pins;
}

/** Writes kernel choices and the adapter they were made for. */
export async function writeKernelFile(
  path: string,
  { adapter, kernels }: { adapter: string; kernels: Pins },
): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify({ adapter, kernels }, null, 2)}\n`);
}
