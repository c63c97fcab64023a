/**
 * Which test files there are, and in which order they start.
 *
 * @module
 */

import { resolve } from "node:path";

/** The folder of all tests. */
const TESTS = "tests";
/** The names that `deno test` takes for tests. */
const NAME = /(?:^|[._])test\.(?:ts|tsx|mts|js|jsx|mjs)$/;

/**
 * The files that take longest. They start first, so that none of them is left when all others have
 * ended.
 */
export const LONGEST: readonly string[] = [
  "tests/cli/interrupt_test.ts",
  "tests/train/jobs/train/again/resume_test.ts",
  "tests/reliability/soak_test.ts",
  "tests/reliability/kills_test.ts",
  "tests/cli/run_folder_test.ts",
  "tests/train/learn/stage_test.ts",
  "tests/train/jobs/train/again/repeated_run_test.ts",
  "tests/train/jobs/train/train_focus_test.ts",
  "tests/train/jobs/train/stack_run_test.ts",
  "tests/cli/cluster/full_disk_test.ts",
  "tests/train/jobs/train/star_run_test.ts",
  "tests/golden_variants_test.ts",
  "tests/cli/train/tune_test.ts",
  "tests/train/jobs/train/train_test.ts",
  "tests/train/models/stardist/candidates_test.ts",
  "tests/train/jobs/summarise_runs_test.ts",
  "tests/kernels/ops/conv2d_variants_test.ts",
  "tests/train/jobs/train/teacher_run_test.ts",
  "tests/cli/faults_test.ts",
  "tests/train/jobs/merge/merge_parts_test.ts",
  "tests/cli/train/seeds_test.ts",
  "tests/train/jobs/train/masks/ignored_run_test.ts",
  "tests/cli/bad_input_test.ts",
  "tests/cli/usage_test.ts",
  "tests/cli/surroundings_test.ts",
  "tests/kernels/masks/components_test.ts",
  "tests/train/jobs/predict/predict_objects_test.ts",
  "tests/cli/cluster/signals_test.ts",
  "tests/cli/train/train_test.ts",
  "tests/cli/import_test.ts",
  "tests/cli/stardist_test.ts",
  "tests/train/jobs/steady/steady_test.ts",
  "tests/train/jobs/channels_test.ts",
  "tests/golden_test.ts",
  "tests/train/images/formats/decode_damage_test.ts",
  "tests/train/jobs/merge/merge_tracks_test.ts",
  "tests/train/learn/runs/model_run_test.ts",
  "tests/package/snippets_test.ts",
  "tests/train/jobs/predict/predict_workers_test.ts",
  "tests/train/learn/learner_test.ts",
  "tests/train/jobs/predict/blocks/predict_rows_test.ts",
  "tests/kernels/choice/tuner_test.ts",
  "tests/extending/image_format_test.ts",
  "tests/train/jobs/experiment/experiment_test.ts",
  "tests/cli/cluster/two_processes_test.ts",
  "tests/docs_test.ts",
  "tests/extending/loss_test.ts",
  "tests/extending/operation_test.ts",
  "tests/train/jobs/predict/predict_inputs_test.ts",
  "tests/train/jobs/predict/predict_record_test.ts",
  "tests/train/learn/focus/examiner_test.ts",
  "tests/run_test.ts",
  "tests/bench/bench_test.ts",
  "tests/kernels/large_sizes_test.ts",
  "tests/train/jobs/train/given_kernel_test.ts",
  "tests/train/models/unet/probability_test.ts",
  "tests/examples/digits_test.ts",
  "tests/kernels/masks/bands_test.ts",
  "tests/train/jobs/annotate/annotate_to_mask_test.ts",
  "tests/train/jobs/train/kernel_choice_test.ts",
];

/**
 * The files of whole trainings held against whole trainings, of all variants of a kernel, of large sizes, of
 * killed processes, of damaged files, of what others add and of other engines: more than half of the time of all. `deno task test` leaves them to
 * `deno task test:long`; both run before a change is accepted.
 */
export const LONG: ReadonlySet<string> = new Set([
  "tests/train/jobs/train/again/resume_test.ts",
  "tests/train/jobs/train/train_focus_test.ts",
  "tests/train/jobs/train/star_run_test.ts",
  "tests/train/jobs/train/teacher_run_test.ts",
  "tests/train/jobs/train/again/repeated_run_test.ts",
  "tests/train/jobs/train/given_kernel_test.ts",
  "tests/train/jobs/train/kernel_choice_test.ts",
  "tests/train/jobs/experiment/experiment_test.ts",
  "tests/train/learn/runs/model_run_test.ts",
  "tests/train/jobs/summarise_runs_test.ts",
  "tests/train/jobs/train/masks/ignored_run_test.ts",
  "tests/train/jobs/train/stack_run_test.ts",
  "tests/train/jobs/channels_test.ts",
  "tests/train/jobs/merge/merge_parts_test.ts",
  "tests/train/jobs/merge/merge_tracks_test.ts",
  "tests/train/jobs/predict/blocks/predict_rows_test.ts",
  "tests/train/learn/stage_test.ts",
  "tests/kernels/ops/conv2d_variants_test.ts",
  "tests/cli/cluster/signals_test.ts",
  "tests/cli/cluster/two_processes_test.ts",
  "tests/cli/cluster/full_disk_test.ts",
  "tests/cli/faults_test.ts",
  "tests/cli/bad_input_test.ts",
  "tests/cli/surroundings_test.ts",
  "tests/cli/import_test.ts",
  "tests/cli/train/seeds_test.ts",
  "tests/cli/train/tune_test.ts",
  "tests/cli/interrupt_test.ts",
  "tests/cli/run_folder_test.ts",
  "tests/cli/stardist_test.ts",
  "tests/reliability/kills_test.ts",
  "tests/reliability/soak_test.ts",
  "tests/golden_variants_test.ts",
  "tests/browser_test.ts",
  "tests/node_test.ts",
  "tests/train/jobs/train/train_test.ts",
  "tests/train/jobs/predict/predict_workers_test.ts",
  "tests/train/jobs/steady/steady_test.ts",
  "tests/train/models/stardist/candidates_test.ts",
  "tests/train/images/formats/decode_damage_test.ts",
  "tests/train/learn/focus/examiner_test.ts",
  "tests/kernels/large_sizes_test.ts",
  "tests/bench/bench_test.ts",
  "tests/extending/image_format_test.ts",
  "tests/extending/loss_test.ts",
  "tests/extending/operation_test.ts",
]);

/** Files that claim something of their process, such as its memory or its way to the GPU, and so have one alone. */
export const ALONE: readonly string[] = [
  "tests/kernels/gpu/device_test.ts",
  "tests/kernels/open_device_test.ts",
  "tests/kernels/self_test_test.ts",
  "tests/train/images/formats/tiff_large_test.ts",
  "tests/train/jobs/disk/open_gpu_test.ts",
];

/**
 * The test files that paths name, each once, the longest first. If no path is given, those that are not
 * {@linkcode LONG}, or only those.
 *
 * Folders are searched; a file that is named is taken whatever its name.
 *
 * @param options.root The folder that paths are relative to, and that has the tests.
 * @param options.long Whether the long ones are wanted where no path is given.
 * @throws {RangeError} If there is no such file or folder, or no test in it.
 */
export async function findTests(
  paths: readonly string[],
  { root, long = false }: { root: string; long?: boolean },
): Promise<string[]> {
  const found = new Set<string>();
  for (const path of paths.length > 0 ? paths : [TESTS]) {
    const files = await testsAt(path.replace(/^\.\/|\/+$/g, ""), root);
    if (files.length === 0) throw new RangeError(`Cannot run the tests of ${path}: it has none`);
    const isWanted = (file: string) => paths.length > 0 || LONG.has(file) === long;
    files.filter(isWanted).forEach((file) => found.add(file));
  }
  const rank = (file: string) => (LONGEST.indexOf(file) + 1) || Infinity;
  return [...found].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

async function testsAt(path: string, root: string): Promise<string[]> {
  const { isFile } = await Deno.stat(resolve(root, path)).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new RangeError(`Cannot run the tests of ${path}: there is no such file or folder`);
  });
  return isFile ? [path] : await testsBelow(path, root);
}

async function testsBelow(folder: string, root: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(resolve(root, folder))) {
    const path = `${folder}/${name}`;
    if (isDirectory) files.push(...await testsBelow(path, root));
    else if (NAME.test(name)) files.push(path);
  }
  return files;
}
