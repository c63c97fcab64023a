/**
 * The recipes that an experiment compares: which model is taken, and how it looks at the video. A new
 * one is one more record.
 *
 * @module
 */

import type { Look } from "../look.ts";
import type { SettingChange } from "../../models/model_kind.ts";
import type { Stage } from "../../learn/stages.ts";

/** A training run that recipes need; all go on from the same baseline. */
export interface RecipeRun {
  /** Its name, and that of its folder. */
  readonly name: string;
  /** What it changes of the experiment's settings. */
  readonly change: SettingChange;
  /** What is added to the seed, so that batches come in another order. */
  readonly seedOffset?: number;
}

/** The runs. */
const RUNS = {
  siamese: { name: "siamese", change: { consistency: "siamese", control: true } },
  order: {
    name: "other-order",
    change: { consistency: "siamese", control: true },
    seedOffset: 1000,
  },
  teacher: {
    name: "teacher",
    change: { consistency: "teacher", votes: true, control: false },
  },
  alone: {
    name: "teacher-without-votes",
    change: { consistency: "teacher", votes: false, control: false },
  },
} as const satisfies Record<string, RecipeRun>;

/** One row of the comparison. */
export interface Recipe extends Omit<Look, "exposure"> {
  /** Its name in protocols and tables. */
  readonly name: string;
  /** Where its model comes from. */
  readonly run: RecipeRun;
  /** Which of that run's models it is. */
  readonly stage: Stage;
  /** The exposure of the video; 1 unless told. */
  readonly exposure?: "auto";
}

const CONTROL = { run: RUNS.siamese, stage: "control" } as const;

/** All recipes, in the order of the table. The control is what the others are compared with. */
export const recipes: readonly Recipe[] = [
  { name: "baseline", run: RUNS.siamese, stage: "baseline" },
  { name: "control", ...CONTROL },
  { name: "control-other-order", run: RUNS.order, stage: "control" },
  { name: "control-filter", ...CONTROL, after: "filter" },
  { name: "control-votes", ...CONTROL, after: "votes" },
  { name: "control-auto", ...CONTROL, exposure: "auto" },
  { name: "control-auto-votes", ...CONTROL, exposure: "auto", after: "votes" },
  { name: "control-auto-views", ...CONTROL, exposure: "auto", views: 4 },
  { name: "siamese", run: RUNS.siamese, stage: "consistent" },
  { name: "teacher", run: RUNS.teacher, stage: "consistent" },
  { name: "teacher-votes", run: RUNS.teacher, stage: "consistent", after: "votes" },
  { name: "teacher-auto", run: RUNS.teacher, stage: "consistent", exposure: "auto" },
  { name: "teacher-without-votes", run: RUNS.alone, stage: "consistent" },
];

/** What the others are compared with. */
const REFERENCE = "control";

/** A recipe that others are compared with. */
export interface Reference {
  /** Its name. */
  readonly name: string;
  /** The names of those that are compared with it. */
  readonly compares: readonly string[];
}

/** All are compared with the control, and those at an exposure of their own with the control at its own. */
export const references: readonly Reference[] = [
  { name: REFERENCE, compares: recipes.map(({ name }) => name) },
  {
    name: "control-auto",
    compares: recipes.filter(({ exposure }) => exposure === "auto").map(({ name }) => name),
  },
];

/**
 * Recipes by their names.
 *
 * @throws {RangeError} If there is none of a name, with those that there are.
 */
export function recipesNamed(names: readonly string[]): Recipe[] {
  const wanted = new Set([REFERENCE, ...names]);
  for (const name of wanted) {
    if (recipes.some((recipe) => recipe.name === name)) continue;
    const known = recipes.map(({ name }) => name).join(", ");
    throw new RangeError(`there is no recipe ${name}, only ${known}`);
  }
  return recipes.filter(({ name }) => wanted.has(name));
}
