/**
 * The protocol of an experiment: a JSON file that says what is trained and measured.
 *
 * @module
 */

import { checkChange, checkConfig, checkData, dataWithoutStills } from "../train/check_config.ts";
import type { SettingChange } from "../../models/model_kind.ts";
import { changeConfig, defaultConfig, startingConfig, type TrainConfig } from "../train/config.ts";
import { naming } from "../../settings.ts";
import { type Recipe, recipes, recipesNamed } from "./recipes.ts";

/** A protocol. */
export interface Protocol {
  /** Settings of all runs: data, model and how long they train. */
  readonly config: TrainConfig;
  /** Seeds; one run of each recipe for each. */
  readonly seeds: readonly number[];
  /** What is compared. */
  readonly recipes: readonly Recipe[];
  /** The first share of the video, which is not measured. */
  readonly measureFrom: number;
  /** Blocks of consecutive frames whose differences are resampled. */
  readonly blocks: number;
}

const DEFAULTS = {
  seeds: [1],
  recipes: recipes.map(({ name }) => name),
  measureFrom: 0,
  blocks: 6,
};

/** What an experiment sets itself, and how a protocol says it instead. */
const OWN: Readonly<Record<string, (value: unknown) => string>> = {
  seed: (value) =>
    `seeds takes its place; write "seeds": [${JSON.stringify(value)}] beside settings`,
  control: () => "the control is trained where a recipe takes it; leave it out",
  consistency: () => "recipes set it; leave it out, and name some of siamese or teacher in recipes",
  votes: () => "recipes set it; leave it out, and name teacher or teacher-without-votes in recipes",
  track: () => "recipes are not tracked; leave it out, and track what predict writes",
};

/** The names of the settings that an experiment sets itself: what else they are changes nothing. */
export const ownSettings: readonly string[] = Object.keys(OWN);

/**
 * Reads a protocol.
 *
 * @param text `{ "settings": { … }, "seeds": [1, 2], "recipes": ["teacher"], "measureFrom": 0.5,
 *   "blocks": 6 }`; the settings are those of `train` but for {@linkcode ownSettings}, all else may be left
 *   out. `exposure` is that at which teachers see the video; at which models are measured, recipes say.
 * @param file The file's name, for errors.
 * @throws {SyntaxError | TypeError | RangeError} If it is no JSON, or something in it makes no sense.
 */
export function parseProtocol(text: string, file: string): Protocol {
  const given = parse(text, file);
  // What experiments note of their data is none of a protocol's.
  const { settings = {}, data, ...others } = given;
  const unknown = data === undefined || Array.isArray(data)
    ? Object.keys(others).find((key) => !Object.hasOwn(DEFAULTS, key))
    : "data";
  const expect = (holds: boolean, what: string) => {
    if (!holds) throw new RangeError(`Cannot use ${file}: ${what}`);
  };
  const isMisplaced = unknown !== undefined && Object.hasOwn(defaultConfig, unknown) &&
    !ownSettings.includes(unknown);
  expect(!isMisplaced, `${unknown} is a setting; write it into settings`);
  expect(unknown === undefined, `unknown key ${unknown}; known are settings, ${KEYS}`);
  expect(isRecord(settings), "settings is no object of settings");
  const { seeds, recipes: names, measureFrom, blocks } = { ...DEFAULTS, ...others };
  expect(!isEmpty(seeds), "seeds is empty; name a seed, or leave it out for 1");
  const isSeeds = isList(seeds, (seed) => Number.isInteger(seed) && Number(seed) >= 0);
  expect(isSeeds, "seeds is no list of whole numbers");
  expect(new Set(seeds as number[]).size === seeds.length, "seeds names one twice");
  expect(!isEmpty(names), "recipes is empty; name a recipe, or leave it out for all");
  expect(isList(names, (name) => typeof name === "string"), "recipes is no list of names");
  const from = typeof measureFrom === "number" ? measureFrom : NaN;
  expect(from >= 0 && from < 1, "measureFrom is no share in [0, 1)");
  expect(Number.isInteger(blocks) && Number(blocks) >= 2, "blocks is no whole number ≥ 2");
  const change = settings as SettingChange;
  const own = ownSettings.find((name) => Object.hasOwn(change, name));
  expect(own === undefined, `settings has ${own}: ${own && OWN[own](change[own])}`);
  // As a training has them: those of an example are done in a few minutes.
  const start = startingConfig(change, { isExample: !("stills" in change) });
  const config = changeConfig(start, { change, source: file });
  checkChange(change, { source: file });
  const lone = dataWithoutStills(config);
  expect(
    lone === undefined,
    `settings has ${lone} but no stills; add labelled stills, or leave it out`,
  );
  checkData(config);
  expect(config.stills === "" || config.video.length > 0, "settings has no video to measure on");
  expect(config.rounds > 0, "settings.rounds is 0: without a second stage nothing is compared");
  const wanted = { config, recipes: recipesIn(file, names as string[]) };
  checkRuns(wanted, file);
  const plain = { seeds: seeds as number[], measureFrom: from, blocks: Number(blocks) };
  return { ...wanted, ...plain };
}

function recipesIn(file: string, names: readonly string[]): Recipe[] {
  try {
    return recipesNamed(names);
  } catch (error) {
    throw new RangeError(`Cannot use ${file}: ${(error as Error).message}`);
  }
}

/** What a run of a recipe may not have is refused before the first of them is trained. */
function checkRuns({ config, recipes }: Pick<Protocol, "config" | "recipes">, file: string): void {
  try {
    for (const { run: { name, change } } of recipes) {
      checkConfig(changeConfig(config, { change, source: `recipe ${name}` }));
    }
  } catch (error) {
    throw naming(file, error);
  }
}

const KEYS = Object.keys(DEFAULTS).join(", ");

function parse(text: string, file: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch (error) {
    throw new SyntaxError(`Cannot use ${file}: ${(error as Error).message}`);
  }
  throw new SyntaxError(`Cannot use ${file}: it is no JSON object`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function isList(value: unknown, holds: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(holds);
}
