/**
 * The order of the rooms inside a folder of the house, and the arrows that break it.
 *
 * @module
 */

/** An import of one file by another. */
export interface Arrow {
  /** The file that imports. */
  readonly from: string;
  /** The file that is imported. */
  readonly to: string;
  /** The line of the import, from 1. */
  readonly line: number;
}

/** The rooms of one folder: folders in it, and files at its top. */
export interface Rooms {
  /** The folder. */
  readonly folder: string;
  /** From the bottom up; rooms of one step stand side by side and do not know each other. */
  readonly steps: readonly (readonly string[])[];
}

/** What is known of the insides of the house. */
export const INNER_ROOMS: readonly Rooms[] = [
  {
    folder: "kernels",
    steps: [
      ["gpu"],
      ["operation.ts"],
      ["parts"],
      ["choice"],
      ["ops", "targets", "features", "masks"],
      ["operations.ts", "families.ts", "checks.ts"],
      ["self_test.ts"],
      ["open_device.ts"],
      ["mod.ts"],
    ],
  },
  {
    folder: "nn",
    steps: [
      ["gradients.ts", "safetensors.ts", "schedule.ts"],
      ["autodiff.ts"],
      ["module.ts", "ops.ts"],
      [
        "networks",
        "layers",
        "labels",
        "losses.ts",
        "stardist_loss.ts",
        "siamese.ts",
        "storing_halves.ts",
        "optimisers",
        "check_gradients.ts",
      ],
      ["weights.ts"],
      ["mod.ts"],
    ],
  },
  {
    folder: "train",
    steps: [
      ["counted.ts", "invalid_argument.ts", "settings.ts"],
      ["images"],
      ["synthetic", "objects"],
      ["models"],
      ["learn"],
      ["report"],
      ["jobs"],
      ["console"],
      ["mod.ts"],
    ],
  },
  {
    folder: "train/jobs",
    steps: [
      ["progress"],
      ["disk"],
      ["outputs", "workers"],
      ["track"],
      [
        "annotate",
        "doctor.ts",
        "evaluate_files.ts",
        "filter_files.ts",
        "look.ts",
        "predict",
        "synth_files.ts",
      ],
      ["predict_tracks.ts", "train"],
      [
        "builtin",
        "experiment",
        "export_run.ts",
        "import_run.ts",
        "merge",
        "steady",
        "summarise_runs.ts",
        "tune.ts",
      ],
    ],
  },
  {
    folder: "bench",
    steps: [
      ["measure", "print"],
      ["peers", "host"],
      ["report.ts"],
      ["page.ts", "options.ts"],
      ["main.ts"],
    ],
  },
  {
    folder: "web",
    steps: [["shared"], ["worker"], ["page"], ["build"]],
  },
  {
    folder: "train/report",
    steps: [
      ["data.ts"],
      ["results.ts", "sources.ts"],
      ["paired.ts"],
      ["turnover.ts", "metric_curves.ts", "results_table.ts"],
      ["outlines.ts", "run_report.ts"],
      ["findings.ts"],
      ["drawing"],
      ["figures", "table.ts", "settings.ts", "tracks"],
      ["report.ts", "steady_page.ts"],
    ],
  },
];

/** Complaints about files that lie in no room, and about imports from a room above or beside. */
export function wrongArrowsInside(
  { folder, steps }: Rooms,
  { files, arrows }: { files: Iterable<string>; arrows: Iterable<Arrow> },
): string[] {
  const isInside = (path: string) => path.startsWith(`${folder}/`);
  const roomOf = (path: string) => path.slice(folder.length + 1).split("/")[0];
  const stepOf = (path: string) => steps.findIndex((step) => step.includes(roomOf(path)));
  const homeless = [...files].filter((file) => isInside(file) && stepOf(file) < 0)
    .map((file) => `${file} lies in no room of ${folder}/`);
  const wrong = [...arrows]
    .filter(({ from, to }) => isInside(from) && isInside(to) && roomOf(from) !== roomOf(to))
    .filter(({ from, to }) => stepOf(from) >= 0 && stepOf(to) >= stepOf(from))
    .map(({ from, to, line }) => `${from}:${line} imports ${to}: a wrong arrow in ${folder}/`);
  return [...homeless, ...wrong];
}
