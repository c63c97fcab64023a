/**
 * Sums up runs that were trained one by one, by as many processes: table and report as if one process had
 * trained all their seeds.
 *
 * @module
 */

import { unusable } from "../images/faults/input_fault.ts";
import type { ResultsTable } from "../report/data.ts";
import { resultsTable } from "../report/results_table.ts";
import { disk } from "./disk/files.ts";
import { claimFolder } from "./disk/folders.ts";
import { RunFolder } from "./disk/run_folder.ts";
import { changeConfig, defaultConfig, type TrainConfig } from "./train/config.ts";
import { type KeptResults, readResults } from "./train/seeds/kept_results.ts";
import { writeReport } from "./train/write_report.ts";

/**
 * What to sum up, and where to.
 *
 * @category Jobs
 */
export interface SummariseOptions {
  /** Folders of runs that are over; of one with several seeds, those of its seeds. */
  readonly runs: readonly string[];
  /** Where the report goes. */
  readonly out: string;
}

/**
 * The runs are summed up.
 *
 * @category Jobs
 */
export interface RunsSummarised {
  /** What kind of event this is. */
  readonly type: "summary";
  /** Mean and spread over the seeds. */
  readonly table: ResultsTable;
  /** The seeds. */
  readonly seeds: readonly number[];
  /** The path of the report. */
  readonly report: string;
  /** What a user should know. */
  readonly warnings: readonly string[];
}

/** A run that is over. */
interface OverRun extends KeptResults {
  readonly folder: RunFolder;
  readonly config: TrainConfig;
  readonly adapter: string;
}

/**
 * Sums up runs that differ in nothing but the seed, and writes `report.html` and `curves.svg`. The report
 * has no frames: those are in the reports of the runs.
 *
 * @throws {RangeError} If runs differ in more than the seed, or two have the same one.
 * @throws {RangeError} If one is not there or not over, or the report would replace that of a run.
 * @throws {SyntaxError} If a file is damaged.
 *
 * @example
 * ```ts ignore
 * const { table } = await summariseRuns({ runs: ["runs/1", "runs/2", "runs/3"], out: "runs/all" });
 * ```
 *
 * @category Jobs
 */
export async function summariseRuns({ runs, out }: SummariseOptions): Promise<RunsSummarised> {
  const over = await Promise.all(runs.map(readRun));
  over.sort((a, b) => a.config.seed - b.config.seed);
  refuseOthers(over);
  if (await new RunFolder(out).has("config.json")) {
    throw new RangeError(
      `Cannot sum up into ${out}: there is a run in it, whose report would be lost; give another --out`,
    );
  }
  const [{ config, video, adapter }] = over;
  const results = over.map(({ results }) => results);
  const table = resultsTable(results);
  using _claim = await claimFolder(out, "summarise");
  const warnings = await writeReport({
    ...{ config, table, results, adapter },
    parent: new RunFolder(out),
    folders: over.map(({ folder }) => folder),
    seeds: over.map(({ config: { seed } }) => seed),
    set: { videos: [], warnings: [], notes: [] },
    measuredVideo: video,
  });
  const seeds = over.map(({ config: { seed } }) => seed);
  return { type: "summary", table, seeds, report: `${out}/report.html`, warnings };
}

async function readRun(path: string): Promise<OverRun> {
  const folder = new RunFolder(path);
  const file = folder.file("config.json");
  if (!await folder.has("config.json")) {
    await disk.isFolder(path); // It throws where there is nothing.
    throw unusable(
      `Cannot sum up ${path}: there is no run in it; name the folders that train wrote`,
    );
  }
  let saved: Record<string, unknown> & { versions?: { adapter?: string } };
  try {
    saved = JSON.parse(await Deno.readTextFile(file));
  } catch (cause) {
    throw new SyntaxError(`Cannot read ${file}: it is damaged`, { cause });
  }
  const { versions = {}, ...change } = saved;
  const config = changeConfig(defaultConfig, { change, source: file });
  const adapter = versions.adapter ?? "an unknown adapter";
  return { folder, config, adapter, ...await readResults(folder) };
}

/** Only the seed may differ: other spread than that of chance is none. */
function refuseOthers(runs: readonly OverRun[]): void {
  const [first, ...others] = runs;
  const settings = ({ config }: OverRun) => Object.entries({ ...config, seed: 0 });
  for (const run of others) {
    const here = new Map(settings(run).map(([name, value]) => [name, JSON.stringify(value)]));
    const other = settings(first).find(([name, value]) => here.get(name) !== JSON.stringify(value));
    if (other === undefined) continue;
    throw unusable(
      `Cannot sum up ${run.folder.path} with ${first.folder.path}: ${other[0]} is ` +
        `${here.get(other[0])} there, ${JSON.stringify(other[1])} here; only the seed may differ`,
    );
  }
  const twice = runs.find(({ config: { seed } }, i) => runs[i - 1]?.config.seed === seed);
  if (twice === undefined) return;
  throw unusable(
    `Cannot sum up ${twice.folder.path}: another run has seed ${twice.config.seed}, too; give each seed once`,
  );
}
