/**
 * A training run on disk: its folder, the folders of its seeds, and the kernels that it uses.
 *
 * @module
 */

import type { Pins } from "../../../kernels/gpu/choices.ts";
import type { Device } from "../../../kernels/gpu/device.ts";
import type { Source } from "../../images/source.ts";
import type { StageStore } from "../../learn/stage_state.ts";
import { type Stage, STAGES } from "../../learn/stages.ts";
import { defaultKinds, type Kinds } from "../../models/list.ts";
import { openGpu } from "../disk/open_gpu.ts";
import { disk } from "../disk/files.ts";
import { type ClaimedFolder, claimFolder } from "../disk/folders.ts";
import { readKernelFile, writeKernelFile } from "../disk/kernel_file.ts";
import { RunFolder } from "../disk/run_folder.ts";
import { versions } from "../disk/version.ts";
import { checkConfig, checkData } from "./check_config.ts";
import type { TrainConfig } from "./config.ts";

/** The kernels that a run used, in its folder. */
const KERNELS = "kernels.json";

/**
 * How a run is made, apart from its settings.
 *
 * @category Jobs
 */
export interface TrainOptions {
  /** All settings. */
  readonly config: TrainConfig;
  /** The run folder. */
  readonly out: string;
  /** Go on with the run in the folder, if there is one. */
  readonly resume?: boolean;
  /** How many seeds to run, from `config.seed` on; more than one go into subfolders. */
  readonly seeds?: number;
  /** Only these of the stages that the settings ask for, besides the baseline; all unless told. */
  readonly stages?: readonly Stage[];
  /** Whether models are measured at the end, for the table and the report; they are unless told. */
  readonly isMeasured?: boolean;
  /** Kinds of models and losses to choose from; all of Kymo's unless told. */
  readonly kinds?: Kinds;
  /** Where images are read from; the disk unless told. */
  readonly source?: Source;
  /** Says when to save at the next step and to stop there; the run can be gone on with. */
  readonly stop?: AbortSignal;
}

/** One seed of a run: its settings and its folder. */
export interface SeedPlace {
  /** Settings, with its seed. */
  readonly config: TrainConfig;
  /** The folder. */
  readonly folder: RunFolder;
}

/** A run whose folder is there, with what it works with. */
export interface OpenedRun extends Required<Omit<TrainOptions, "stop">>, Disposable {
  /** Says when to stop. */
  readonly stop: AbortSignal | undefined;
  /** The run folder. */
  readonly parent: RunFolder;
  /** Its seeds. */
  readonly places: readonly SeedPlace[];
  /** The GPU. */
  readonly device: Device;
  /** Writes down which kernels were used so far. */
  recordKernels(): Promise<void>;
  /** Makes the folders of the seeds, with all settings in `config.json`: from now on it is a run. */
  begin(): Promise<void>;
}

/**
 * Opens the folder and the device of a run.
 *
 * @param claim The folder, where whoever calls has claimed it; else it is claimed until the run is disposed of.
 * @throws {RangeError} If settings do not fit.
 * @throws {Error} If the folder already holds a run and `resume` is not set, or holds only a model, or
 *   another process trains there.
 */
export async function openRun(options: TrainOptions, claim?: ClaimedFolder): Promise<OpenedRun> {
  const { config, out, resume = false, seeds = 1, kinds = defaultKinds, source = disk } = options;
  const { stages = STAGES, stop, isMeasured = true } = options;
  checkConfig(config, kinds);
  // A run that an earlier version began with built-in stills goes on with them.
  if (!resume) checkData(config, kinds);
  if (!(Number.isInteger(seeds) && seeds > 0)) {
    throw new RangeError(`Cannot train: seeds is ${seeds}, expected a whole number ≥ 1`);
  }
  using parts = new DisposableStack();
  if (claim === undefined) parts.use(await claimRun(out, { resume }));
  const parent = new RunFolder(out);
  if (resume) await refuseImported(parent);
  const pins = await kernelsOf(parent, { config, resume });
  const device = parts.use(
    await openGpu({ memoryLimit: config.memory * 1024 ** 2, kernels: pins }),
  );
  const places = Array.from({ length: seeds }, (_, i): SeedPlace => ({
    config: { ...config, seed: config.seed + i },
    folder: seeds === 1 ? parent : new RunFolder(`${out}/seed-${config.seed + i}`),
  }));
  const kept = parts.move();
  let recorded = "";
  return {
    ...{ config, out, resume, seeds, stages, stop, isMeasured },
    ...{ kinds, source, parent, places, device },
    async recordKernels() {
      const kernels = { ...pins, ...device.choices.used };
      const text = JSON.stringify(kernels);
      if (text === recorded) return;
      await writeKernelFile(parent.file(KERNELS), { adapter: device.adapter.name, kernels });
      recorded = text;
    },
    async begin() {
      const known = { ...versions(), adapter: device.adapter.name };
      await parent.writeConfig(config, known);
      for (const { folder, config } of places) {
        await folder.create();
        await folder.writeConfig(config, known);
      }
    },
    [Symbol.dispose]: () => kept.dispose(),
  };
}

/** The folder of a seed, which notes with each state which kernels were used: it goes on with them. */
export function recordingStore(
  run: Pick<OpenedRun, "recordKernels">,
  folder: RunFolder,
): StageStore {
  return {
    path: folder.path,
    appendMetrics: (lines) => folder.appendMetrics(lines),
    cutMetrics: (bytes) => folder.cutMetrics(bytes),
    async saveState(state) {
      await run.recordKernels();
      await folder.saveState(state);
    },
  };
}

/**
 * Makes the folder of a run and holds it. A run that was stopped before it saved anything is no run: its
 * folder can be begun anew.
 *
 * @throws {Error} If it already holds one that is not gone on with, or another process trains there.
 */
export async function claimRun(
  out: string,
  { resume }: { resume: boolean },
): Promise<ClaimedFolder> {
  using parts = new DisposableStack();
  const claim = parts.use(await claimFolder(out, "train", { task: "create" }));
  if (!resume) await refuseRun(new RunFolder(out));
  parts.move();
  return claim;
}

async function refuseRun(folder: RunFolder): Promise<void> {
  if (await folder.holdsRun()) {
    throw new Error(
      `Cannot train into ${folder.path}: it already holds a run; add --resume or give another --out`,
    );
  }
  await folder.clear();
}

/** A folder with a model that was imported has nothing to go on with. */
async function refuseImported(folder: RunFolder): Promise<void> {
  const weights = await Deno.stat(folder.file("weights.safetensors")).catch(() => null);
  if (!weights?.isFile || await folder.has("metrics.jsonl")) return;
  throw new Error(
    `Cannot resume ${folder.path}: it holds a model, but no training; go on from it with ` +
      `--resume-from ${folder.path} and another --out`,
  );
}

/** A run that goes on uses the kernels that it began with, so that it gives the same bits. */
async function kernelsOf(
  folder: RunFolder,
  { config, resume }: { config: TrainConfig; resume: boolean },
): Promise<Pins> {
  if (resume && await folder.has(KERNELS)) return await readKernelFile(folder.file(KERNELS));
  return config.kernels === "" ? {} : await readKernelFile(config.kernels);
}
