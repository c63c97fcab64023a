import { assert, assertEquals } from "@std/assert";
import { DeviceLostError, OutOfMemoryError } from "../../../../kernels/gpu/errors.ts";
import { exitCodeOf, exitCodes } from "../../../../train/console/session/exit_codes.ts";
import { OutputFullError } from "../../../../train/console/output.ts";
import { UsageError } from "../../../../train/console/usage_error.ts";
import { unreadable } from "../../../../train/images/bytes.ts";
import { blame, blaming, unusable } from "../../../../train/images/faults/input_fault.ts";
import { InvalidArgumentError } from "../../../../train/invalid_argument.ts";
import { WorkerStoppedError } from "../../../../train/jobs/workers/pool.ts";
import { disk, DiskFullError, explain } from "../../../../train/jobs/disk/files.ts";

Deno.test("exitCodeOf() tells wrong commands, bad files, what may be tried again, and the rest apart", async () => {
  const missing = await disk.open("/nowhere").catch((error) => error);
  const full = Object.assign(new Error("No space left"), { code: "ENOSPC" });
  const blamed = await Promise.reject(new TypeError("no model")).catch(blame).catch((e) => e);
  const cases: [error: unknown, code: number][] = [
    [new UsageError("Cannot start", { cause: missing }), 2],
    [new InvalidArgumentError("Cannot use --slice with a model of stacks"), 2],
    [unreadable("a.tif", "it is empty", "copy it again"), 3],
    [unusable("Cannot use a.tif: it has 1 frame"), 3],
    [missing, 3],
    [blamed, 3],
    [new Error("Cannot read the model", { cause: missing }), 3],
    [new DeviceLostError("gone"), 75],
    [new OutOfMemoryError("too much"), 75],
    [new Error("Cannot start", { cause: new OutOfMemoryError("too much") }), 75],
    [explain(full, "write", "out/a.tif"), 75],
    [new DiskFullError("full"), 75],
    [new OutputFullError(), 75],
    [new WorkerStoppedError("gone"), 75],
    [explain(new Deno.errors.NotFound(), "write", "no/a.tif"), 1],
    [new RangeError("Cannot train: the loss is NaN"), 1],
    [new TypeError("undefined is not a function"), 1],
    ["text", 1],
  ];
  for (const [error, code] of cases) assertEquals(exitCodeOf(error), code, String(error));
});

Deno.test("exitCodeOf() takes an array that the engine had no room for as full memory, also while a file is read", () => {
  let error: unknown;
  try {
    blaming(() => new ArrayBuffer(2 ** 52));
  } catch (thrown) {
    error = thrown;
  }
  assertEquals(exitCodeOf(error), 75, String(error));
});

Deno.test("the documents name every exit code as the table has it", async () => {
  const path = new URL("../../../../docs/json.md", import.meta.url);
  const text = (await Deno.readTextFile(path)).replace(/ +/g, " ");
  const codes = Object.values(exitCodes);
  for (const { code, when } of codes) assert(text.includes(`| ${code} | ${when} |`), `${code}`);
  assertEquals(text.match(/^\| \d+ \|/gm)?.length, codes.length);
});
