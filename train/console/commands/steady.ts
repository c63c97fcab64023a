/**
 * `steady`: everything for a bare video.
 *
 * @module
 */

import { basename, resolve } from "node:path";
import type { SteadyEvent, SteadyOptions, TaskEvent } from "../../jobs/steady/steady_options.ts";
import type { Command } from "../command.ts";
import { PLANE_CHOICE } from "../flag.ts";
import { autoFlag, countFlag, textFlag } from "../flag_values.ts";
import { absolute, next } from "../session/next.ts";
import { isStopped, Stopped } from "../session/stopped.ts";
import { placeOf } from "../session/surroundings.ts";
import { formatDuration, type Shown } from "../text.ts";
import { IncompleteError, UsageError } from "../usage_error.ts";
import { PredictProgress } from "./progress/predict_progress.ts";
import { formatTracking } from "./track.ts";
import { TrainProgress } from "./train_progress.ts";

/** The command `steady`. */
export const steadyCommand: Command = {
  name: "steady",
  isJob: true,
  summary: "Segments a bare video with a model that it adapts to it",
  usesGpu: true,
  stopsItself: true,
  usage: "VIDEO [--out DIR] [--model RUN] [--stills DIR] [--resume]",
  flags: [
    {
      name: "out",
      kind: "value",
      placeholder: "DIR",
      sentence: "Where the results go",
      default: "steady/VIDEO",
    },
    {
      name: "model",
      kind: "value",
      placeholder: "RUN",
      sentence: "The model to begin with, a run folder or a weights file",
      default: "builtin",
    },
    {
      name: "stills",
      kind: "value",
      placeholder: "DIR",
      sentence: "Labelled stills that hold the model on its way while it adapts",
      default: "builtin",
    },
    {
      name: "resume",
      kind: "switch",
      sentence: "Go on with what was begun in --out: parts that are complete are kept",
    },
    {
      name: "seed",
      kind: "value",
      placeholder: "N",
      sentence: "Seed of the adaptation",
      default: "1",
    },
    ...PLANE_CHOICE,
    {
      name: "rescale",
      kind: "value",
      placeholder: "auto|F",
      sentence:
        "Enlarge the video F times for the model, and bring labels back; auto goes by the size of pixels, as " +
        "files and the model know it",
    },
  ],
  takesInputs: true,
  async run(flags, { output, stop }) {
    const [video, ...others] = (flags._ as readonly unknown[]).map(String);
    if (video === undefined) throw new IncompleteError("Cannot start: no VIDEO given");
    if (others.length > 0) {
      throw new UsageError(
        `Cannot use ${others[0]}: one VIDEO at a time, a folder of frames or a stack`,
      );
    }
    const out = textFlag(flags, "out") ?? await placeOf(`steady/${nameOf(video)}`);
    const options: SteadyOptions = {
      ...{ video, out, stop, resume: flags.resume === true },
      ...{ model: textFlag(flags, "model"), stills: textFlag(flags, "stills") },
      ...{ channel: textFlag(flags, "channel"), slice: countFlag(flags, "slice", { least: 1 }) },
      ...{ seed: countFlag(flags, "seed"), rescale: autoFlag(flags, "rescale") },
    };
    const { steady } = await import("../../jobs/steady/steady.ts");
    const progress = new SteadyProgress();
    let model = "";
    try {
      for await (const event of steady(options)) {
        if (event.type === "steady") model = event.model;
        output.event(event, (shown) => progress.show(shown));
      }
    } catch (error) {
      throw isStopped(error) ? stoppedSteady(error, { video, out, flags }) : error;
    }
    const predict = ["predict", "--model", model, "--out", "labels", "VIDEO"] as const;
    output.say(next("segment another video of this kind", predict));
  },
};

/** The name of a video's folder of results. */
function nameOf(video: string): string {
  return basename(resolve(video)).replace(/(\.ome)?\.\w+$/i, "");
}

/** How to go on with what was stopped. */
function stoppedSteady(
  { message }: Error,
  { video, out, flags }: {
    video: string;
    out: string;
    flags: Readonly<Record<string, unknown>>;
  },
): Stopped {
  const given = ["model", "stills", "seed", "channel", "slice"].flatMap((name) =>
    textFlag(flags, name) === undefined ? [] : [`--${name}`, textFlag(flags, name)!]
  );
  return new Stopped(
    `${message}; parts that are complete are kept`,
    next("go on", ["steady", video, "--resume", "--out", absolute(out), ...given]),
  );
}

/** Turns events into text. */
export class SteadyProgress {
  readonly #train: TrainProgress;
  readonly #predict: PredictProgress;

  /** Starts; the clock (milliseconds) can be replaced in tests. */
  constructor(clock: () => number = () => performance.now()) {
    this.#train = new TrainProgress(clock, { whole: "the adaptation" });
    this.#predict = new PredictProgress(clock);
  }

  /** Text for the next event. */
  show(event: SteadyEvent): Shown {
    switch (event.type) {
      case "task":
        return { lines: [formatTask(event)], status: null };
      case "steady": {
        const { labels, report, chosen } = event;
        return {
          lines: [
            "",
            `Tracks: ${absolute(labels)}, by the ${chosen} model`,
            `Report: ${absolute(report)}`,
          ],
          status: null,
        };
      }
      case "frame":
        return "put_back" in event ? formatTracking(event) : this.#predict.show(event);
      case "done":
        return "put_back" in event ? formatTracking(event) : this.#predict.show(event);
      case "focus":
        return this.#predict.show(event);
      case "plan":
        this.#train.show(event);
        return { lines: [], status: null };
      case "validation":
      case "stage":
        return { lines: [], status: null };
      default:
        return this.#train.show(event);
    }
  }
}

/** A part of the work, and how long it and all that follow will take. */
function formatTask({ number, of, text, isKept, secondsLeft }: TaskEvent): string {
  const head = `${number}/${of}  ${text}`;
  if (isKept) return `${head}: done before, kept`;
  return secondsLeft === null ? head : `${head} (about ${formatDuration(secondsLeft)} left in all)`;
}
