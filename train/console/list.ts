/**
 * The commands of the program, in the order of the help.
 *
 * @module
 */

import type { Command } from "./command.ts";
import { annotateCommand } from "./commands/annotate_to_mask.ts";
import { builtinCommand } from "./commands/exchange/builtin.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { evaluateCommand } from "./commands/evaluate.ts";
import { experimentCommand } from "./commands/experiment.ts";
import { exportCommand } from "./commands/exchange/export.ts";
import { filterCommand } from "./commands/filter.ts";
import { importCommand } from "./commands/exchange/import.ts";
import { mergeCommand } from "./commands/cluster/merge.ts";
import { predictCommand } from "./commands/predict.ts";
import { rangesCommand } from "./commands/cluster/ranges.ts";
import { shardsCommand } from "./commands/cluster/shards.ts";
import { summariseCommand } from "./commands/cluster/summarise.ts";
import { steadyCommand } from "./commands/steady.ts";
import { synthCommand } from "./commands/synth.ts";
import { trackCommand } from "./commands/track.ts";
import { trainCommand } from "./commands/train.ts";
import { tuneCommand } from "./commands/tune.ts";

/** Every command. */
export const commands: readonly Command[] = [
  steadyCommand,
  trainCommand,
  predictCommand,
  trackCommand,
  evaluateCommand,
  experimentCommand,
  importCommand,
  exportCommand,
  filterCommand,
  annotateCommand,
  builtinCommand,
  rangesCommand,
  shardsCommand,
  mergeCommand,
  summariseCommand,
  synthCommand,
  tuneCommand,
  doctorCommand,
];
