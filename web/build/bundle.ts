/**
 * Bundles of the page's scripts, made by Deno's own bundler.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** A file and all that it imports, as one script or as modules. */
export async function bundle(
  file: URL,
  { format }: { format: "iife" | "esm" },
): Promise<string> {
  const args = ["--quiet", "--platform", "browser", "--minify", "--format", format];
  const { success, stdout, stderr } = await new Deno.Command("deno", {
    args: ["bundle", ...args, file.href],
    env: { NO_COLOR: "1" },
  }).output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(`Cannot bundle ${file.href}: ${new TextDecoder().decode(stderr)}`);
}

/** Entry points that load in a page, each a module: those that are published for it. */
const ENTRIES = ["kernels", "nn", "train/images", "train/objects", "train/models", "train/learn"];

/**
 * Writes the public entry points as modules into a folder, what they share once: `kernels/mod.js`, …,
 * `train/learn/mod.js`.
 */
export async function writeModules(folder: URL): Promise<void> {
  const root = new URL("../../", import.meta.url);
  const files = ENTRIES.map((entry) => new URL(`${entry}/mod.ts`, root).href);
  const args = ["--quiet", "--platform", "browser", "--minify", "--code-splitting"];
  const { success, stderr } = await new Deno.Command("deno", {
    args: ["bundle", ...args, "--outdir", fileURLToPath(folder), ...files],
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(`Cannot bundle modules: ${new TextDecoder().decode(stderr)}`);
}
