/**
 * Stand-in for the parts of `jsr:@std/cli` that the project uses. See the README one folder up.
 *
 * @module
 */
export { parseArgs } from "./parse_args.ts";
export type { Args, ParseOptions } from "./types.ts";
