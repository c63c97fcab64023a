/**
 * Reads which modules a source names, without running or resolving anything.
 *
 * @module
 */

/** One module named by a source. */
export interface Import {
  /** The text between the quotes. */
  specifier: string;
  /** Line of the statement, from 1. */
  line: number;
}

/** `import … from "x"` and `export … from "x"`, over several lines, with or without `type`. */
const FROM = /^[ \t]*(?:import|export)\s+(?:type\s+)?[\w$*{][^"'`;]*?\bfrom\s*["']([^"']+)["']/gm;
/** `import "x"`. */
const BARE = /^[ \t]*import\s*["']([^"']+)["']/gm;
/** `import("x")` as a value or a type; on a line of a comment it is only talk. */
const DYNAMIC = /^(?![ \t]*(?:\*|\/[/*])).*?\bimport\(\s*["'`]([^"'`]+)["'`]/gm;

/** All modules that a source names, in the order of its lines. */
export function readImports(source: string): Import[] {
  return [FROM, BARE, DYNAMIC]
    .flatMap((pattern) => [...source.matchAll(pattern)])
    .map((match) => ({ specifier: match[1], line: lineOf(source, match) }))
    .sort((a, b) => a.line - b.line);
}

function lineOf(source: string, match: RegExpExecArray): number {
  return source.slice(0, match.index).split("\n").length;
}

/**
 * The path that a relative specifier leads to, from the folder of the file that names it;
 * `undefined` for everything that is not relative.
 *
 * @example
 * ```ts
 * resolveImport("nn/unet.ts", "../kernels/mod.ts"); // "kernels/mod.ts"
 * ```
 */
export function resolveImport(file: string, specifier: string): string | undefined {
  if (!/^\.{1,2}\//.test(specifier)) return undefined;
  const path = file.split("/").slice(0, -1);
  for (const step of specifier.split("/")) {
    const isInside = path.length > 0 && path.at(-1) !== "..";
    if (step === ".." && isInside) path.pop();
    else if (step !== ".") path.push(step);
  }
  return path.join("/");
}
