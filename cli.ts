/**
 * Kymo on the command line: `train`, `predict`, `evaluate`, `import`, `filter`,
 * `annotate-to-mask`, `synth`, `tune` and `doctor`.
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import { basename, resolve } from "node:path";
import {
  ANNOTATE_SWITCHES,
  ANNOTATE_VALUES,
  annotateOptions,
  formatAnnotation,
} from "./train/console/annotate_flags.ts";
import {
  countFlag,
  type Flags,
  numberFlag,
  requiredFlag,
  textFlag,
} from "./train/console/flags.ts";
import { PREDICT_SWITCHES, PREDICT_VALUES, predictOptions } from "./train/console/predict_flags.ts";
import {
  formatEvaluation,
  formatFilter,
  formatImport,
  formatTuning,
  PredictProgress,
  type Shown,
  TrainProgress,
} from "./train/console/progress.ts";
import { runConfig, UsageError } from "./train/console/run_config.ts";
import {
  REPEATED_FLAGS,
  settingsHelp,
  switchFlags,
  valueFlags,
} from "./train/console/setting_flags.ts";

const USAGE = `Kymo segments microscopy videos without flicker.

  deno run cli.ts train     [--stills DIR] [--video PATH]... [--model unet|stardist|focus]
                            [--resume-from RUN] [--config FILE] [--out DIR] [--resume] [--seed N]
                            [--seeds N] [--control] [every setting as a flag]
  deno run cli.ts predict   --model RUN [--out DIR] [--probability] [--rois] [--geojson] [--ctc]
                            [--overwrite] [--normalize image|video|frame] [--threshold otsu|P]
                            [--opening N] [--min-size PIXELS] [--tta] [--nms SHARE]
                            [--focus TABLE.csv|RUN] [--tile PIXELS] [--memory MIB]
                            [--kernels FILE.json] INPUT...
  deno run cli.ts evaluate  --labels PATH [--truth PATH] [--markers PATH] [--out FILE.json]
  deno run cli.ts import    MODEL_DIR [--out RUN]
  deno run cli.ts filter    --labels PATH --out DIR [--min-overlap SHARE] [--fill-gaps] [--overwrite]
  deno run cli.ts annotate-to-mask
                            --images PATH --scribbles PATH --out DIR [--merge] [--classes]
                            [--min-size PIXELS] [--normalize image|video] [--sigmas LIST] [--trees N]
                            [--pixels N] [--seed N] [--memory MIB] [--overwrite]
  deno run cli.ts synth     --out DIR [--seed N] [--stills N] [--frames N] [--holotomography]
  deno run cli.ts tune      --out FILE.json [--image HEIGHTxWIDTH] [settings of train]
  deno run cli.ts doctor

With --resume-from, training goes on from another run, or from an imported StarDist model. Outlines
are written for ImageJ by --rois, for QuPath by --geojson. Only U-Nets have --opening, --min-size,
--tta and --threshold otsu, only StarDist has --nms.

Everywhere: --json prints one JSON object per event, --debug shows where an error came from.
\`train --help\` lists all settings. Permissions: --allow-read --allow-write.
`;

interface Command {
  readonly string: readonly string[];
  readonly boolean: readonly string[];
  readonly collect?: readonly string[];
  readonly takesInputs?: boolean;
  run(flags: Flags, output: Output): Promise<void>;
}

/** Prints events for people or for programs. */
class Output {
  readonly #json: boolean;
  readonly #isTerminal = Deno.stdout.isTerminal();
  readonly #encoder = new TextEncoder();
  #hasStatus = false;
  #lastStatus = -Infinity;

  constructor(json: boolean) {
    this.#json = json;
  }

  /** Prints an event: as JSON, or as the text that `show` makes of it. */
  event<E extends object>(event: E, show: (event: E) => Shown): void {
    if (this.#json) return this.#write(JSON.stringify(event) + "\n");
    const { lines, status } = show(event);
    lines.forEach((line) => this.#write(this.#clear() + line + "\n"));
    if (status !== null) this.#status(status);
  }

  /** A terminal has one status line that changes; a file gets one every ten seconds. */
  #status(status: string): void {
    if (this.#isTerminal) {
      this.#write(this.#clear() + status);
      this.#hasStatus = true;
    } else if (performance.now() - this.#lastStatus > 10_000) {
      this.#lastStatus = performance.now();
      this.#write(status + "\n");
    }
  }

  /** Ends the status line, so that an error starts on a line of its own. */
  close(): void {
    if (this.#hasStatus) this.#write("\n");
    this.#hasStatus = false;
  }

  #clear(): string {
    const had = this.#hasStatus;
    this.#hasStatus = false;
    return had ? "\r\x1b[K" : "";
  }

  #write(text: string): void {
    const bytes = this.#encoder.encode(text);
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
  }
}

function timestamp(): string {
  return new Date().toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
}

/** A run of several seeds must not be taken for one of a single seed, nor the other way round. */
async function refuseOtherSeeds(out: string, seeds: number | undefined): Promise<void> {
  const names = await Array.fromAsync(Deno.readDir(out), ({ name }) => name)
    .catch((): string[] => []);
  const hasSeveral = names.some((name) => name.startsWith("seed-"));
  if (hasSeveral && (seeds ?? 1) === 1) {
    throw new UsageError(`Cannot resume ${out}: it has several seeds; add --seeds N as before`);
  }
  if (!hasSeveral && names.includes("metrics.jsonl") && (seeds ?? 1) > 1) {
    throw new UsageError(`Cannot resume ${out} with --seeds ${seeds}: it has one; leave it out`);
  }
}

const trainCommand: Command = {
  string: ["config", "out", "seeds", ...valueFlags()],
  boolean: ["resume", ...switchFlags()],
  collect: REPEATED_FLAGS,
  async run(flags, output) {
    if (flags.resume && flags.out === undefined) {
      throw new UsageError("Cannot resume: --out is missing; give the run's folder");
    }
    const out = textFlag(flags, "out") ?? `runs/${timestamp()}`;
    const resume = flags.resume === true;
    const seeds = countFlag(flags, "seeds", { least: 1 });
    if (resume) await refuseOtherSeeds(out, seeds);
    const config = await runConfig(flags, { out, resume, file: textFlag(flags, "config") });
    const { trainAny } = await import("./train/jobs/train/train_any.ts");
    const progress = new TrainProgress();
    for await (const event of trainAny({ config, out, seeds, resume })) {
      output.event(event, (shown) => progress.show(shown));
    }
  },
};

const predictCommand: Command = {
  string: PREDICT_VALUES,
  boolean: PREDICT_SWITCHES,
  takesInputs: true,
  async run(flags, output) {
    const options = predictOptions(flags);
    const { predictAny } = await import("./train/jobs/predict/predict_any.ts");
    const progress = new PredictProgress();
    for await (const event of predictAny(options)) {
      output.event(event, (shown) => progress.show(shown));
    }
  },
};

const importCommand: Command = {
  string: ["out"],
  boolean: [],
  takesInputs: true,
  async run(flags, output) {
    const [model, ...others] = flags._ as string[];
    if (model === undefined) throw new UsageError("Cannot import: no MODEL_DIR given");
    if (others.length > 0) throw new UsageError(`Cannot use ${others[0]}: one MODEL_DIR at a time`);
    const out = textFlag(flags, "out") ?? `runs/${basename(resolve(model))}`;
    const { importRun } = await import("./train/jobs/import_run.ts");
    output.event(await importRun({ model, out }), formatImport);
  },
};

const evaluateCommand: Command = {
  string: ["labels", "truth", "markers", "out"],
  boolean: [],
  async run(flags, output) {
    const { evaluateFiles } = await import("./train/jobs/evaluate_files.ts");
    const evaluation = await evaluateFiles({
      labels: requiredFlag(flags, "labels"),
      truth: textFlag(flags, "truth"),
      markers: textFlag(flags, "markers"),
      out: textFlag(flags, "out"),
    });
    output.event(evaluation, (shown) => ({ lines: formatEvaluation(shown), status: null }));
  },
};

const filterCommand: Command = {
  string: ["labels", "out", "min-overlap"],
  boolean: ["fill-gaps", "overwrite"],
  async run(flags, output) {
    const { filterFiles } = await import("./train/jobs/filter_files.ts");
    const events = filterFiles({
      labels: requiredFlag(flags, "labels"),
      out: requiredFlag(flags, "out"),
      minOverlap: numberFlag(flags, "min-overlap"),
      fillGaps: flags["fill-gaps"] === true,
      overwrite: flags.overwrite === true,
    });
    for await (const event of events) output.event(event, formatFilter);
  },
};

const annotateCommand: Command = {
  string: ANNOTATE_VALUES,
  boolean: ANNOTATE_SWITCHES,
  async run(flags, output) {
    const options = annotateOptions(flags);
    const { annotateToMask } = await import("./train/jobs/annotate/annotate_to_mask.ts");
    for await (const event of annotateToMask(options)) output.event(event, formatAnnotation);
  },
};

const synthCommand: Command = {
  string: ["out", "seed", "stills", "frames"],
  boolean: ["holotomography"],
  async run(flags, output) {
    const { synthFiles, synthStackFiles } = await import("./train/jobs/synth_files.ts");
    const options = {
      out: requiredFlag(flags, "out"),
      seed: countFlag(flags, "seed"),
      stills: countFlag(flags, "stills", { least: 1 }),
      frames: countFlag(flags, "frames", { least: 1 }),
    };
    if (flags.holotomography !== true) {
      output.event(await synthFiles(options), ({ files, stills, video, truth }) => ({
        lines: [
          `${files} files written`,
          `--stills ${stills} --video ${video} --truth ${truth}`,
        ],
        status: null,
      }));
      return;
    }
    output.event(
      await synthStackFiles(options),
      ({ files, stills, movie, truth, dots, focus }) => ({
        lines: [
          `${files} files written`,
          `--stills ${stills} --video ${movie} --truth ${truth} --markers ${dots} --focus ${focus}`,
        ],
        status: null,
      }),
    );
  },
};

const tuneCommand: Command = {
  string: ["config", "out", "image", ...valueFlags()],
  boolean: switchFlags(),
  collect: REPEATED_FLAGS,
  async run(flags, output) {
    const out = requiredFlag(flags, "out");
    const size = textFlag(flags, "image");
    const image = size?.match(/^([1-9]\d*)x([1-9]\d*)$/);
    if (size !== undefined && !image) {
      throw new UsageError(`Cannot use --image ${size}: expected HEIGHTxWIDTH, such as 512x512`);
    }
    const file = textFlag(flags, "config");
    const settings = Object.entries(flags).filter(([name]) => !["out", "image"].includes(name));
    const config = await runConfig(Object.fromEntries(settings), {
      out: "",
      file,
      hasExample: false,
    });
    const { tune } = await import("./train/jobs/tune.ts");
    const events = tune({
      config,
      image: image ? [Number(image[1]), Number(image[2])] : undefined,
      out,
    });
    for await (const event of events) output.event(event, formatTuning);
  },
};

const doctorCommand: Command = {
  string: [],
  boolean: [],
  async run(_flags, output) {
    const { examine } = await import("./train/jobs/doctor.ts");
    output.event(await examine(), (found) => ({
      lines: [
        `Adapter    ${found.adapter}${found.is_software ? " (software: no GPU)" : ""}`,
        `Versions   ${Object.entries(found.versions).map((pair) => pair.join(" ")).join(", ")}`,
        `Features   ${found.features.join(", ")}`,
        ...Object.entries(found.limits).map(([name, value]) => `Limit      ${name} ${value}`),
        ...Object.entries(found.self_test).map(([name, error]) =>
          `Self-test  ${name}: relative error ${error.toExponential(1)}`
        ),
        `Peak       ${found.peak.fma_gflops.toFixed(1)} GFLOP/s multiply-add, ` +
        `${found.peak.copy_gbs.toFixed(1)} GB/s copy`,
      ],
      status: null,
    }));
  },
};

const COMMANDS: Readonly<Record<string, Command>> = {
  train: trainCommand,
  predict: predictCommand,
  evaluate: evaluateCommand,
  import: importCommand,
  filter: filterCommand,
  "annotate-to-mask": annotateCommand,
  synth: synthCommand,
  tune: tuneCommand,
  doctor: doctorCommand,
};

function parse(args: readonly string[], command: Command): Flags {
  const switches = [...command.boolean, "json", "debug", "help"];
  const parsed = parseArgs([...args], {
    string: [...command.string, "_"],
    boolean: switches,
    collect: [...command.collect ?? []],
    negatable: [...command.boolean],
    unknown: (arg, key) => {
      if (key !== undefined) {
        const remedy = /^-\.?\d/.test(arg) ? `write --FLAG=${arg} for such a value` : "see --help";
        throw new UsageError(`Cannot use ${arg}: unknown flag; ${remedy}`);
      }
      if (!command.takesInputs) throw new UsageError(`Cannot use ${arg}: it belongs to no flag`);
    },
  });
  for (const [name, value] of Object.entries(parsed)) {
    const isMissing = name !== "_" && [value as unknown].flat().includes("");
    if (isMissing) throw new UsageError(`Cannot use --${name}: its value is missing`);
  }
  // The parser calls a switch that was not given false; it must not count as a changed setting.
  const isGiven = (name: string) =>
    args.some((arg) => arg.match(/^--(?:no-)?([^=]+)/)?.[1] === name);
  return Object.fromEntries(
    Object.entries(parsed).filter(([name]) => !switches.includes(name) || isGiven(name)),
  );
}

const COMMAND_NAMES = Object.keys(COMMANDS).join(", ");

/** Runs a command line and gives its exit code: 0, 1 for a failed run, 2 for a wrong command. */
async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || ["help", "--help", "-h"].includes(name)) {
    (name === undefined ? console.error : console.log)(USAGE);
    return name === undefined ? 2 : 0;
  }
  if (!Object.hasOwn(COMMANDS, name)) {
    console.error(`Cannot run ${name}: no such command; use one of ${COMMAND_NAMES}, or --help`);
    return 2;
  }
  const command = COMMANDS[name];
  const output = new Output(rest.includes("--json"));
  try {
    const flags = parse(rest, command);
    if (flags.help) {
      console.log(USAGE + (name === "train" ? `\nSettings and defaults:\n${settingsHelp()}` : ""));
    } else await command.run(flags, output);
    return 0;
  } catch (error) {
    output.close();
    console.error(rest.includes("--debug") ? traceOf(error) : messageOf(error));
    return error instanceof UsageError ? 2 : 1;
  } finally {
    output.close();
  }
}

function traceOf(error: unknown): string {
  return error instanceof Error && error.stack !== undefined ? error.stack : String(error);
}

/** One line, whatever the message quotes. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().replace(/\s*\n\s*/g, " ");
}

if (import.meta.main) Deno.exit(await main(Deno.args));
