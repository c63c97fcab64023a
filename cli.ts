/**
 * Kymo on the command line: `train`, `predict`, `evaluate`, `synth`, `tune` and `doctor`.
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import {
  formatEvaluation,
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

  deno run cli.ts train     [--stills DIR] [--video PATH]... [--model unet] [--config FILE] [--out DIR]
                            [--resume] [--seed N] [--seeds N] [--control] [every setting as a flag]
  deno run cli.ts predict   --model RUN [--out DIR] [--probability] [--tta] [--ctc] [--overwrite]
                            [--normalize image|video|frame] [--threshold otsu|P] [--opening N]
                            [--min-size PIXELS] [--tile PIXELS] [--memory MIB]
                            [--kernels FILE.json] INPUT...
  deno run cli.ts evaluate  --labels PATH [--truth PATH] [--markers PATH] [--out FILE.json]
  deno run cli.ts synth     --out DIR [--seed N] [--stills N] [--frames N]
  deno run cli.ts tune      --out FILE.json [--image HEIGHTxWIDTH] [settings of train]
  deno run cli.ts doctor

Everywhere: --json prints one JSON object per event, --debug shows where an error came from.
\`train --help\` lists all settings. Permissions: --allow-read --allow-write.
`;

type Flags = Readonly<Record<string, unknown>>;

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

function text(flags: Flags, name: string): string | undefined {
  return flags[name] as string | undefined;
}

function required(flags: Flags, name: string): string {
  const value = text(flags, name);
  if (value === undefined) throw new UsageError(`Cannot start: --${name} is missing`);
  return value;
}

function count(flags: Flags, name: string, { least = 0 } = {}): number | undefined {
  const value = text(flags, name);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!(Number.isSafeInteger(number) && number >= least)) {
    throw new UsageError(`Cannot use --${name} ${value}: expected a whole number ≥ ${least}`);
  }
  return number;
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
    const out = text(flags, "out") ?? `runs/${timestamp()}`;
    const resume = flags.resume === true;
    const seeds = count(flags, "seeds", { least: 1 });
    if (resume) await refuseOtherSeeds(out, seeds);
    const config = await runConfig(flags, { out, resume, file: text(flags, "config") });
    const { train } = await import("./train/train.ts");
    const progress = new TrainProgress();
    for await (const event of train({ config, out, seeds, resume })) {
      output.event(event, (shown) => progress.show(shown));
    }
  },
};

const predictCommand: Command = {
  string: [
    "model",
    "out",
    "normalize",
    "threshold",
    "opening",
    "min-size",
    "tile",
    "memory",
    "kernels",
  ],
  boolean: ["probability", "tta", "ctc", "overwrite"],
  takesInputs: true,
  async run(flags, output) {
    const inputs = flags._ as string[];
    if (inputs.length === 0) throw new UsageError("Cannot predict: no INPUT given");
    const normalize = text(flags, "normalize");
    if (normalize !== undefined && !["image", "video", "frame"].includes(normalize)) {
      throw new UsageError(`Cannot use --normalize ${normalize}: expected image, video or frame`);
    }
    const threshold = text(flags, "threshold");
    if (threshold !== undefined && threshold !== "otsu" && !Number.isFinite(Number(threshold))) {
      throw new UsageError(`Cannot use --threshold ${threshold}: expected otsu or a number`);
    }
    const minSize = count(flags, "min-size");
    const opening = count(flags, "opening");
    const { predictFiles } = await import("./train/predict_files.ts");
    const progress = new PredictProgress();
    const events = predictFiles({
      model: required(flags, "model"),
      inputs: inputs.map(String),
      out: text(flags, "out") ?? "predicted",
      probability: flags.probability === true,
      tta: flags.tta === true,
      ctc: flags.ctc === true,
      overwrite: flags.overwrite === true,
      normalize: normalize as "image" | "video" | "frame" | undefined,
      postprocess: {
        ...(threshold === undefined
          ? {}
          : { threshold: threshold === "otsu" ? threshold : Number(threshold) }),
        ...(opening === undefined ? {} : { opening }),
        ...(minSize === undefined ? {} : { minSize }),
      },
      tile: count(flags, "tile", { least: 1 }),
      memory: count(flags, "memory", { least: 1 }),
      kernels: text(flags, "kernels"),
    });
    for await (const event of events) output.event(event, (shown) => progress.show(shown));
  },
};

const evaluateCommand: Command = {
  string: ["labels", "truth", "markers", "out"],
  boolean: [],
  async run(flags, output) {
    const { evaluateFiles } = await import("./train/evaluate_files.ts");
    const evaluation = await evaluateFiles({
      labels: required(flags, "labels"),
      truth: text(flags, "truth"),
      markers: text(flags, "markers"),
      out: text(flags, "out"),
    });
    output.event(evaluation, (shown) => ({ lines: formatEvaluation(shown), status: null }));
  },
};

const synthCommand: Command = {
  string: ["out", "seed", "stills", "frames"],
  boolean: [],
  async run(flags, output) {
    const { synthFiles } = await import("./train/synth_files.ts");
    const written = await synthFiles({
      out: required(flags, "out"),
      seed: count(flags, "seed"),
      stills: count(flags, "stills", { least: 1 }),
      frames: count(flags, "frames", { least: 1 }),
    });
    output.event(written, ({ files, stills, video, truth }) => ({
      lines: [`${files} files written`, `--stills ${stills} --video ${video} --truth ${truth}`],
      status: null,
    }));
  },
};

const tuneCommand: Command = {
  string: ["config", "out", "image", ...valueFlags()],
  boolean: switchFlags(),
  collect: REPEATED_FLAGS,
  async run(flags, output) {
    const out = required(flags, "out");
    const size = text(flags, "image");
    const image = size?.match(/^([1-9]\d*)x([1-9]\d*)$/);
    if (size !== undefined && !image) {
      throw new UsageError(`Cannot use --image ${size}: expected HEIGHTxWIDTH, such as 512x512`);
    }
    const file = text(flags, "config");
    const settings = Object.entries(flags).filter(([name]) => !["out", "image"].includes(name));
    const config = await runConfig(Object.fromEntries(settings), {
      out: "",
      file,
      hasExample: false,
    });
    const { tune } = await import("./train/tune.ts");
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
    const { examine } = await import("./train/doctor.ts");
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
