/**
 * `train`: a network from stills and videos.
 *
 * @module
 */

import type { TrainConfig } from "../../jobs/train/config.ts";
import type { Kinds } from "../../models/list.ts";
import type { Command } from "../command.ts";
import type { Flag } from "../flag.ts";
import { countFlag, textFlag } from "../flag_values.ts";
import { usage, UsageError } from "../usage_error.ts";
import { absolute, next } from "../session/next.ts";
import { isStopped, Stopped } from "../session/stopped.ts";
import { placeOf } from "../session/surroundings.ts";
import { TrainProgress } from "./train_progress.ts";

const OWN: readonly Flag[] = [
  {
    name: "config",
    kind: "value",
    placeholder: "FILE",
    sentence: "A JSON file of settings, such as the config.json of another run; flags win over it",
  },
  {
    name: "out",
    kind: "value",
    placeholder: "DIR",
    sentence: "The run folder",
    default: "runs/ and the time",
  },
  {
    name: "resume",
    kind: "switch",
    sentence: "Go on with the run in --out, with the settings that it has",
  },
  {
    name: "seeds",
    kind: "value",
    placeholder: "N",
    sentence: "Train so many times, each time with another seed, and report mean and spread",
  },
];

/** The command `train`, with kinds of models and losses of one's own if there are any. */
export function trainCommandWith({ kinds }: { kinds?: Kinds } = {}): Command {
  return {
    name: "train",
    isJob: true,
    summary: "Trains on labelled stills, then in turns on them and on videos",
    usesGpu: true,
    stopsItself: true,
    usage: "[--stills DIR] [--video PATH]... [--model KIND] [--resume-from RUN] " +
      "[--out DIR] [--resume] [--seeds N] [--no-control] [every setting as a flag]",
    async flags() {
      const [{ settingFlags }, { settingGroups }] = await Promise.all([
        import("../setting_flags.ts"),
        import("../../jobs/train/config.ts"),
      ]);
      return [...OWN, ...settingFlags(settingGroups(kinds))];
    },
    async run(flags, { output, stop }) {
      if (flags.resume && flags.out === undefined) {
        throw new UsageError("Cannot resume: --out is missing; give the run's folder");
      }
      const given = textFlag(flags, "out");
      const resume = flags.resume === true;
      const seeds = countFlag(flags, "seeds", { least: 1 });
      if (resume) await refuseOtherRun(given!, seeds);
      const [{ namingFile, runConfig }, { checkData }] = await Promise.all([
        import("../run_config.ts"),
        import("../../jobs/train/check_config.ts"),
      ]);
      const file = textFlag(flags, "config");
      const config = await runConfig(flags, { out: given ?? "", resume, file, kinds });
      if (!resume) usage(() => checkData(config, kinds));
      const [{ train }, { makeNewFolder }] = await Promise.all([
        import("../../jobs/train/train.ts"),
        import("../../jobs/disk/folders.ts"),
      ]);
      using made = given === undefined
        ? await makeNewFolder(await placeOf(`runs/${timestamp()}`))
        : null;
      const out = given ?? made!.path;
      const progress = new TrainProgress(undefined, { seeds });
      try {
        for await (const event of train({ config, out, seeds, resume, kinds, stop })) {
          output.event(event, (shown) => progress.show(shown));
        }
      } catch (error) {
        if (isStopped(error)) throw await stoppedTraining(error, { out, seeds });
        throw namingFile(error, { file, flags });
      }
      output.say(afterTraining(config, { out, seeds }));
    },
  };
}

/** The command `train`. */
export const trainCommand: Command = trainCommandWith();

/** How to go on with a run that was stopped, if it is one yet. */
async function stoppedTraining(
  { message }: Error,
  { out, seeds = 1 }: { out: string; seeds?: number },
): Promise<Stopped> {
  const isRun = await Deno.stat(`${out}/config.json`).then(() => true, () => false);
  if (!isRun) return new Stopped(`${message}; nothing was trained yet`);
  const several = seeds === 1 ? [] : ["--seeds", String(seeds)];
  return new Stopped(
    `${message}; everything up to there is saved`,
    next("go on with it", ["train", "--resume", "--out", absolute(out), ...several]),
  );
}

/** What to do with a run: segment its video, or use the planes in focus that it finds. */
function afterTraining(
  { model, seed, video, stills, rescale }: TrainConfig,
  { out, seeds = 1 }: { out: string; seeds?: number },
): string[] {
  const run = seeds === 1 ? out : `${out}/seed-${seed}`;
  if (model === "focus") {
    return next("train on the planes around focus", [
      ...["train", "--stills", stills, "--video", "VIDEO"] as const,
      ...["--planes", "7", "--focus", run],
    ]);
  }
  const images = video.length > 0 ? video : ["IMAGES"];
  const scale = rescale === 1 ? [] : ["--rescale", `${rescale}`];
  return next("segment with it", [
    ...["predict", "--model", run, "--out", "labels"] as const,
    ...[...scale, ...images],
  ]);
}

function timestamp(): string {
  return new Date().toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
}

/**
 * There must be a run to go on with; one of several seeds must not be taken for one of a single seed, nor
 * the other way round.
 */
async function refuseOtherRun(out: string, seeds: number | undefined): Promise<void> {
  const names = await Array.fromAsync(Deno.readDir(out), ({ name }) => name)
    .catch((): string[] => []);
  if (!names.includes("config.json")) {
    throw new UsageError(
      `Cannot resume ${out}: there is no run in it; check --out, or leave --resume out to begin one`,
    );
  }
  const hasSeveral = names.some((name) => name.startsWith("seed-"));
  if (hasSeveral && (seeds ?? 1) === 1) {
    throw new UsageError(`Cannot resume ${out}: it has several seeds; add --seeds N as before`);
  }
  if (!hasSeveral && names.includes("metrics.jsonl") && (seeds ?? 1) > 1) {
    throw new UsageError(`Cannot resume ${out} with --seeds ${seeds}: it has one; leave it out`);
  }
}
