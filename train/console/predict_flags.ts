/**
 * What a command line asks `predict` for.
 *
 * @module
 */

import { checkDecodeChanges, type DecodeChanges } from "../models/decode_changes.ts";
import { outputFormats } from "../objects/formats/list.ts";
import type { PredictFilesOptions } from "../jobs/predict/predict_files.ts";
import { choiceFlag, countFlag, type Flags, numberFlag, requiredFlag, textFlag } from "./flags.ts";
import { usage, UsageError } from "./run_config.ts";

/** Flags that take a value. */
export const PREDICT_VALUES: readonly string[] = [
  "model",
  "out",
  "normalize",
  "focus",
  "threshold",
  "nms",
  "opening",
  "min-size",
  "tile",
  "memory",
  "kernels",
];

/** Flags that take none. */
export const PREDICT_SWITCHES: readonly string[] = [
  "probability",
  "rois",
  "geojson",
  "tta",
  "ctc",
  "overwrite",
];

/**
 * Reads the flags.
 *
 * @param flags Parsed flags by name, inputs under `_`.
 * @throws {UsageError} If one makes no sense, or none of the models could do all that is asked for.
 */
export function predictOptions(flags: Flags): PredictFilesOptions {
  const inputs = (flags._ as readonly unknown[]).map(String);
  if (inputs.length === 0) throw new UsageError("Cannot predict: no INPUT given");
  const changes: DecodeChanges = {
    threshold: thresholdFlag(flags),
    nms: numberFlag(flags, "nms"),
    opening: countFlag(flags, "opening"),
    minSize: countFlag(flags, "min-size"),
    tta: flags.tta === true,
  };
  usage(() => checkDecodeChanges(changes));
  return {
    ...changes,
    model: requiredFlag(flags, "model"),
    inputs,
    out: textFlag(flags, "out") ?? "predicted",
    outputs: outputFormats.filter(({ flag }) => flag !== null && flags[flag] === true),
    ctc: flags.ctc === true,
    overwrite: flags.overwrite === true,
    normalize: choiceFlag(flags, "normalize", { choices: ["image", "video", "frame"] }),
    focus: textFlag(flags, "focus"),
    tile: countFlag(flags, "tile", { least: 1 }),
    memory: countFlag(flags, "memory", { least: 1 }),
    kernels: textFlag(flags, "kernels"),
  };
}

function thresholdFlag(flags: Flags): "otsu" | number | undefined {
  const value = textFlag(flags, "threshold");
  if (value === undefined || value === "otsu") return value;
  const number = Number(value);
  if (value.trim() !== "" && Number.isFinite(number)) return number;
  throw new UsageError(`Cannot use --threshold ${value}: expected otsu or a number`);
}
