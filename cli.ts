/**
 * Kymo on the command line: `train`, `predict`, `evaluate`, `synth` and `doctor`.
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import {
  changeFromFlags,
  REPEATED_FLAGS,
  settingsHelp,
  switchFlags,
  valueFlags,
} from "./train/console/setting_flags.ts";
import {
  formatEvaluation,
  PredictProgress,
  type Shown,
  TrainProgress,
} from "./train/console/progress.ts";
import {
  changeConfig,
  type ConfigChange,
  defaultConfig,
  syntheticConfig,
  type TrainConfig,
} from "./train/config.ts";

const USAGE = `Kymo segments microscopy videos without flicker.

  deno run cli.ts train     [--stills DIR] [--video PATH]... [--model unet] [--config FILE] [--out DIR]
                            [--resume] [--seed N] [--seeds N] [--control] [every setting as a flag]
  deno run cli.ts predict   --model RUN [--out DIR] [--probability] [--tta] [--ctc] [--overwrite]
                            [--normalize image|video|frame] [--threshold otsu|P] [--min-size PIXELS]
                            [--tile PIXELS] [--memory MIB] INPUT...
  deno run cli.ts evaluate  --labels PATH [--truth PATH] [--markers PATH] [--out FILE.json]
  deno run cli.ts synth     --out DIR [--seed N] [--stills N] [--frames N]
  deno run cli.ts doctor

Everywhere: --json prints one JSON object per event, --debug shows where an error came from.
\`train --help\` lists all settings. Permissions: --allow-read --allow-write.
`;

/** A command line that cannot be carried out as it stands: exit code 2. */
class UsageError extends Error {}

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
  const value = flags[name];
  if (value === "") throw new UsageError(`Cannot use --${name}: it needs a value`);
  return value as string | undefined;
}

function required(flags: Flags, name: string): string {
  const value = text(flags, name);
  if (value === undefined) throw new UsageError(`Cannot start: --${name} is missing`);
  return value;
}

function count(flags: Flags, name: string): number | undefined {
  const value = text(flags, name);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!(Number.isInteger(number) && number >= 0)) {
    throw new UsageError(`Cannot use --${name} ${value}: expected a whole number`);
  }
  return number;
}

async function readJson(path: string): Promise<ConfigChange> {
  const content = await Deno.readTextFile(path).catch((error) => {
    throw new Error(`Cannot read ${path}: ${error.message}; give a JSON file of settings`);
  });
  try {
    const { versions: _versions, ...change } = JSON.parse(content);
    return change;
  } catch (error) {
    throw new SyntaxError(`Cannot read ${path}: ${(error as Error).message}; mend the JSON`);
  }
}

/** Defaults, then the configuration file, then flags; a resumed run keeps its own settings. */
async function configFrom(flags: Flags, out: string): Promise<TrainConfig> {
  const fromFlags = wrongUsage(() => changeFromFlags(flags));
  const saved = `${out}/config.json`;
  const isResumed = flags.resume === true && await Deno.stat(saved).then(() => true, () => false);
  if (isResumed) {
    if (Object.keys(fromFlags).length > 0 || flags.config !== undefined) {
      throw new UsageError(
        `Cannot resume ${out} with other settings: it goes on with those of ${saved}; leave out ` +
          Object.keys({ ...fromFlags, ...(flags.config ? { config: 1 } : {}) }).join(", "),
      );
    }
    return changeConfig(defaultConfig, { change: await readJson(saved), source: saved });
  }
  const file = text(flags, "config");
  const fromFile = file === undefined ? {} : await readJson(file);
  const isSynthetic = !("stills" in fromFlags) && !("stills" in fromFile);
  const base = isSynthetic ? { ...defaultConfig, ...syntheticConfig } : defaultConfig;
  const withFile = changeConfig(base, { change: fromFile, source: file ?? "" });
  return wrongUsage(() =>
    changeConfig(withFile, { change: fromFlags, source: "the command line" })
  );
}

function wrongUsage<T>(compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function timestamp(): string {
  return new Date().toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
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
    const config = await configFrom(flags, out);
    const { checkConfig } = await import("./train/config.ts");
    wrongUsage(() => checkConfig(config));
    const seeds = count(flags, "seeds") ?? 1;
    if (seeds < 1) throw new UsageError("Cannot train 0 seeds: give --seeds 1 or more");
    const { train } = await import("./train/train.ts");
    const progress = new TrainProgress();
    for await (const event of train({ config, out, seeds, resume: flags.resume === true })) {
      output.event(event, (shown) => progress.show(shown));
    }
  },
};

const predictCommand: Command = {
  string: ["model", "out", "normalize", "threshold", "min-size", "tile", "memory"],
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
        ...(minSize === undefined ? {} : { minSize }),
      },
      tile: count(flags, "tile"),
      memory: count(flags, "memory"),
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
      stills: count(flags, "stills"),
      frames: count(flags, "frames"),
    });
    output.event(written, ({ files, stills, video, truth }) => ({
      lines: [`${files} files written`, `--stills ${stills} --video ${video} --truth ${truth}`],
      status: null,
    }));
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
  doctor: doctorCommand,
};

function parse(args: readonly string[], command: Command): Flags {
  const parsed = parseArgs([...args], {
    string: [...command.string, "_"],
    boolean: [...command.boolean, "json", "debug", "help"],
    collect: [...command.collect ?? []],
    negatable: [...command.boolean],
    unknown: (arg, key) => {
      if (key !== undefined) {
        throw new UsageError(`Cannot use ${arg}: unknown flag; see --help`);
      }
      if (!command.takesInputs) throw new UsageError(`Cannot use ${arg}: it belongs to no flag`);
    },
  });
  // A switch that was not given is false to the parser; it must not count as a changed setting.
  const given = Object.entries(parsed).filter(([name, value]) =>
    (value as unknown) !== false || args.includes(`--no-${name}`) || args.some((a) => a.startsWith(`--${name}=`))
  );
  return Object.fromEntries(given);
}

/** Runs a command line and gives its exit code: 0, 1 for a failed run, 2 for a wrong command. */
async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  const command = COMMANDS[name];
  if (!command) {
    const isHelp = name === "--help" || name === "help" || name === "-h";
    if (isHelp) console.log(USAGE);
    else console.error(`Cannot run ${name ?? "nothing"}: no such command\n\n${USAGE}`);
    return isHelp ? 0 : 2;
  }
  const output = new Output(rest.includes("--json"));
  try {
    const flags = parse(rest, command);
    if (flags.help) {
      console.log(USAGE + (name === "train" ? `\nSettings and defaults:\n${settingsHelp()}` : ""));
      return 0;
    }
    await command.run(flags, output);
    return 0;
  } catch (error) {
    output.close();
    const message = error instanceof Error ? error.message : String(error);
    console.error(rest.includes("--debug") && error instanceof Error ? error.stack : message);
    return error instanceof UsageError ? 2 : 1;
  } finally {
    output.close();
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
