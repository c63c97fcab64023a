import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  formatComparison,
  pairedDifference,
} from "../../../../train/jobs/experiment/comparison.ts";
import type { RecipeResult } from "../../../../train/jobs/experiment/measure_recipe.ts";
import { ownSettings, parseProtocol } from "../../../../train/jobs/experiment/protocol.ts";
import { defaultConfig, syntheticConfig } from "../../../../train/jobs/train/config.ts";
import { recipes, references } from "../../../../train/jobs/experiment/recipes.ts";
import type { Evaluation } from "../../../../train/objects/scores/evaluate.ts";

/** A measured video of which only the area's change is known. */
function evaluation(area_change: number): Evaluation {
  const rates = { area_change, dice_instability: 0, death_rate: 0, birth_rate: 0, blink_rate: 0 };
  const perFrame = { area_per_frame: [1, 1, 1, 1], objects_per_frame: [1, 1, 1, 1] };
  const basis = { frames: 4, pairs: 3, objects: 4 };
  const rests_on = {
    ...{ area_change: basis, dice_instability: basis },
    ...{ death_rate: basis, birth_rate: basis, blink_rate: basis },
  };
  return { frames: 4, flicker: { ...rates, ...perFrame, rests_on, pairs: 3 } };
}

function result(changes: number[]): RecipeResult {
  const mean = changes.reduce((sum, change) => sum + change / changes.length, 0);
  const blocks = changes.map(evaluation);
  return { exposure: 1, seconds: 2, video: evaluation(mean), blocks, stills: null };
}

const area = ({ flicker }: Evaluation) => flicker.area_change;

Deno.test("pairedDifference() is exact where all blocks differ alike, whatever they are", () => {
  const reference = [result([0.1, 0.9, 0.3, 0.5])];
  const of = [result([0.15, 0.95, 0.35, 0.55])];
  const { mean, low, high } = pairedDifference(area, { of, reference })!;
  for (const value of [mean, low, high]) assertAlmostEquals(value, 0.05, 1e-12);
});

Deno.test("pairedDifference() has the interval of a mean of resampled blocks", () => {
  const changes = Array.from({ length: 40 }, (_, i) => Math.sin(i * 12.9898) * 0.1);
  const reference = [result(changes.map(() => 0.5)), result(changes.map(() => 0.2))];
  const of = [result(changes.map((c) => 0.5 + c + 0.01)), result(changes.map((c) => 0.2 + c))];
  const { mean, low, high } = pairedDifference(area, { of, reference })!;
  const centre = changes.reduce((sum, change) => sum + change / 40, 0);
  const squares = changes.reduce((sum, change) => sum + (change - centre) ** 2, 0);
  assertAlmostEquals(mean, centre + 0.005, 1e-12);
  // 1.96 standard errors each way, within what 2000 draws leave open.
  const error = Math.sqrt(squares / 40 / 40);
  assertAlmostEquals((high - low) / (2 * 1.96 * error), 1, 0.06);
});

Deno.test("pairedDifference() is unknown where a block lacks the figure", () => {
  const [a, b] = [result([1, 2]), result([1, 2])];
  assertEquals(pairedDifference(({ mean_ap }) => mean_ap, { of: [a], reference: [b] }), null);
});

Deno.test("formatComparison() shows recipes, their spread over seeds and differences", () => {
  const all = [
    { name: "control", results: [result([0.1, 0.2]), result([0.3, 0.2])] },
    { name: "teacher", results: [result([0.05, 0.15]), result([0.25, 0.15])] },
  ];
  const text = formatComparison(all, { references });
  const rows = text.split("\n").filter((line) => line.includes("| teacher"));
  assert(text.startsWith("Measured on 4 frames; 2 seeds"));
  assert(rows.some((row) => row.includes("0.1500 ± 0.0707")), text);
  assert(rows.some((row) => row.includes("−0.0500 [−0.0500, −0.0500]")), text);
});

Deno.test("formatComparison() compares those at an exposure of their own with the control at its own, too", () => {
  const all = ["control", "control-auto", "teacher", "teacher-auto"]
    .map((name, i) => ({ name, results: [result([0.1 + i / 20, 0.2 + i / 20])] }));
  const [, fair] = formatComparison(all, { references }).split("Differences to control-auto");
  const rows = fair.split("\n").filter((line) => line.includes("teacher"));
  assertEquals(rows.length, 1, fair);
  assert(rows[0].includes("+0.1000 [+0.1000, +0.1000]"), fair);
});

Deno.test("formatComparison() has no table of differences where stills alone have figures", () => {
  const stills = { ap50: 0.5, meanAp: 0.4, accuracies: [] };
  const all = ["control", "teacher"]
    .map((name) => ({ name, results: [{ ...result([0.1, 0.2]), stills }] }));
  const text = formatComparison(all, { references });
  assertEquals(text.match(/^Accuracy:$/gm)?.length, 1, text);
  assertEquals(text.match(/^Flicker:$/gm)?.length, 2, text);
});

Deno.test("parseProtocol() fills in what a file leaves out", () => {
  const text = JSON.stringify({ settings: { model: "stardist", stills: "s", video: ["v"] } });
  const { config, seeds, measureFrom, blocks, recipes: all } = parseProtocol(text, "p.json");
  assertEquals([seeds, measureFrom, blocks], [[1], 0, 6]);
  assertEquals(all, recipes);
  // What the kind of model changes of the defaults.
  assertEquals([config.segmentationLoss, config.warmup], ["stardist", 4000]);
});

Deno.test("parseProtocol() has the settings of a built-in example where there are no stills, but for its own", () => {
  const configOf = (settings: object) =>
    parseProtocol(JSON.stringify({ settings }), "p.json").config;
  const { warmup: steps, base } = configOf({});
  assertEquals([steps, base], [syntheticConfig.warmup, syntheticConfig.base]);
  assertEquals(configOf({ resumeFrom: "builtin" }).base, defaultConfig.base);
  const augmentation = { noise: 0.5 };
  const { warmup, ...stacks } = configOf({ synthetic: "holotomography", warmup: 5, augmentation });
  assertEquals([warmup, stacks.planes, stacks.augmentation.noise], [5, 3, 0.5]);
  assertEquals(stacks.augmentation.exposure.probability, 0);
});

Deno.test("parseProtocol() takes the control with whatever is compared", () => {
  const named = parseProtocol(JSON.stringify({ recipes: ["teacher"] }), "p.json").recipes;
  assertEquals(named.map(({ name }) => name), ["control", "teacher"]);
});

Deno.test("recipes set no settings but those that parseProtocol() refuses", () => {
  const set = new Set(recipes.flatMap(({ run }) => Object.keys(run.change)));
  assertEquals([...set].filter((name) => !ownSettings.includes(name)), []);
});

Deno.test("parseProtocol() names the file and what is wrong in it", () => {
  const wrong: [unknown, string][] = [
    [[], "no JSON object"],
    [{ seed: 1 }, "unknown key seed"],
    [{ settings: 3 }, "settings"],
    [{ settings: { bases: 3 } }, "unknown setting bases"],
    [{ settings: { model: 5 } }, "model is 5, expected a string"],
    [{ settings: { warmup: -3 } }, "warmup is -3, expected a whole number ≥ 0"],
    [{ toString: 1 }, "unknown key toString"],
    [{ settings: { seed: 7 } }, 'write "seeds": [7] beside settings'],
    [{ settings: { control: false } }, "settings has control: the control is trained"],
    [{ settings: { consistency: "teacher" } }, "settings has consistency: recipes set it"],
    [{ settings: { votes: false } }, "name teacher or teacher-without-votes in recipes"],
    [{ settings: { track: true } }, "settings has track: recipes are not tracked"],
    [{ settings: { rounds: 0 } }, "rounds is 0"],
    [{ settings: { patch: 100 } }, "Cannot use p.json: patch is 100, expected a multiple of 8"],
    [{ settings: { truth: "t" } }, "settings has truth but no stills"],
    // Of a run of one recipe.
    [
      { settings: { model: "stardist", stills: "s", video: ["v"], stardist: { rays: 6 } } },
      "Cannot use p.json: stardist.rays is 6, expected a multiple of 4",
    ],
    [{ settings: { stills: "s" } }, "no video"],
    [{ memory: 1 }, "memory is a setting; write it into settings"],
    [{ seeds: [] }, "seeds is empty; name a seed"],
    [{ recipes: [] }, "recipes is empty; name a recipe"],
    [{ recipes: "control" }, "recipes is no list of names"],
    [{ seeds: [0.5] }, "seeds"],
    [{ seeds: [1, 1] }, "seeds names one twice"],
    [{ recipes: ["magic"] }, "no recipe magic, only baseline, control"],
    [{ measureFrom: 1 }, "measureFrom"],
    [{ measureFrom: null }, "measureFrom"],
    [{ blocks: 1 }, "blocks"],
  ];
  for (const [protocol, says] of wrong) {
    assertThrows(() => parseProtocol(JSON.stringify(protocol), "p.json"), Error, says);
    assertThrows(() => parseProtocol(JSON.stringify(protocol), "p.json"), Error, "p.json");
  }
  assertThrows(() => parseProtocol("{", "p.json"), SyntaxError, "Cannot use p.json");
});
