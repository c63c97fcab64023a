/**
 * `train --model focus`: the settings of a run as those of the focus classifier.
 *
 * @module
 */

import type { TrainConfig } from "./config.ts";
import { disk } from "../disk/files.ts";
import { openZSequence } from "../../images/series/z_stack.ts";
import type { FocusEvent } from "../../learn/focus/events.ts";
import type { FocusSettings } from "../../models/focus/settings.ts";
import { decodeFocusTable, labelledStacks } from "../../images/series/focus_table.ts";
import { trainFocus } from "../../learn/focus/train.ts";
import { isFocusTable } from "./focus_source.ts";

/**
 * Trains a focus classifier on the stacks of `config.stills` (a folder of stacks, or one with them in
 * `images/`, or one file) whose plane in focus the table `config.focus` names.
 *
 * @throws {RangeError} If there is no table, or none of the stacks is in it.
 * @throws {SyntaxError | RangeError} If a file is damaged or a setting makes no sense.
 * @throws {Error} If the folder already holds a run.
 */
export async function* trainFocusModel(
  { config, out }: { config: TrainConfig; out: string },
): AsyncGenerator<FocusEvent> {
  const { stills, focus } = config;
  if (stills === "" || !isFocusTable(focus)) {
    throw new RangeError(
      "Cannot train a focus model: give a folder of stacks with --stills, and with --focus a table " +
        "(.csv) of their planes in focus, with the columns stack and plane",
    );
  }
  const inside = `${stills}/images`;
  const sequence = await openZSequence(
    disk,
    await disk.isFolder(inside).catch(() => false) ? inside : stills,
  );
  for (const text of sequence.notes) yield { type: "note", text };
  const rows = decodeFocusTable(await Deno.readTextFile(focus), focus);
  const stacks = labelledStacks(sequence, { rows, from: focus });
  if (stacks.length === 0) {
    throw new RangeError(
      `Cannot train a focus model: ${focus} names none of the ${sequence.length} stacks of ` +
        `${sequence.path}, the first is ${sequence.names[0]}`,
    );
  }
  yield* trainFocus({ stacks, settings: focusSettings(config), out });
}

/** What of a run's settings a focus classifier has. */
function focusSettings(config: TrainConfig): FocusSettings {
  const { seed, low, high, patch, pairs, validation, validateEvery, memory } = config;
  return {
    ...config.focusModel,
    ...{ seed, low, high, patch, pairs, validation, validateEvery, memory },
    steps: config.warmup,
    rate: config.warmupRate,
    // An elastic deformation blurs, and blur is what the classifier is to see.
    augmentation: {
      ...config.augmentation,
      elastic: { ...config.augmentation.elastic, probability: 0 },
    },
  };
}
