/**
 * Finds the planes in focus of z-stacks and writes them as a table.
 *
 * @module
 */

import { InvalidArgumentError } from "../../invalid_argument.ts";
import { openGpu } from "../disk/open_gpu.ts";
import { writeFileAtomic } from "../disk/atomic_file.ts";
import { disk, isThere } from "../disk/files.ts";
import { claimFolder } from "../disk/folders.ts";
import { basename } from "../../images/paths.ts";
import { hashOfModel } from "../disk/model_files.ts";
import { RecordKeeper } from "./predict_record.ts";
import { groupNotes } from "../../images/formats/notes.ts";
import { openZSequence } from "../../images/series/z_stack.ts";
import { loadFocusModel } from "../../models/focus/model_file.ts";
import { findFocus } from "../../models/focus/predict.ts";
import { encodeFocusTable, type FocusRow } from "../../images/series/focus_table.ts";
import type { ModelFile } from "../../models/model_file.ts";
import type { PredictionDone, PredictNote, PredictOptions } from "./predict_options.ts";

/**
 * The plane in focus of a stack has been found.
 *
 * @category Jobs
 */
export interface FocusFound extends FocusRow {
  /** What kind of event this is. */
  readonly type: "focus";
  /** The input that the stack is in. */
  readonly path: string;
  /** Stacks done, this one included. */
  readonly done: number;
  /** Stacks of all inputs. */
  readonly total: number;
}

/**
 * Writes `OUT/focus.csv` with a row for each stack of all inputs.
 *
 * @throws {SyntaxError | RangeError} If a file is damaged or does not fit.
 * @throws {Error} If another process writes into the output folder.
 */
export async function* predictFocus(
  {
    inputs,
    out,
    overwrite = false,
    memory = 4096,
    source = disk,
    channel,
    slice,
    model,
    precision,
  }: PredictOptions,
  { weights, file }: ModelFile,
): AsyncGenerator<FocusFound | PredictionDone | PredictNote> {
  const table = `${out}/focus.csv`;
  using _claim = await claimFolder(out, "predict");
  const isKept = !overwrite && await isThere(table);
  const labels = [basename(table)];
  const record = await RecordKeeper.open(out, {
    model: { path: model, hash: await hashOfModel(model) },
    settings: { channel, inputs },
    inputs: [{ path: inputs[0], labels, isKept }],
  });
  for (const text of record.notes) yield { type: "note", text };
  if (isKept) {
    yield { type: "done", out, written: 0, kept: 1, table };
    return;
  }
  if (slice !== undefined) {
    throw new InvalidArgumentError(
      "Cannot use --slice to find planes in focus: all are looked at; leave it out",
    );
  }
  if (precision === "f16") {
    throw new InvalidArgumentError(
      "Cannot use --precision f16 to find planes in focus: their network is small; leave it out",
    );
  }
  const open = (input: string) => openZSequence(source, input, { channel });
  const sequences = await eachInTurn(inputs, open);
  for (const text of groupNotes(sequences.flatMap(({ notes }) => notes))) {
    yield { type: "note", text };
  }
  using device = await openGpu({ memoryLimit: memory * 1024 ** 2 });
  const classifier = loadFocusModel(device, { weights, from: file });
  const total = sequences.reduce((sum, { length }) => sum + length, 0);
  const rows: FocusRow[] = [];
  for (const sequence of sequences) {
    for await (
      const { time, stack, plane, probability } of findFocus(device, {
        model: classifier,
        sequence,
      })
    ) {
      const row = { time, stack, plane, probability };
      rows.push(row);
      yield { type: "focus", path: sequence.path, ...row, done: rows.length, total };
    }
  }
  const own = { range: null, rangeFrames: 0, stray: [], exposure: 1 };
  record.add({ path: inputs[0], frames: total, labels, ...own });
  await record.save();
  await writeFileAtomic(table, encodeFocusTable(rows));
  yield { type: "done", out, written: 1, kept: 0, table };
}

/** One after the other, so that few files are open at once. */
async function eachInTurn<A, B>(items: readonly A[], work: (item: A) => Promise<B>): Promise<B[]> {
  const results: B[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
