/**
 * What making a video steady writes into its folder; whatever else has such a name there is left alone.
 *
 * @module
 */

import { readTextOrNull } from "../disk/files.ts";
import { refuseFilled } from "../disk/folders.ts";
import { RunFolder } from "../disk/run_folder.ts";
import {
  readSteadyRecord,
  type SteadyPart,
  steadyParts,
  type SteadyRecord,
} from "./steady_record.ts";

/** The folder of results has these. */
export const [MODEL, LABELS, TRACKS, REPORT] = steadyParts;

/**
 * Refuses a folder of results in which somebody else's have the names of those that are to be written:
 * what the record does not say was begun, and a model that is trained on anything else.
 *
 * @throws {Error} If it holds some, with the name.
 * @throws {SyntaxError} If the record is damaged.
 */
export async function refuseOthers(out: string, { video }: { video: string }): Promise<void> {
  const record = await readSteadyRecord(out);
  const own = record === null ? [] : begunIn(record);
  const task = (path: string) => `make ${video} steady with results in ${path}`;
  for (const part of steadyParts) {
    const path = `${out}/${part}`;
    const found = await Deno.stat(path).catch(() => null);
    if (found === null || own.includes(part)) continue;
    if (found.isDirectory) await refuseFilled(path, { job: "steady", task: task(path), parts: [] });
    if (found.isDirectory && part !== REPORT) continue;
    throw new Error(`Cannot ${task(path)}: it is there already; give another --out`);
  }
  if (record === null || !own.includes(MODEL) || await isOwnRun(`${out}/${MODEL}`, record)) return;
  throw new Error(
    `Cannot ${task(`${out}/${MODEL}`)}: it holds a run on something else; give another --out`,
  );
}

/** The parts that were begun; earlier versions noted only what was complete. */
function begunIn(
  { begun, seen, adapted, predicted, tracked }: SteadyRecord,
): readonly SteadyPart[] {
  const isOfEarlier = begun === undefined;
  return [
    ...(begun ?? []),
    ...(adapted?.left === null || (isOfEarlier && seen) ? [MODEL] : []),
    ...(predicted ? [LABELS] : []),
    ...(tracked ? [TRACKS] : []),
    ...(isOfEarlier && tracked ? [REPORT] : []),
  ];
}

/** Whether a run folder holds no run, or that which adapts the model of a record. */
async function isOwnRun(path: string, { video, settings }: SteadyRecord): Promise<boolean> {
  const folder = new RunFolder(path);
  if (!await folder.holdsRun().catch(() => false)) return true;
  try {
    const config = JSON.parse(await readTextOrNull(folder.file("config.json")) ?? "null");
    return config.control === true && config.stills === settings.stills &&
      config.seed === settings.seed &&
      JSON.stringify(config.video) === JSON.stringify([video.path]);
  } catch {
    return false;
  }
}
