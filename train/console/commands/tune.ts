/**
 * `tune`: the fastest kernels of this machine.
 *
 * @module
 */

import type { TunedEvent, TuneDone } from "../../jobs/tune.ts";
import type { Command } from "../command.ts";
import type { Flag } from "../flag.ts";
import { type Flags, requiredFlag, textFlag } from "../flag_values.ts";
import { absolute, next } from "../session/next.ts";
import type { Shown } from "../text.ts";
import { UsageError } from "../usage_error.ts";

const OWN: readonly Flag[] = [
  { name: "out", kind: "value", placeholder: "FILE.json", sentence: "The file to write" },
  {
    name: "image",
    kind: "value",
    placeholder: "HEIGHTxWIDTH",
    sentence: "Size of the images or tiles that will be predicted; their kernels are timed too",
  },
  {
    name: "config",
    kind: "value",
    placeholder: "FILE",
    sentence: "A JSON file of settings of the training whose steps count",
  },
];

/** The command `tune`. */
export const tuneCommand: Command = {
  name: "tune",
  summary: "Times the kernels here and writes the fastest into a file",
  usesGpu: true,
  usage: "--out FILE.json [--image HEIGHTxWIDTH] [settings of train]",
  async flags() {
    const [{ settingFlags }, { settingGroups }] = await Promise.all([
      import("../setting_flags.ts"),
      import("../../jobs/train/config.ts"),
    ]);
    return [...OWN, ...settingFlags(settingGroups())];
  },
  async run(flags, { output }) {
    const out = requiredFlag(flags, "out");
    const image = imageFlag(flags);
    const file = textFlag(flags, "config");
    const settings = Object.entries(flags).filter(([name]) => !["out", "image"].includes(name));
    const { runConfig } = await import("../run_config.ts");
    const config = await runConfig(Object.fromEntries(settings), {
      out: "",
      file,
      hasExample: false,
    });
    const { tune } = await import("../../jobs/tune.ts");
    for await (const event of tune({ config, image, out })) output.event(event, formatTuning);
    output.say(next("use them", ["train", "--kernels", out, "--stills", "STILLS"]));
  },
};

function imageFlag(flags: Flags): [height: number, width: number] | undefined {
  const size = textFlag(flags, "image");
  if (size === undefined) return undefined;
  const image = size.match(/^([1-9]\d*)x([1-9]\d*)$/);
  if (image) return [Number(image[1]), Number(image[2])];
  throw new UsageError(`Cannot use --image ${size}: expected HEIGHTxWIDTH, such as 512x512`);
}

/** A tuned convolution, or the end of the tuning, as text. */
function formatTuning(event: TunedEvent | TuneDone): Shown {
  if (event.type === "done") return { lines: [`Written to ${absolute(event.out)}`], status: null };
  const { key, variants, best, done, total } = event;
  const times = variants.slice(0, 4)
    .map(({ name, milliseconds }) => `${name} ${milliseconds.toPrecision(3)} ms`);
  return { lines: [`${done}/${total} ${key}: ${best} (${times.join(", ")})`], status: null };
}
