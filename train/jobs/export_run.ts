/**
 * A trained model as a file or folder of another program.
 *
 * @module
 */

import { sizeOf } from "../../kernels/gpu/shape.ts";
import { Tape, Variable } from "../../nn/autodiff.ts";
import { answersIn } from "../../nn/module.ts";
import type { NamedArray } from "../../nn/safetensors.ts";
import { dirname, join } from "../images/paths.ts";
import { zipFiles } from "../objects/formats/zip.ts";
import type {
  ExportedFiles,
  ExportFormat,
  ExportWishes,
  ModelToExport,
  RunningNetwork,
} from "../models/export/export_format.ts";
import { exportFormats } from "../models/export/list.ts";
import { buildModel, type ModelFile, readingOf } from "../models/model_file.ts";
import { InvalidArgumentError } from "../invalid_argument.ts";
import { modelKinds } from "../models/list.ts";
import { configOf } from "./train/config.ts";
import { openGpu } from "./disk/open_gpu.ts";
import { writeFileAtomic } from "./disk/atomic_file.ts";
import { claimEmptyFolder, makeFolder, refuseFilled } from "./disk/folders.ts";
import { readModelFile, runOf } from "./disk/model_files.ts";
import { RunFolder } from "./disk/run_folder.ts";
import { versions } from "./disk/version.ts";

/** What to export, how, and where to. */
export interface ExportOptions extends ExportWishes {
  /** A run folder, or a file of weights. */
  readonly model: string;
  /** The name of the format. */
  readonly format: string;
  /**
   * The file or folder to write; a folder becomes an archive where its name ends with `.zip`. A file goes into
   * a folder that is there, or is named with a slash in the end, under the name of the model. Folders above
   * are made.
   */
  readonly out: string;
  /** Whether a file that is there is replaced. */
  readonly overwrite?: boolean;
}

/** A model has been exported. */
export interface ModelExported {
  /** What kind of event this is. */
  readonly type: "exported";
  /** What was exported. */
  readonly model: string;
  /** The format. */
  readonly format: string;
  /** Where it is. */
  readonly out: string;
  /** The files in it; none where it is a file. */
  readonly files: readonly string[];
  /** Bytes of all files together. */
  readonly bytes: number;
  /** Numbers in the network. */
  readonly parameters: number;
}

/**
 * Writes a model for another program. Nothing is written if anything is wrong with it.
 *
 * @throws {RangeError} If there is no such format.
 * @throws {InvalidArgumentError} If the format cannot hold this kind of model.
 * @throws {SyntaxError} If the weights are damaged.
 * @throws {Error} If something is there already, or it cannot be written.
 */
export async function exportRun(
  { model: path, format: name, out: wanted, overwrite = false, ...wishes }: ExportOptions,
  { formats = exportFormats }: { formats?: readonly ExportFormat[] } = {},
): Promise<ModelExported> {
  const format = formats.find((format) => format.name === name);
  if (!format) {
    const known = formats.map(({ name }) => name).join(", ");
    throw new RangeError(`Cannot export as ${name}: known formats are ${known}`);
  }
  const out = await placeIn(wanted, { format, path });
  const task = `export into ${out}`;
  if (!overwrite && await isFile(out)) {
    throw new Error(`Cannot ${task}: it exists; give another --out, or --overwrite`);
  }
  const file = await readModelFile(path);
  refuseOtherKinds(file, { format, joined: wishes.joined });
  using parts = new DisposableStack();
  const files = await format.write(await modelOf(file, { path, parts }), wishes);
  using _above = await makeFolder(dirname(out));
  await write(files, { out, task });
  const { tensors } = file.weights;
  return {
    ...{ type: "exported", model: path, format: name, out },
    files: [...files.keys()].filter((name) => name !== ""),
    bytes: [...files.values()].reduce((sum, { length }) => sum + length, 0),
    parameters: [...tensors.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0),
  };
}

/** The file or folder that is written. */
async function placeIn(
  wanted: string,
  { format: { extension }, path }: { format: ExportFormat; path: string },
): Promise<string> {
  const plain = wanted.replace(/(?<=.)\/+$/, "");
  if (extension === undefined) return plain;
  const isFolder = plain !== wanted ||
    await Deno.stat(wanted).then(({ isDirectory }) => isDirectory, () => false);
  return isFolder ? join(plain, `${nameOf(path)}.${extension}`) : wanted;
}

function refuseOtherKinds(
  { file, kind }: ModelFile,
  { format, joined = false }: { format: ExportFormat; joined?: boolean },
): void {
  if (kind.objects === null || !(format.kinds?.includes(kind.name) ?? true)) {
    const labels = modelKinds.filter(({ name }) => format.kinds?.includes(name)).map(({ label }) =>
      label
    );
    const can = kind.objects === null ? "models that find objects" : labels.join(" or ");
    const other = kind.objects === null ? "model" : "format";
    throw new InvalidArgumentError(
      `Cannot export ${file} as ${format.name}: it is ${kind.label}, and the format is for ${can} alone; ` +
        `give another --${other}`,
    );
  }
  if (joined && kind.name !== "stardist") {
    throw new InvalidArgumentError(
      `Cannot join the outputs of ${file}: ${kind.label} has only one; leave --joined out`,
    );
  }
}

/** The model with all that is known of its run. */
async function modelOf(
  file: ModelFile,
  { path, parts }: { path: string; parts: DisposableStack },
): Promise<ModelToExport> {
  const { kind, architecture, weights } = file;
  const folder = new RunFolder(runOf(path));
  const settings = await readSettings(folder);
  const ofNetwork = configOf(kind.settingsOf(architecture), { source: "the model" });
  return {
    ...{ kind, architecture, settings, weights: weights.tensors, version: versions().kymo },
    name: nameOf(path),
    reading: readingOf(file),
    sizeMultiple: kind.sizeMultiple(ofNetwork),
    grid: architecture.options.grid ?? 1,
    figures: await readFigures(folder),
    run: () => openNetwork(file, parts),
  };
}

/** What a model is called after: its run, or the file. */
function nameOf(path: string): string {
  const names = path.split(/[/\\]/).filter((name) => name !== "" && name !== ".");
  const last = names.at(-1)?.replace(/\.safetensors$/, "") ?? "model";
  const isWeights = path.endsWith(".safetensors") && last === "weights";
  return isWeights ? names.at(-2) ?? last : last;
}

async function readSettings(folder: RunFolder): Promise<Record<string, unknown> | null> {
  if (!await folder.has("config.json")) return null;
  try {
    return JSON.parse(await Deno.readTextFile(folder.file("config.json")));
  } catch (error) {
    throw new SyntaxError(
      `Cannot read ${
        folder.file("config.json")
      }: it is no JSON; mend it, or give the weights file alone`,
      { cause: error },
    );
  }
}

/** The figures of the validation whose weights were kept last. */
async function readFigures(folder: RunFolder): Promise<[string, string][]> {
  const lines = await folder.readMetrics();
  const best = lines.findLast(({ type, isBest }) => type === "validation" && isBest === true);
  if (best === undefined) return [];
  const { type: _type, seed: _seed, isBest: _isBest, ...figures } = best;
  return Object.entries(figures)
    .filter(([, value]) => typeof value === "number" || typeof value === "string")
    .map((
      [name, value],
    ) => [name, typeof value === "number" ? `${+value.toPrecision(4)}` : `${value}`]);
}

/** The network on the GPU. */
async function openNetwork(file: ModelFile, parts: DisposableStack): Promise<RunningNetwork> {
  const device = parts.use(await openGpu());
  const { network } = buildModel(device, file);
  return {
    reach: network.reach,
    async answer({ shape, data }): Promise<Map<string, NamedArray>> {
      using _scope = device.scope();
      const x = new Variable(device.upload(shape, data));
      const outputs = network.forward(new Tape(device, { record: false }), x);
      const answers = new Map<string, NamedArray>();
      for (const [name, { value }] of answersIn(outputs)) {
        answers.set(name, { shape: value.shape, data: await device.read(value) });
      }
      return answers;
    },
  };
}

async function write(
  files: ExportedFiles,
  { out, task }: { out: string; task: string },
): Promise<void> {
  const whole = files.get("");
  if (whole) return await writeFileAtomic(out, whole);
  if (out.endsWith(".zip")) {
    const entries = [...files].map(([name, bytes]) => ({ name, bytes }));
    return await writeFileAtomic(out, zipFiles(entries));
  }
  const filling = { job: "export", task, parts: [...files.keys()] };
  await refuseFilled(out, filling);
  using claim = await claimEmptyFolder(out, filling);
  for (const [name, bytes] of files) await writeFileAtomic(`${out}/${name}`, bytes);
  claim.keep();
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isFile }) => isFile, () => false);
}
