/**
 * `deno task golden DIR`: runs every golden case in a folder and prints one line per case. Exits with
 * 1 if a case fails or its operation is unknown.
 *
 * @module
 */

import type { Pins } from "../kernels/gpu/choices.ts";
import { openDevice } from "../kernels/open_device.ts";
import { decodeSafeTensors } from "../nn/safetensors.ts";
import { prepareGpu } from "../train/console/session/surroundings.ts";
import { runGoldenCase } from "./golden/fixtures/cases.ts";

/**
 * Runs the cases in a folder, with the kernels that are pinned; gives how many passed and failed.
 *
 * @param options.only Which files to run; all unless told.
 */
export async function runGolden(
  folder: string,
  { print, kernels, only = /./ }: {
    print: (line: string) => void;
    kernels?: Pins;
    only?: RegExp;
  },
): Promise<{ passed: number; failed: number }> {
  const names = [...Deno.readDirSync(folder)]
    .filter(({ name, isFile }) => isFile && name.endsWith(".safetensors") && only.test(name))
    .map(({ name }) => name)
    .sort();
  if (names.length === 0) throw new RangeError(`Cannot run ${folder}: no .safetensors file in it`);
  using device = await openDevice({ kernels });
  let [passed, failed] = [0, 0];
  for (const name of names) {
    try {
      const golden = decodeSafeTensors(Deno.readFileSync(`${folder}/${name}`), name);
      const { forward, gradient, limits } = await runGoldenCase(device, golden);
      const isGood = forward <= limits.forward && gradient <= limits.gradient;
      isGood ? passed++ : failed++;
      print(
        `${isGood ? "ok  " : "FAIL"} ${name}: forward ${forward.toExponential(1)} ` +
          `(limit ${limits.forward}), gradients ${gradient.toExponential(1)} ` +
          `(limit ${limits.gradient})`,
      );
    } catch (error) {
      failed++;
      print(`FAIL ${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return { passed, failed };
}

if (import.meta.main) {
  const [folder] = Deno.args;
  if (!folder) {
    console.error(
      "Cannot run golden cases: no folder given; try `deno task golden tests/golden/data`",
    );
    Deno.exit(2);
  }
  await prepareGpu();
  try {
    const { passed, failed } = await runGolden(folder, { print: console.log });
    console.log(`${passed} passed, ${failed} failed`);
    Deno.exit(failed === 0 ? 0 : 1);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
