/**
 * Bundles of the page's scripts, made by Deno's own bundler.
 *
 * @module
 */

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
