/**
 * Starts or resumes a tiny run, and prints each event as a line of JSON: a process to be killed.
 *
 * Arguments: the folder of the data, the run folder, and changed settings as JSON.
 */

import { train } from "../../train/train.ts";
import { tinyConfig } from "./tiny_run.ts";

const [data, out, change] = Deno.args;
for await (
  const event of train({ config: tinyConfig(data, JSON.parse(change)), out, resume: true })
) {
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(event) + "\n"));
}
