/**
 * `doctor`: the adapter, its limits and a self-test.
 *
 * @module
 */

import type { DoctorReport } from "../../jobs/doctor.ts";
import type { Command } from "../command.ts";
import { next } from "../session/next.ts";

/** The command `doctor`. */
export const doctorCommand: Command = {
  name: "doctor",
  summary: "Shows the adapter, its limits and a self-test",
  usesGpu: true,
  usage: "",
  flags: [],
  async run(_flags, { output }) {
    const { examine } = await import("../../jobs/doctor.ts");

    output.event({ type: "doctor", ...await examine() }, (found) => ({
      lines: [
        `Adapter    ${found.adapter}${found.is_software ? " (software: no GPU)" : ""}`,
        `Versions   ${Object.entries(found.versions).map((pair) => pair.join(" ")).join(", ")}`,
        `Features   ${found.features.join(", ")}`,
        ...Object.entries(found.limits).map(([name, value]) => `Limit      ${name} ${value}`),
        ...Object.entries(found.self_test).map(([name, error]) =>
          `Self-test  ${name}: relative error ${error.toExponential(1)}`
        ),
        `Start      ${startText(found)}`,
        `Peak       ${found.peak.fma_gflops.toFixed(1)} GFLOP/s multiply-add, ` +
        `${found.peak.copy_gbs.toFixed(1)} GB/s copy`,
      ],
      status: null,
    }));
    output.say(next("train on built-in synthetic images", ["train"]));
  },
};

/** What the start of a command is made of. */
function startText({ start_ms, self_test_file }: DoctorReport): string {
  const [modules, device, selfTest, compile] = [
    start_ms.modules,
    start_ms.device,
    start_ms.self_test,
    start_ms.compile,
  ].map((ms) => `${ms.toFixed(0)} ms`);
  const memory = self_test_file === null
    ? "made each time, as no cache folder of the user is known"
    : `made once and remembered in ${self_test_file} where that may be written`;
  return `${modules} until modules are loaded, ${device} for the device, ${selfTest} for the self-test ` +
    `(${compile} of them its shaders), which is ${memory}`;
}
