/**
 * Results of recipes that were measured before, read again.
 *
 * @module
 */

import { counted } from "../../counted.ts";
import { ofInput } from "../../images/faults/input_fault.ts";
import type { Evaluation } from "../../objects/scores/evaluate.ts";
import { videoValues } from "../../report/results_table.ts";
import { readTextOrNull } from "../disk/files.ts";
import type { RecipeResult } from "./measure_recipe.ts";
import type { Protocol } from "./protocol.ts";

/** The file of the result of a recipe, in the folder of a seed. */
export function resultIn(place: string, name: string): string {
  return `${place}/${name}.json`;
}

/**
 * Reads the result of a recipe.
 *
 * @returns Null if there is none.
 * @throws {SyntaxError} If the file is damaged, or holds anything else.
 */
export async function readResult(
  path: string,
  { blocks }: Pick<Protocol, "blocks">,
): Promise<RecipeResult | null> {
  const text = await readTextOrNull(path);
  if (text === null) return null;
  const damaged = (what: string, cause?: unknown) =>
    ofInput(
      new SyntaxError(
        `Cannot read ${path}: ${what}; remove it, and its recipe is measured again`,
        { cause },
      ),
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged("it is damaged", error);
  }
  if (isResult(value) && value.blocks.length === blocks) return value;
  throw damaged(`it holds no result of a recipe in ${counted(blocks, "block")}`);
}

/**
 * Reads all results that are there.
 *
 * @param placeOf The folder of a seed.
 * @throws As {@linkcode readResult}.
 */
export async function refuseDamagedResults(
  { seeds, recipes, blocks }: Protocol,
  placeOf: (seed: number) => string,
): Promise<void> {
  for (const seed of seeds) {
    for (const { name } of recipes) await readResult(resultIn(placeOf(seed), name), { blocks });
  }
}

function isResult(value: unknown): value is RecipeResult {
  const { exposure, seconds, video, blocks, stills } = (value ?? {}) as Partial<RecipeResult>;
  return typeof exposure === "number" && typeof seconds === "number" && isEvaluation(video) &&
    Array.isArray(blocks) && blocks.every(isEvaluation) &&
    (stills === null || typeof stills?.ap50 === "number");
}

/** Whether the comparison finds in it what it looks for. */
function isEvaluation(value: unknown): value is Evaluation {
  try {
    const video = value as Evaluation;
    videoValues(video);
    return typeof video.frames === "number" && typeof video.flicker === "object";
  } catch {
    return false;
  }
}
