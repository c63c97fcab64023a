import { assert, assertEquals, assertThrows } from "@std/assert";
import { checkConfig, unlearnedSettings } from "../../../../train/jobs/train/check_config.ts";
import {
  changeConfig,
  configOf,
  defaultConfig,
  settingGroups,
  syntheticConfig,
} from "../../../../train/jobs/train/config.ts";
import { defaultKinds, modelKinds } from "../../../../train/models/list.ts";
import type { ModelKind, SettingChange } from "../../../../train/models/model_kind.ts";
import { uNet } from "../../../../train/models/unet/kind.ts";
import { listSettings, type PlacedSetting } from "../../../../train/settings.ts";

/** All settings of all groups. */
function allSettings(): PlacedSetting[] {
  return settingGroups().flatMap(({ settings }) => listSettings(settings));
}

/** The default settings with a change from "my.json". */
function changed(change: SettingChange) {
  return changeConfig(defaultConfig, { change, source: "my.json" });
}

/** A change of the setting at a path with dots. */
function changeAt(path: string, value: unknown): SettingChange {
  return path.split(".").reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as never;
}

/** The setting at a path with dots. */
function settingAt(config: object, path: string): unknown {
  return path.split(".").reduce<unknown>((group, key) => Object(group)[key], config);
}

Deno.test("changeConfig() changes nested settings and leaves the rest and the original alone", () => {
  const before = structuredClone(defaultConfig);
  const config = changed({
    base: 8,
    video: ["a", "b"],
    augmentation: { noise: 0.1, elastic: { spacing: 16 }, intensity: { scale: [0.5, 1.5] } },
  });
  assertEquals(defaultConfig, before);
  assertEquals(config, {
    ...defaultConfig,
    base: 8,
    video: ["a", "b"],
    augmentation: {
      ...defaultConfig.augmentation,
      noise: 0.1,
      elastic: { ...defaultConfig.augmentation.elastic, spacing: 16 },
      intensity: { ...defaultConfig.augmentation.intensity, scale: [0.5, 1.5] },
    },
  });
});

Deno.test("changeConfig() takes every setting that it lists, whole or one by one", () => {
  assertEquals(changed({ ...defaultConfig }), defaultConfig);
  for (const { path, setting: { value } } of allSettings()) {
    assertEquals(changed(changeAt(path.join("."), value)), defaultConfig);
  }
});

Deno.test("changeConfig() changes what has been changed before, also to another number of videos", () => {
  const twice = changeConfig(changed({ base: 4, video: ["a"] }), {
    change: { video: ["b", "c"] },
    source: "the command line",
  });
  assertEquals(twice, { ...defaultConfig, base: 4, video: ["b", "c"] });
  assertEquals(changeConfig(twice, { change: { video: [] }, source: "x" }).video, []);
});

Deno.test("changeConfig() takes a number or otsu as the threshold", () => {
  for (const threshold of [0.4, "otsu"]) {
    const config = changed({ postprocess: { threshold } });
    assertEquals(config.postprocess, { ...defaultConfig.postprocess, threshold });
    checkConfig(config);
  }
});

Deno.test("changeConfig() refuses unknown settings by their whole name", () => {
  const cases: [SettingChange, string][] = [
    [{ learningRate: 1 }, "learningRate"],
    [{ augmentation: { elastic: { size: 3 } } }, "augmentation.elastic.size"],
    [{ toString: "x" }, "toString"],
    [JSON.parse('{"__proto__": {"base": 3}}'), "__proto__"],
  ];
  for (const [change, name] of cases) {
    assertThrows(
      () => changed(change),
      TypeError,
      `Cannot use my.json: unknown setting ${name}; \`train --help\` lists them all`,
    );
  }
});

Deno.test("changeConfig() refuses values of another type", () => {
  const cases: [path: string, value: unknown, message: string][] = [
    ["base", "8", 'base is "8", expected a number'],
    ["base", null, "base is null, expected a number"],
    ["base", [8], "base is [8], expected a number"],
    ["control", 1, "control is 1, expected a boolean"],
    ["stills", false, "stills is false, expected a string"],
    ["video", "a", 'video is "a", expected a list of strings'],
    ["video", [1], "video is [1], expected a list of strings"],
    ["augmentation", 3, "augmentation is 3, expected a group"],
    ["augmentation.noise", {}, "augmentation.noise is {}, expected a number"],
    ["augmentation.intensity.scale", 2, "scale is 2, expected a list of 2 numbers"],
    ["augmentation.intensity.scale", [2], "scale is [2], expected a list of 2 numbers"],
    ["augmentation.intensity.shift", [1, "2"], 'shift is [1,"2"], expected a list of 2 numbers'],
    ["postprocess.threshold", true, "postprocess.threshold is true, expected a string"],
  ];
  for (const [path, value, message] of cases) {
    assertThrows(() => changed(changeAt(path, value)), TypeError, message);
  }
});

Deno.test("configOf() takes the defaults of the kind of model that is asked for", () => {
  assertEquals(configOf({}, { source: "the test" }), defaultConfig);
  for (const { name, defaults } of modelKinds) {
    const config = configOf({ model: name }, { source: "the test" });
    const change = { model: name, ...defaults };
    assertEquals(config, changeConfig(defaultConfig, { change, source: "the test" }));
    checkConfig(config);
  }
  assertEquals(
    configOf({ model: "stardist" }, { source: "the test" }).segmentationLoss,
    "stardist",
  );
});

Deno.test("configOf() lets a change win over the defaults of a kind, to the last group", () => {
  const change = { model: "stardist", rounds: 7, stardist: { rays: 16 } };
  const { stardist, rounds, warmup } = configOf(change, { source: "the test" });
  assertEquals(stardist, { ...defaultConfig.stardist, rays: 16 });
  assertEquals([rounds, warmup], [7, 4000]);
});

Deno.test("configOf() merges nested defaults of a kind of one's own, and refuses unknown ones", () => {
  const own = (defaults: SettingChange) => {
    const kind: ModelKind = { ...uNet, name: "own", label: "an own net", defaults };
    const kinds = { ...defaultKinds, models: [kind] };
    return configOf({ model: "own" }, { source: "the test", kinds });
  };
  const { augmentation } = own({ augmentation: { noise: 0 } });
  assertEquals(augmentation, { ...defaultConfig.augmentation, noise: 0 });
  const refused = "Cannot use the defaults of an own net: unknown setting rayz";
  assertThrows(() => own({ rayz: 3 }), TypeError, refused);
});

Deno.test("configOf() leaves an unknown kind to checkConfig(), and names the source of the rest", () => {
  const config = configOf({ model: "vnet" }, { source: "the test" });
  assertEquals(config, { ...defaultConfig, model: "vnet" });
  assertThrows(() => checkConfig(config), RangeError, 'model is "vnet", expected one of');
  const wrong = () => configOf({ model: 3 }, { source: "my.json" });
  assertThrows(wrong, TypeError, "Cannot use my.json: model is 3, expected a string");
});

Deno.test("checkConfig() accepts the defaults and what the synthetic run changes", () => {
  checkConfig(defaultConfig);
  checkConfig({ ...defaultConfig, ...syntheticConfig });
});

Deno.test("checkConfig() accepts the ends of every range", () => {
  const cases: [path: string, values: readonly unknown[]][] = [
    ["seed", [0, 2 ** 32]],
    ["warmup", [0]],
    ["ramp", [0]],
    ["rounds", [0]],
    ["segmentationShare", [0]],
    ["consistencyShare", [0]],
    ["foreground", [0, 1]],
    ["validation", [0]],
    ["test", [0]],
    ["low", [0]],
    ["high", [100]],
    ["augmentation.flip", [0, 1]],
    ["augmentation.noise", [0]],
    ["augmentation.intensity.scale", [[1, 1]]],
    ["postprocess.minSize", [0]],
  ];
  for (const [path, values] of cases) {
    for (const value of values) checkConfig(changed(changeAt(path, value)));
  }
});

Deno.test("checkConfig() names the setting, its value and what it may be", () => {
  const cases: [paths: string, values: readonly unknown[], expected: string][] = [
    [
      "depth base patch batch pairs gap validateEvery saveEvery memory plateauPatience",
      [0, -1, 1.5],
      "a whole number ≥ 1",
    ],
    [
      "seed warmup ramp rounds segmentationShare consistencyShare patience",
      [-1, 0.5],
      "a whole number ≥ 0",
    ],
    ["warmupRate segmentationRate consistencyRate", [0, 1, -0.1], "a rate in (0, 1)"],
    ["foreground validation test", [-0.1, 1.1], "a share in [0, 1]"],
    ["augmentation.flip augmentation.transpose", [-0.1, 1.1], "a share in [0, 1]"],
    ["augmentation.brightnessContrast.probability", [2], "a share in [0, 1]"],
    ["augmentation.intensity.probability", [2], "a share in [0, 1]"],
    ["augmentation.elastic.probability", [2], "a share in [0, 1]"],
    ["augmentation.noise augmentation.elastic.amplitude", [-1], "a number ≥ 0"],
    ["augmentation.brightnessContrast.brightness", [-1], "a number ≥ 0"],
    ["augmentation.brightnessContrast.contrast", [-1], "a number ≥ 0"],
    ["collapseLimit augmentation.elastic.spacing", [0, -1], "a number > 0"],
    ["model", ["resnet"], "one of unet, stardist"],
    ["decay", ["linear"], "one of cosine, plateau, constant"],
    ["unit", ["steps"], "one of batches, epochs"],
    ["videoNormalization", ["image"], "one of video, frame"],
    [
      "consistencyLoss",
      ["l2", "toString"],
      "one of dice, squared-dice, generalised-dice, bce, mse, foreground-sum, tile-sum, " +
      "tolerant-dice",
    ],
    [
      "segmentationLoss",
      ["l2", "toString", "stardist"],
      "one of dice, squared-dice, generalised-dice, bce, mse, foreground-sum, tile-sum, " +
      "tolerant-dice for model unet",
    ],
    ["stardist.rays", [2, 3.5], "a whole number ≥ 3"],
    ["stardist.grid", [0, 3, 8], "1, 2 or 4"],
    ["stardist.features", [0], "a whole number ≥ 1"],
    ["stardist.distanceLoss", ["l2"], "one of mae, mse, iou"],
    ["stardist.distanceWeight stardist.background stardist.rayConsistency", [-1], "a number ≥ 0"],
    ["test", [0.9, 0.95], "less than 1 with validation added"],
    ["low", [-1, 99.8, 100], "a percentile below high"],
    ["patch", [100, 4], "a multiple of 8"],
    ["window", [1, 2.5], "a whole number ≥ 2"],
    ["planes", [7], "0 without focus; give a table of focus planes, or a run of model focus"],
    ["ignoreLabel", [0.5], "a whole number, 0 for none"],
    ["ignoreLabel", [255, -1], "0 without stills or truth: there is no file of masks to read"],
    ["depthShare consistencyReach", [-1, 0.5], "a whole number ≥ 0"],
    ["depthGap consistencyTile", [0, 1.5], "a whole number ≥ 1"],
    [
      "augmentation.intensity.scale augmentation.intensity.shift",
      [[2, 1]],
      "two numbers in ascending order",
    ],
  ];
  for (const [paths, values, expected] of cases) {
    for (const path of paths.split(" ")) {
      for (const value of values) {
        assertThrows(
          () => checkConfig(changed(changeAt(path, value))),
          RangeError,
          `Cannot train: ${path} is ${JSON.stringify(value)}, expected ${expected}`,
        );
      }
    }
  }
});

Deno.test("checkConfig() takes a number to ignore where there are masks and a loss that can do it", () => {
  const check = (change: SettingChange) =>
    checkConfig(configOf({ stills: "s", ignoreLabel: 255, ...change }, { source: "the test" }));
  for (const change of [{}, { ignoreLabel: -1 }, { model: "stardist" }, { mergeInstances: true }]) {
    check(change);
  }
  check({ stills: "", truth: "t" });
  for (const segmentationLoss of ["bce", "mse", "squared-dice", "generalised-dice"]) {
    check({ segmentationLoss });
  }
  for (const segmentationLoss of ["tile-sum", "tolerant-dice", "foreground-sum"]) {
    check({ segmentationLoss, ignoreLabel: 0 });
    assertThrows(
      () => check({ segmentationLoss }),
      RangeError,
      `segmentationLoss is "${segmentationLoss}", expected one of dice, squared-dice, ` +
        "generalised-dice, bce, mse with ignoreLabel: no other can leave pixels out",
    );
  }
  const focus = { model: "focus", focus: "planes.csv" };
  assertThrows(() => check(focus), RangeError, "0 for model focus: it learns from no masks");
});

Deno.test("checkConfig() lets no number pass that is none", () => {
  for (const { path, setting: { value } } of allSettings()) {
    const name = path.join(".");
    if (typeof value !== "number") continue;
    const broken = changed(changeAt(name, NaN));
    assert(Number.isNaN(settingAt(broken, name)));
    assertThrows(() => checkConfig(broken), RangeError, undefined, name);
  }
});

Deno.test("checkConfig() checks post-processing before training, not after it", () => {
  const cases: [path: string, value: unknown, message: string][] = [
    ["threshold", "Otsu", 'threshold is "Otsu", expected otsu or a number'],
    ["threshold", 40, "threshold is 40, expected otsu or a number from 0 to 1"],
    ["otsuFloor", 40, "otsuFloor is 40, expected a share in [0, 1]"],
    ["connectivity", 6, "connectivity is 6, expected 4 or 8"],
    ["minSize", -1, "minSize is -1, expected a whole number from 0"],
  ];
  for (const [name, value, message] of cases) {
    const config = changed({ postprocess: { [name]: value } });
    assertThrows(() => checkConfig(config), RangeError, message);
  }
});

Deno.test("settingGroups() name every setting once", () => {
  const names = allSettings().map(({ path }) => path.join("."));
  assertEquals(new Set(names).size, names.length);
  for (const name of ["seed", "video", "augmentation.intensity.scale", "postprocess.threshold"]) {
    assert(names.includes(name), name);
  }
  assert(!names.includes("augmentation"));
});

Deno.test("every setting has a default that its rule allows, and a sentence without a period", () => {
  for (const { path, setting: { value, rule, sentence } } of allSettings()) {
    const name = path.join(".");
    assert(path[0] === "segmentationLoss" || rule.holds(value), `${name}: ${rule.expected}`);
    assert(/^[A-Z].{9,}[^.]$/.test(sentence), `${name}: ${sentence}`);
  }
});

Deno.test("a config.json of an earlier run still loads, and its kind of model too", () => {
  const saved = {
    ...defaultConfig,
    ...{ model: "stardist", segmentationLoss: "stardist", stills: "a", video: ["b"] },
    postprocess: { ...defaultConfig.postprocess, threshold: 0.5 },
  };
  const config = changed(JSON.parse(JSON.stringify(saved)));
  checkConfig(config);
  assertEquals(config, saved);
});

Deno.test("unlearnedSettings() names what a student has no use for, not what its kind changes", () => {
  for (const model of ["unet", "stardist"]) {
    const config = configOf({ model, consistency: "teacher" }, { source: "a test" });
    assertEquals(unlearnedSettings(config), []);
    const changed = { ...config, window: 3, depthPairs: true, consistencyRate: 0.5, volume: ["v"] };
    const names = ["volume", "window", "depthPairs", "consistencyRate"];
    assertEquals(unlearnedSettings(changed), names);
    assertEquals(unlearnedSettings({ ...changed, consistency: "siamese" }), []);
  }
});

Deno.test("checkConfig() refuses rays that a teacher cannot turn, where there is a teacher", () => {
  const config = (change: SettingChange) =>
    configOf({ model: "stardist", stardist: { rays: 6 }, ...change }, { source: "the test" });
  const taught = { stills: "stills", video: ["movie.tif"] };
  assertThrows(
    () => checkConfig(config(taught)),
    RangeError,
    "rays is 6, expected a multiple of 4, so that a teacher can turn them",
  );
  checkConfig(config({ ...taught, teacherViews: 1 }));
  checkConfig(config({ ...taught, rounds: 0 }));
  checkConfig(config({ ...taught, consistency: "siamese" }));
  checkConfig(config({ ...taught, stardist: { rays: 8 } }));
  checkConfig(config({ stills: "stills" }));
});
