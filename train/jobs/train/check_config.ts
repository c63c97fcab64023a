/**
 * Checks of the settings of a training run.
 *
 * @module
 */

import { losses } from "../../../nn/losses.ts";
import { listSettings, type TrainConfig } from "./config.ts";
import { checkPostprocess } from "../../models/postprocess.ts";

/**
 * Checks that all settings make sense together.
 *
 * @throws {RangeError} If one does not, with its name, value and what it may be.
 */
export function checkConfig(config: TrainConfig): void {
  const settings = new Map<string, unknown>(
    listSettings(config).map(({ path, value }) => [path.join("."), value]),
  );
  for (const { expected, holds, names } of NUMBERS) {
    for (const name of names.split(" ")) {
      const value = settings.get(name);
      if (typeof value !== "number" || !holds(value)) fail(name, { value, expected });
    }
  }
  for (const [names, allowed] of CHOICES) {
    for (const name of names.split(" ")) {
      const value = settings.get(name);
      if (!allowed.some((choice) => choice === value)) {
        fail(name, { value, expected: `one of ${allowed.join(", ")}` });
      }
    }
  }
  checkTogether(config);
  checkPostprocess(config.postprocess);
}

/** What numbers may be. */
const NUMBERS = [
  {
    names: "window",
    expected: "a whole number ≥ 2",
    holds: (value: number) => Number.isInteger(value) && value >= 2,
  },
  {
    names: "depth base patch batch pairs gap validateEvery saveEvery memory plateauPatience " +
      "depthGap consistencyTile stardist.features focusModel.blocks focusModel.base focusModel.groups",
    expected: "a whole number ≥ 1",
    holds: (value: number) => Number.isInteger(value) && value >= 1,
  },
  {
    names:
      "seed planes consistencyReach focusModel.tolerance warmup ramp rounds segmentationShare consistencyShare depthShare patience",
    expected: "a whole number ≥ 0",
    holds: (value: number) => Number.isInteger(value) && value >= 0,
  },
  {
    names: "warmupRate segmentationRate consistencyRate depthRate",
    expected: "a rate in (0, 1)",
    holds: (value: number) => value > 0 && value < 1,
  },
  {
    names:
      "foreground validation test filter.minOverlap augmentation.flip augmentation.transpose " +
      "augmentation.brightnessContrast.probability augmentation.intensity.probability " +
      "augmentation.elastic.probability",
    expected: "a share in [0, 1]",
    holds: (value: number) => value >= 0 && value <= 1,
  },
  {
    names: "augmentation.brightnessContrast.brightness augmentation.brightnessContrast.contrast " +
      "augmentation.noise augmentation.elastic.amplitude tolerance stardist.distanceWeight " +
      "stardist.background stardist.rayConsistency focusModel.sigma",
    expected: "a number ≥ 0",
    holds: (value: number) => value >= 0 && value < Infinity,
  },
  {
    names: "collapseLimit augmentation.elastic.spacing",
    expected: "a number > 0",
    holds: (value: number) => value > 0,
  },
];

/** What words may be. */
const CHOICES: readonly (readonly [names: string, allowed: readonly string[]])[] = [
  ["model", ["unet", "stardist", "focus"]],
  ["synthetic", ["fluorescence", "holotomography"]],
  ["consistencyLoss", Object.keys(losses)],
  ["stardist.distanceLoss", ["mae", "mse", "iou"]],
  ["decay", ["cosine", "plateau", "constant"]],
  ["unit", ["batches", "epochs"]],
  ["videoNormalization", ["video", "frame"]],
];

function checkTogether(config: TrainConfig): void {
  const { model, validation, test, low, high, patch, depth, augmentation } = config;
  if (!(validation + test < 1)) {
    fail("test", { value: test, expected: "less than 1 with validation added" });
  }
  if (!(0 <= low && low < high && high <= 100)) {
    fail("low", { value: low, expected: "a percentile below high" });
  }
  checkModel(config);
  const isExample = config.stills === "" && config.synthetic === "holotomography";
  if (config.planes > 0 && config.focus === "" && !isExample) {
    const expected = "0 without focus; give a table of focus planes, or a run of model focus";
    fail("planes", { value: config.planes, expected });
  }
  const multiple = 2 ** depth * (model === "stardist" ? config.stardist.grid : 1);
  if (patch % multiple !== 0) {
    fail("patch", { value: patch, expected: `a multiple of ${multiple}` });
  }
  const { scale, shift } = augmentation.intensity;
  for (const [name, [from, to]] of Object.entries({ scale, shift })) {
    if (from <= to && Number.isFinite(to - from)) continue;
    const value = [from, to];
    fail(`augmentation.intensity.${name}`, { value, expected: "two numbers in ascending order" });
  }
}

/** A StarDist network has a loss of its own, and only it has. */
function checkModel({ model, segmentationLoss, stardist: { rays, grid } }: TrainConfig): void {
  const allowed = model === "stardist" ? ["stardist"] : Object.keys(losses);
  if (!allowed.includes(segmentationLoss)) {
    const expected = `one of ${allowed.join(", ")} for model ${model}`;
    fail("segmentationLoss", { value: segmentationLoss, expected });
  }
  if (!(Number.isInteger(rays) && rays >= 3)) {
    fail("stardist.rays", { value: rays, expected: "a whole number ≥ 3" });
  }
  if (![1, 2, 4].includes(grid)) {
    fail("stardist.grid", { value: grid, expected: "1, 2 or 4" });
  }
}

function fail(name: string, { value, expected }: { value: unknown; expected: string }): never {
  throw new RangeError(`Cannot train: ${name} is ${JSON.stringify(value)}, expected ${expected}`);
}
