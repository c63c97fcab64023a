/**
 * The settings and data that the results of an experiment are of, in a file beside them: results of
 * others cannot be compared with them.
 *
 * @module
 */

import { writeFileAtomic } from "../disk/atomic_file.ts";
import { readTextOrNull } from "../disk/files.ts";
import { RunFolder } from "../disk/run_folder.ts";
import { isComparison } from "./comparison.ts";
import { areInputs, changedInput, type Input } from "./inputs.ts";
import { ownSettings, type Protocol } from "./protocol.ts";

/** The file's name. */
const RECORD = "protocol.json";
/** Settings that all records have: users leave out what they do not change. */
const OF_ALL = ["model", "stills", "video", "truth", "memory", "kernels", "resumeFrom"];
/** The folders of seeds. */
const OF_SEED = /^seed-\d+$/;

/** What results are of. */
export interface Subject {
  /** The protocol. */
  readonly protocol: Protocol;
  /** Its file, which is never replaced. */
  readonly file: string;
  /** The data that it names. */
  readonly inputs: readonly Input[];
}

/** Notes what the results in a folder will be of. */
export async function writeRecord(
  { protocol, inputs }: Pick<Subject, "protocol" | "inputs">,
  out: string,
): Promise<void> {
  const record = { ...subjectOf(protocol), data: inputs };
  await writeFileAtomic(recordIn(out), `${JSON.stringify(record, null, 2)}\n`);
}

/**
 * Whether a folder is one of the same settings and data. One of others that holds no result is begun
 * anew: their record and what their runs left before they saved anything are removed.
 *
 * @throws {Error} If it holds results of others, or files in the places of the experiment's that none wrote.
 */
export async function isOfSettings(
  { protocol, file, inputs }: Subject,
  out: string,
): Promise<boolean> {
  const record = recordIn(out);
  const before = await readTextOrNull(record);
  await refuseForeign({ before, file }, out);
  const difference = before === null
    ? `it holds runs or results, and no ${RECORD} that says of which settings they are`
    : differenceOf(before, { protocol, inputs, record });
  if (difference === null) return true;
  const { runs, hasResults } = await begunIn(out);
  if (hasResults) {
    throw new Error(`Cannot go on in ${out}: ${difference}; give another --out`);
  }
  if (before !== null && await isSame(file, record)) throw foreign(record, GIVEN);
  for (const run of runs) await run.clear();
  if (before !== null) await Deno.remove(record);
  return false;
}

/** Refuses files in the places of the experiment's that no experiment wrote. */
async function refuseForeign(
  { before, file }: { before: string | null; file: string },
  out: string,
): Promise<void> {
  const record = recordIn(out);
  if (before !== null && !isRecord(before)) {
    throw foreign(record, await isSame(file, record) ? GIVEN : "no experiment wrote it");
  }
  const table = tableIn(out);
  const former = await readTextOrNull(table);
  if (former === null || isComparison(former)) return;
  throw foreign(table, "no experiment wrote it");
}

/** Why the protocol's own file is not replaced. */
const GIVEN = "it is the given protocol";

function foreign(path: string, what: string): Error {
  return new Error(`Cannot write ${path}: ${what}; give another --out`);
}

async function isSame(one: string, other: string): Promise<boolean> {
  return await Deno.realPath(one) === await Deno.realPath(other);
}

/** The file of an experiment's table. */
export function tableIn(out: string): string {
  return `${out}/comparison.md`;
}

function recordIn(out: string): string {
  return `${out}/${RECORD}`;
}

/** In what a record differs from what is to be done, in words; null where it does not. */
function differenceOf(
  before: string,
  { protocol, inputs, record }: Pick<Subject, "protocol" | "inputs"> & { record: string },
): string | null {
  const { data, ...subject } = JSON.parse(before);
  if (comparable(subject) !== comparable(subjectOf(protocol))) {
    return `its results are those of the settings, measureFrom and blocks in ${record}`;
  }
  // Earlier versions did not note the data.
  return data === undefined ? null : changedInput(data, inputs);
}

/** What may not change between calls: seeds and recipes may be added. It can be used as a protocol. */
function subjectOf({ config, measureFrom, blocks }: Protocol): RecordedSubject {
  return { settings: withoutOwn(config), measureFrom, blocks };
}

interface RecordedSubject {
  readonly settings: object;
  readonly measureFrom: number;
  readonly blocks: number;
}

/** Whether an experiment wrote it: all settings, and no seeds or recipes, which may be added. */
function isRecord(text: string): boolean {
  try {
    const { settings, measureFrom, blocks, data, ...others } = JSON.parse(text);
    return OF_ALL.every((name) => Object.hasOwn(settings, name)) &&
      typeof measureFrom === "number" && typeof blocks === "number" &&
      (data === undefined || areInputs(data)) &&
      Object.keys(others).length === 0;
  } catch {
    return false;
  }
}

/**
 * A record without what experiments set themselves, which earlier versions noted, too, and without the memory,
 * which trainings may have more of when they go on.
 */
function comparable({ settings, ...others }: RecordedSubject): string {
  return JSON.stringify({ settings: { ...withoutOwn(settings), memory: undefined }, ...others });
}

function withoutOwn(settings: object): object {
  return Object.fromEntries(
    Object.entries(settings).filter(([name]) => !ownSettings.includes(name)),
  );
}

/** The folders of runs of all seeds, and whether one of them was trained, be it in part, or measured. */
async function begunIn(out: string): Promise<{ runs: RunFolder[]; hasResults: boolean }> {
  const runs: RunFolder[] = [];
  let hasResults = false;
  for await (const { name: seed, isDirectory } of Deno.readDir(out)) {
    if (!isDirectory || !OF_SEED.test(seed)) continue;
    for await (const { name, isDirectory, isFile } of Deno.readDir(`${out}/${seed}`)) {
      if (isFile && name.endsWith(".json")) hasResults = true;
      if (!isDirectory) continue;
      const run = new RunFolder(`${out}/${seed}/${name}`);
      runs.push(run);
      hasResults ||= await run.holdsRun();
    }
  }
  return { runs, hasResults };
}
