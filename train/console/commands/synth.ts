/**
 * `synth`: the built-in synthetic data as files.
 *
 * @module
 */

import type { Command } from "../command.ts";
import { countFlag, requiredFlag } from "../flag_values.ts";

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
  async run(flags, { output }) {
    const { synthFiles, synthStackFiles } = await import("../../jobs/synth_files.ts");
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
