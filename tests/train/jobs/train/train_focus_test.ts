// Whole tiny runs of a focus classifier: the folder they leave, seeds, and the same bits after an
// interruption.
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { openDevice } from "../../../../kernels/open_device.ts";
import { decodeSafeTensors } from "../../../../nn/safetensors.ts";
import { VERSION } from "../../../../train/jobs/disk/version.ts";
import { type SynthStackFiles, synthStackFiles } from "../../../../train/jobs/synth_files.ts";
import {
  changeConfig,
  defaultConfig,
  type TrainConfig,
} from "../../../../train/jobs/train/config.ts";
import type { FocusPlanEvent, TrainEvent } from "../../../../train/jobs/train/events.ts";
import type { TrainOptions } from "../../../../train/jobs/train/run.ts";
import { trainFocus } from "../../../../train/jobs/train/train_focus.ts";
import { focusClassifier } from "../../../../train/models/focus/kind.ts";
import { loadFocusModel } from "../../../../train/models/focus/model_file.ts";
import type { SettingChange } from "../../../../train/models/model_kind.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { runContent } from "../../fixtures/tiny_run.ts";
import { typesOf } from "../../fixtures/told.ts";

/** Five tiny stacks, and an empty folder for runs. */
async function withStacks(
  use: (files: SynthStackFiles, runs: string) => Promise<void>,
): Promise<void> {
  await withFolder({}, async (folder) => {
    const out = `${folder}/data`;
    const files = await synthStackFiles({ out, stills: 5, frames: 2, size: 24, depth: 7 });
    await use(files, `${folder}/runs`);
  });
}

/** Settings of a tiny run on these stacks, two of which are for validation. */
function focusConfig({ stills, focus }: SynthStackFiles, change: SettingChange = {}): TrainConfig {
  const usual = changeConfig(defaultConfig, {
    change: focusClassifier.defaults,
    source: "the kind",
  });
  const tiny = changeConfig(usual, {
    change: {
      ...{ model: "focus", stills, focus, patch: 16, pairs: 2, warmup: 5, validation: 0.4 },
      ...{ validateEvery: 2, saveEvery: 3 },
      focusModel: { blocks: 2, base: 4, groups: 2 },
    },
    source: "the test",
  });
  return changeConfig(tiny, { change, source: "the test" });
}

async function trainToEnd(options: TrainOptions): Promise<TrainEvent[]> {
  return await Array.fromAsync(trainFocus(options));
}

/** Runs until `stop` says so, and lets go; whether it said so before the end. */
async function trainUntil(
  options: TrainOptions,
  stop: (event: TrainEvent) => boolean,
): Promise<boolean> {
  for await (const event of trainFocus(options)) if (stop(event)) return true;
  return false;
}

function planOf(events: readonly TrainEvent[]): FocusPlanEvent {
  const plan = events.find((event) => event.type === "plan");
  assert(plan && "stacks" in plan);
  return plan;
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).toSorted();
}

Deno.test("trainFocus() tells plan, steps, validations and its stage, as other training does", async () => {
  await withStacks(async (files, runs) => {
    const config = focusConfig(files);
    const events = await trainToEnd({ config, out: `${runs}/run` });
    const { plannedBytes, parameters, ...plan } = planOf(events);
    assert(plannedBytes > 0 && parameters > 0);
    assertEquals(plan, {
      ...{ type: "plan", seed: 1, stacks: [3, 2], patch: 16 },
      stages: [{ stage: "focus", steps: 5 }],
    });
    const steps = events.filter((event) => event.type === "step");
    assertEquals(steps.map(({ step }) => step), [1, 2, 3, 4, 5]);
    for (const { seed, stage, kind, steps: all, loss, rate } of steps) {
      assertEquals({ seed, stage, kind, all }, { seed: 1, stage: "focus", kind: "focus", all: 5 });
      assert(loss > 0 && rate > 0 && rate <= config.warmupRate, `${loss}, ${rate}`);
    }
    const validations = events.filter((event) => event.type === "validation");
    assertEquals(validations.map(({ step, stage }) => `${stage} ${step}`), [
      ...["focus 2", "focus 4", "focus 5"],
    ]);
    assert(validations[0].isBest);
    assert(
      validations.every(({ within, distance }) => within! >= 0 && within! <= 1 && distance! >= 0),
    );
    assertEquals(events.at(-1), {
      ...{ type: "stage", seed: 1, stage: "focus", reason: "done" },
      weights: `${runs}/run/weights.safetensors`,
    });
    const told = events.map(({ type }) => type);
    assertEquals(told[0], "plan");
    assertEquals(new Set(told), new Set(["plan", "step", "validation", "stage"]));
  });
});

Deno.test("trainFocus() leaves a run folder that explains itself and finds planes", async () => {
  await withStacks(async (files, runs) => {
    const config = focusConfig(files);
    const out = `${runs}/deep/run`;
    const events = await trainToEnd({ config, out });
    assertEquals(namesIn(out), [
      "config.json",
      "kernels.json",
      "last.safetensors",
      "metrics.jsonl",
      "state.safetensors",
      "weights.safetensors",
    ]);
    const { versions, ...settings } = JSON.parse(await Deno.readTextFile(`${out}/config.json`));
    assertEquals(settings, config);
    assertEquals(versions.kymo, VERSION);
    assert(versions.adapter.length > 0);
    const metrics = (await Deno.readTextFile(`${out}/metrics.jsonl`)).trimEnd().split("\n");
    assertEquals(
      metrics.map((line) => JSON.parse(line)),
      events.filter(({ type }) => type === "step" || type === "validation"),
    );

    using device = await openDevice();
    const read = async (name: string) => {
      const from = `${out}/${name}.safetensors`;
      const weights = decodeSafeTensors(await Deno.readFile(from), from);
      return { weights, ...loadFocusModel(device, { weights, from }) };
    };
    const [best, last] = [await read("weights"), await read("last")];
    for (const { network, reading } of [best, last]) {
      assertEquals(network.architecture, {
        kind: "focus",
        options: { blocks: 2, base: 4, groups: 2, inChannels: 1 },
      });
      const { low, high, focusModel: { sigma } } = config;
      assertEquals(reading, { low, high, sigma });
    }
    const validations = events.filter((event) => event.type === "validation");
    const isLastBest = validations.at(-1)!.isBest;
    assertEquals(isSame(best.weights.tensors, last.weights.tensors), isLastBest);

    await assertRejects(
      () => trainToEnd({ config, out }),
      Error,
      `Cannot train into ${out}: it already holds a run; add --resume or give another --out`,
    );
  });
});

function isSame(a: unknown, b: unknown): boolean {
  try {
    assertEquals(a, b);
    return true;
  } catch {
    return false;
  }
}

Deno.test("trainFocus() keeps the last weights where no stack is for validation, and says so", async () => {
  await withStacks(async (files, runs) => {
    const out = `${runs}/run`;
    const config = focusConfig(files, { validation: 0, patch: 64 });
    const events = await trainToEnd({ config, out });
    assertEquals(events.flatMap((event) => event.type === "note" ? [event.text] : []), [
      "The patches are 24 pixels a side, as the smallest planes are",
      "No stack is kept for validation: the last weights are the result",
    ]);
    const { stacks, patch } = planOf(events);
    assertEquals({ stacks, patch }, { stacks: [5, 0], patch: 24 });
    assert(events.every(({ type }) => type !== "validation"));
    const { "weights.safetensors": best, "last.safetensors": last } = await runContent(out);
    assertEquals(best, last);
  });
});

Deno.test("trainFocus() finds what is wrong before it makes a run of it", async () => {
  await withStacks(async (files, runs) => {
    const other = `${files.stills}/other.csv`;
    await Deno.writeTextFile(other, "stack,plane\nelsewhere,1\n");
    const cases: [SettingChange, message: string][] = [
      [{ focus: "" }, "with --focus a table (.csv)"],
      [{ stills: "" }, "give a folder of stacks with --stills"],
      [{ focus: other }, "names none of the 5 stacks"],
      [{ focusModel: { tolerance: 6 } }, "count as in focus with a tolerance of 6"],
      [{ focusModel: { sigma: -1 } }, "focusModel.sigma is -1, expected a number ≥ 0"],
      [{ focusModel: { base: 0 } }, "focusModel.base is 0, expected a whole number ≥ 1"],
      [{ pairs: 0 }, "pairs is 0, expected a whole number ≥ 1"],
      [{ warmup: -1 }, "warmup is -1, expected a whole number ≥"],
      [{ warmupRate: 1 }, "warmupRate is 1, expected a rate in (0, 1)"],
      [{ focusModel: { tolerance: 1.5 } }, "focusModel.tolerance is 1.5"],
      [{ validation: 1 }, "expected less than 1 with validation added"],
      [{ low: 99.9 }, "low is 99.9"],
    ];
    for (const [i, [change, message]] of cases.entries()) {
      const out = `${runs}/${i}`;
      await assertRejects(
        () => trainToEnd({ config: focusConfig(files, change), out }),
        RangeError,
        message,
      );
      assertEquals(await Deno.stat(`${out}/config.json`).catch(() => null), null, message);
    }
  });
});

Deno.test("trainFocus() abandoned after any of its events and resumed ends with the same bits", async () => {
  await withStacks(async (files, runs) => {
    const config = focusConfig(files);
    await trainToEnd({ config, out: `${runs}/whole` });
    const whole = await runContent(`${runs}/whole`);
    assertEquals(Object.keys(whole).toSorted(), [
      "last.safetensors",
      "metrics.jsonl",
      "state.safetensors",
      "weights.safetensors",
    ]);
    let interruptions = 0;
    for (let k = 1, isOver = false; !isOver; k++) {
      const out = `${runs}/${k}`;
      let left = k;
      await trainUntil({ config, out }, (event) => {
        isOver = event.type === "stage";
        return --left === 0 || isOver;
      });
      if (!isOver) {
        interruptions++;
        assertNotEquals(await runContent(out), whole);
      }
      await trainToEnd({ config, out, resume: true });
      assertEquals(await runContent(out), whole, `abandoned after ${k} events`);
    }
    assert(interruptions >= 9, `${interruptions} interruptions`);
  });
});

Deno.test("trainFocus() resumes in an empty folder, and leaves a finished run as it is", async () => {
  await withStacks(async (files, runs) => {
    const [config, out] = [focusConfig(files), `${runs}/new`];
    await trainToEnd({ config, out, resume: true });
    const content = await runContent(out);
    const again = await trainToEnd({ config, out, resume: true });
    assertEquals(typesOf(again), ["plan"]);
    assertEquals(await runContent(out), content);
  });
});

Deno.test("trainFocus() makes a run of its own for every seed, also after an interruption", async () => {
  await withStacks(async (files, runs) => {
    const config = focusConfig(files, { seed: 5 });
    const out = `${runs}/both`;
    const events = await trainToEnd({ config, out, seeds: 2 });
    assertEquals(namesIn(out), ["config.json", "kernels.json", "seed-5", "seed-6"]);
    assertEquals(
      events.flatMap((event) => event.type === "stage" ? [[event.seed, event.weights]] : []),
      [5, 6].map((seed) => [seed, `${out}/seed-${seed}/weights.safetensors`]),
    );
    const contents = await Promise.all([5, 6].map((seed) => runContent(`${out}/seed-${seed}`)));
    for (const name of ["weights.safetensors", "metrics.jsonl"]) {
      assertNotEquals(contents[0][name], contents[1][name]);
    }
    const { versions: _, ...settings } = JSON.parse(
      await Deno.readTextFile(`${out}/seed-6/config.json`),
    );
    assertEquals(settings, { ...config, seed: 6 });
    // A seed gives the same run alone as in a series.
    await trainToEnd({ config: { ...config, seed: 6 }, out: `${runs}/six` });
    assertEquals(await runContent(`${runs}/six`), contents[1]);

    // In the first seed, and in the second.
    for (const seed of [5, 6]) {
      const options = { config, out: `${runs}/cut-${seed}`, seeds: 2 };
      const isCut = await trainUntil(
        options,
        (event) => event.type === "step" && event.seed === seed && event.step === 4,
      );
      assert(isCut);
      const rest = await trainToEnd({ ...options, resume: true });
      // It goes on from what was saved before that step, and does not begin again.
      assertEquals(rest.find((event) => event.type === "step")?.step, 4);
      assertEquals(
        rest.flatMap((event) => event.type === "stage" ? [event.seed] : []),
        [5, 6].filter((other) => other >= seed),
      );
      for (const [i, other] of [5, 6].entries()) {
        assertEquals(await runContent(`${options.out}/seed-${other}`), contents[i]);
      }
    }
  });
});
