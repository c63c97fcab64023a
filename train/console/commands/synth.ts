/**
 * `synth`: the built-in synthetic data as files.
 *
 * @module
 */

import { counted } from "../../counted.ts";
import type { Command } from "../command.ts";
import { countFlag, requiredFlag } from "../flag_values.ts";
import { absolute, next } from "../session/next.ts";
import { shownWhileWaiting } from "./waiting_progress.ts";

/** The command `synth`. */
export const synthCommand: Command = {
  name: "synth",
  summary: "Writes the built-in synthetic stills, video and truth as files",
  usage: "--out DIR [--holotomography] [flags]",
  flags: [
    {
      name: "out",
      kind: "value",
      placeholder: "DIR",
      sentence: "The folder to write, new or empty",
    },
    {
      name: "seed",
      kind: "value",
      placeholder: "N",
      sentence: "The seed of all of it",
      default: "1",
    },
    { name: "stills", kind: "value", placeholder: "N", sentence: "How many stills" },
    { name: "frames", kind: "value", placeholder: "N", sentence: "How many frames of video" },
    {
      name: "holotomography",
      kind: "switch",
      sentence: "Write label-free z-stacks, with dots in the nuclei and the planes in focus",
    },
  ],
  async run(flags, context) {
    const { output } = context;
    const what = "making images";
    const { synthFiles, synthStackFiles } = await import("../../jobs/synth_files.ts");
    const options = {
      out: requiredFlag(flags, "out"),
      seed: countFlag(flags, "seed"),
      stills: countFlag(flags, "stills", { least: 1 }),
      frames: countFlag(flags, "frames", { least: 1 }),
    };
    const show = ({ files }: { files: number }) => ({
      lines: [`${counted(files, "file")} written to ${absolute(options.out)}`],
      status: null,
    });
    if (flags.holotomography !== true) {
      const written = await shownWhileWaiting(context, {
        what,
        start: () => synthFiles(options),
      });
      output.event({ type: "data", ...written }, show);
      const { stills, video, truth } = written;
      const data = ["--stills", stills, "--video", video, "--truth", truth];
      output.say(next("train on them", ["train", ...data]));
      return;
    }
    const written = await shownWhileWaiting(context, {
      what,
      start: () => synthStackFiles(options),
    });
    output.event({ type: "data", ...written }, show);
    const { stills, movie, truth, dots, focus } = written;
    output.say([
      ...next("train a model that finds focus", [
        ...["train", "--model", "focus", "--stills", stills] as const,
        ...["--focus", focus, "--out", "runs/focus"],
      ]),
      ...next("train on the planes around it", [
        ...["train", "--stills", stills, "--video", movie, "--truth", truth] as const,
        ...["--markers", dots, "--planes", "3", "--focus", "runs/focus"],
      ]),
    ]);
  },
};
