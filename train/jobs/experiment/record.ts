/**
 * The settings that the results of an experiment are of, in a file beside them: results of others cannot
 * be compared with them.
 *
 * @module
 */

import { writeFileAtomic } from "../disk/atomic_file.ts";
import { readTextOrNull } from "../disk/files.ts";
import { RunFolder } from "../disk/run_folder.ts";
import { ownSettings, type Protocol } from "./protocol.ts";

/** The folders of seeds. */
const OF_SEED = /^seed-\d+$/;

/** Notes what the results in a folder will be of. */
export async function writeRecord(protocol: Protocol, out: string): Promise<void> {
  await writeFileAtomic(recordIn(out), recordOf(protocol));
}

/**
 * Whether a folder is one of the same settings. One of others that holds no result is begun anew: their
 * record and what their runs left before they saved anything are removed.
 *
 * @throws {Error} If it holds results of others.
 */
export async function isOfSettings(protocol: Protocol, out: string): Promise<boolean> {
  const record = recordIn(out);
  const before = await readTextOrNull(record);
  if (before === null) return false;
  if (comparable(before) === comparable(recordOf(protocol))) return true;
  const { runs, hasResults } = await begunIn(out);
  if (hasResults) {
    throw new Error(
      `Cannot go on in ${out}: its results are those of the settings, measureFrom and blocks in ` +
        `${record}; give another --out`,
    );
  }
  for (const run of runs) await run.clear();
  await Deno.remove(record);
  return false;
}

function recordIn(out: string): string {
  return `${out}/protocol.json`;
}

/** What may not change between calls: seeds and recipes may be added. It can be used as a protocol. */
function recordOf({ config, measureFrom, blocks }: Protocol): string {
  return JSON.stringify({ settings: withoutOwn(config), measureFrom, blocks }, null, 2) + "\n";
}

/** A record without what experiments set themselves, which earlier versions noted, too. */
function comparable(record: string): string {
  try {
    const { settings, ...others } = JSON.parse(record);
    return JSON.stringify({ settings: withoutOwn(settings), ...others });
  } catch {
    return record;
  }
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
