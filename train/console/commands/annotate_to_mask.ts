/**
 * `annotate-to-mask`: masks from scribbles.
 *
 * @module
 */

import { counted } from "../../counted.ts";
import type { AnnotateEvent, AnnotateToMaskOptions } from "../../jobs/annotate/annotate_to_mask.ts";
import type { Command } from "../command.ts";
import { MEMORY, OVERWRITE, PLANE_CHOICE } from "../flag.ts";
import { choiceFlag, countFlag, type Flags, requiredFlag, textFlag } from "../flag_values.ts";
import { absolute, next } from "../session/next.ts";
import type { Shown } from "../text.ts";
import type { ProgressEvent } from "../../jobs/progress/progress.ts";
import { UsageError } from "../usage_error.ts";
import { WaitingProgress } from "./waiting_progress.ts";

/** The command `annotate-to-mask`. */
export const annotateCommand: Command = {
  name: "annotate-to-mask",
  isJob: true,
  summary: "Makes masks from scribbles in a few images",
  usesGpu: true,
  goingOn: "call it again to go on: what is complete is kept",
  usage: "--images PATH --scribbles PATH --out DIR [flags]",
  flags: [
    {
      name: "images",
      kind: "value",
      placeholder: "PATH",
      sentence: "A folder of images, a stack, or one image",
    },
    {
      name: "scribbles",
      kind: "value",
      placeholder: "PATH",
      sentence:
        "Label images of the same names as some images: 0 nothing drawn, 1 background, 2 and up classes",
    },
    ...PLANE_CHOICE,
    { name: "out", kind: "value", placeholder: "DIR", sentence: "Where the masks go" },
    { name: "merge", kind: "switch", sentence: "Take every id over 1 for the same class" },
    { name: "classes", kind: "switch", sentence: "Write classes instead of objects" },
    {
      name: "min-size",
      kind: "value",
      placeholder: "PIXELS",
      sentence: "The fewest pixels of an object",
      default: "16",
    },
    {
      name: "normalize",
      kind: "value",
      placeholder: "image|video",
      sentence: "Whether each image has its own intensity range, or all the same",
      default: "image",
    },
    {
      name: "sigmas",
      kind: "value",
      placeholder: "LIST",
      sentence: "Standard deviations of the features in pixels",
      default: "0.7,1,1.6,3.5,5,10",
    },
    {
      name: "trees",
      kind: "value",
      placeholder: "N",
      sentence: "Trees of the forest",
      default: "25",
    },
    {
      name: "pixels",
      kind: "value",
      placeholder: "N",
      sentence: "The most scribbled pixels to learn from",
      default: "1000",
    },
    { name: "seed", kind: "value", placeholder: "N", sentence: "Seed of all draws", default: "1" },
    MEMORY,
    OVERWRITE,
  ],
  async run(flags, { output }) {
    const options = annotateOptions(flags);
    const { annotateToMask } = await import("../../jobs/annotate/annotate_to_mask.ts");
    const waiting = new WaitingProgress(() => performance.now());
    for await (const event of annotateToMask(options)) {
      output.event(
        event,
        (shown) => shown.type === "progress" ? waiting.show(shown) : formatAnnotation(shown),
      );
    }
    output.say(next("train on stills with their masks", ["train", "--stills", "STILLS"]));
  },
};

/**
 * Reads the flags.
 *
 * @throws {UsageError} If one is missing or makes no sense.
 */
export function annotateOptions(flags: Flags): AnnotateToMaskOptions {
  return {
    images: requiredFlag(flags, "images"),
    scribbles: requiredFlag(flags, "scribbles"),
    channel: textFlag(flags, "channel"),
    slice: countFlag(flags, "slice", { least: 1 }),
    out: requiredFlag(flags, "out"),
    merge: flags.merge === true,
    classes: flags.classes === true,
    overwrite: flags.overwrite === true,
    minSize: countFlag(flags, "min-size"),
    normalize: choiceFlag(flags, "normalize", { choices: ["image", "video"] }),
    sigmas: sigmasFlag(flags),
    trees: countFlag(flags, "trees", { least: 1, most: 1000 }),
    mostPixels: countFlag(flags, "pixels", { least: 2, most: 20_000 }),
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
export function formatAnnotation(event: Exclude<AnnotateEvent, ProgressEvent>): Shown {
  switch (event.type) {
    case "note":
      return { lines: [event.text], status: null };
    case "trained": {
      const [background, ...others] = event.scribbled;
      const classes = others.map((pixels, i) => `${pixels} of class ${i + 1}`);
      const images = counted(event.images, "image");
      const learnt =
        `Trained on scribbles in ${images}: ${counted(background, "pixel")} of background, ` +
        `${classes.join(", ")} (${event.seconds.toFixed(1)} s)`;
      return { lines: [learnt], status: null };
    }
    case "mask": {
      const { name, done, total, objects, foreground, seconds } = event;
      const share = `${(100 * foreground).toFixed(1)} % foreground`;
      const status = `${done}/${total} ${name}: ${counted(objects, "object")}, ${share}, ` +
        `${seconds.toFixed(2)} s`;
      return { lines: [], status };
    }
    case "done": {
      const kept = event.kept > 0
        ? `; ${event.kept} kept that existed (--overwrite replaces them)`
        : "";
      const files = counted(event.written, "mask");
      return { lines: [`${files} written to ${absolute(event.out)}${kept}`], status: null };
    }
  }
}
