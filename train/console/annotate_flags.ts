/**
 * What a command line asks `annotate-to-mask` for, and what it prints.
 *
 * @module
 */

import type { AnnotateEvent, AnnotateToMaskOptions } from "../jobs/annotate/annotate_to_mask.ts";
import { choiceFlag, countFlag, type Flags, requiredFlag, textFlag } from "./flags.ts";
import type { Shown } from "./progress.ts";
import { UsageError } from "./run_config.ts";

/** Flags that take a value. */
export const ANNOTATE_VALUES: readonly string[] = [
  "images",
  "scribbles",
  "out",
  "min-size",
  "normalize",
  "sigmas",
  "trees",
  "pixels",
  "seed",
  "memory",
];

/** Flags that take none. */
export const ANNOTATE_SWITCHES: readonly string[] = ["merge", "classes", "overwrite"];

/**
 * Reads the flags.
 *
 * @throws {UsageError} If one is missing or makes no sense.
 */
export function annotateOptions(flags: Flags): AnnotateToMaskOptions {
  return {
    images: requiredFlag(flags, "images"),
    scribbles: requiredFlag(flags, "scribbles"),
    out: requiredFlag(flags, "out"),
    merge: flags.merge === true,
    classes: flags.classes === true,
    overwrite: flags.overwrite === true,
    minSize: countFlag(flags, "min-size"),
    normalize: choiceFlag(flags, "normalize", { choices: ["image", "video"] }),
    sigmas: sigmasFlag(flags),
    trees: countFlag(flags, "trees", { least: 1 }),
    mostPixels: countFlag(flags, "pixels", { least: 2 }),
    seed: countFlag(flags, "seed"),
    memory: countFlag(flags, "memory", { least: 1 }),
  };
}

function sigmasFlag(flags: Flags): number[] | undefined {
  const text = textFlag(flags, "sigmas");
  if (text === undefined) return undefined;
  const sigmas = text.split(",").map((part) => part.trim() === "" ? NaN : Number(part));
  if (sigmas.every((sigma) => sigma > 0 && sigma <= 100)) return sigmas;
  throw new UsageError(
    `Cannot use --sigmas ${text}: expected numbers over 0 and at most 100, such as 0.7,1.6,3.5`,
  );
}

/** An event as text. */
export function formatAnnotation(event: AnnotateEvent): Shown {
  switch (event.type) {
    case "note":
      return { lines: [event.text], status: null };
    case "trained": {
      const [background, ...others] = event.scribbled;
      const classes = others.map((pixels, i) => `${pixels} of class ${i + 1}`);
      const images = event.images === 1 ? "1 image" : `${event.images} images`;
      const learnt = `Trained on scribbles in ${images}: ${background} pixels of background, ` +
        `${classes.join(", ")} (${event.seconds.toFixed(1)} s)`;
      return { lines: [learnt], status: null };
    }
    case "mask": {
      const { name, done, total, objects, foreground, seconds } = event;
      const share = `${(100 * foreground).toFixed(1)} % foreground`;
      const status = `${done}/${total} ${name}: ${objects} objects, ${share}, ` +
        `${seconds.toFixed(2)} s`;
      return { lines: [], status };
    }
    case "done": {
      const kept = event.kept > 0
        ? `; ${event.kept} kept that existed (--overwrite replaces them)`
        : "";
      const files = event.written === 1 ? "1 mask" : `${event.written} masks`;
      return { lines: [`${files} written to ${event.out}${kept}`], status: null };
    }
  }
}
