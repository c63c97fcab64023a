import { assertEquals, assertThrows } from "@std/assert";
import { changeConfig, defaultConfig } from "../../../train/jobs/train/config.ts";
import {
  changeFromFlags as changeOfGroups,
  flagOf,
  settingFlags,
} from "../../../train/console/setting_flags.ts";
import { settingGroups } from "../../../train/jobs/train/config.ts";
import {
  listSettings,
  oneOf,
  type PlacedSetting,
  type SettingGroup,
  share,
  text,
  texts,
  valueAt,
  wholeNumber,
  yesOrNo,
} from "../../../train/settings.ts";

const groups = settingGroups();
const allSettings = groups.flatMap(({ settings }) => listSettings(settings));

/** What flags change in the settings of a training run. */
function changeFromFlags(flags: Record<string, unknown>): Record<string, unknown> {
  return changeOfGroups(flags, { groups });
}

/** Another value of a setting, which it may have, and how it is written as a flag. */
function another({ path, setting }: PlacedSetting): { value: unknown; flag: unknown } {
  const { value, rule } = setting;
  if (typeof value === "boolean") return { value: !value, flag: !value };
  if (["video", "volume"].includes(path.join())) {
    return { value: ["a b", "c,d"], flag: ["a b", "c,d"] };
  }
  if (path.join() === "channels") return { value: ["1", "GFP"], flag: "1,GFP" };
  const others = [
    ...(typeof value === "number" ? [value + 2, 2 * value, value / 2 + 0.0625, value - 1] : []),
    ...(Array.isArray(value) ? [value.map((item) => item / 2), value.map((item) => item + 1)] : []),
    ...(typeof value === "string" ? [0.25, ...rule.choices ?? ["other"]] : []),
  ];
  const other = others.find((other) => String(other) !== String(value) && rule.holds(other));
  return { value: other, flag: String(other) };
}

Deno.test("every setting has a flag of its own that changes it and nothing else", () => {
  const flags = allSettings.map(flagOf);
  assertEquals(new Set(flags).size, flags.length);
  assertEquals(settingFlags(groups).map(({ name }) => name).toSorted(), flags.toSorted());
  for (const setting of allSettings) {
    const { value, flag } = another(setting);
    const change = changeFromFlags({ [flagOf(setting)]: flag });
    const config = changeConfig(defaultConfig, { change, source: "the test" });
    assertEquals(valueAt(config, setting.path), value, flagOf(setting));
    for (const { path } of allSettings) {
      if (path === setting.path) continue;
      assertEquals(valueAt(config, path), valueAt(defaultConfig, path), path.join("."));
    }
  }
});

Deno.test("changeFromFlags() takes all settings at once, also those of one group", () => {
  const flags = allSettings.map((setting) => [flagOf(setting), another(setting).flag]);
  const change = changeFromFlags(Object.fromEntries(flags));
  const config = changeConfig(defaultConfig, { change, source: "the test" });
  for (const setting of allSettings) {
    assertEquals(valueAt(config, setting.path), another(setting).value, flagOf(setting));
  }
});

Deno.test("flagOf() writes words apart and groups in front", () => {
  const path = ["augmentation", "brightnessContrast", "probability"];
  assertEquals(flagOf({ path }), "augmentation-brightness-contrast-probability");
  assertEquals(flagOf({ path: ["warmupRate"] }), "warmup-rate");
});

Deno.test("changeFromFlags() leaves out what is not given, and what is no setting", () => {
  assertEquals(changeFromFlags({}), {});
  assertEquals(changeFromFlags({ _: [], json: true, out: "x", video: [], seeds: "3" }), {});
  assertEquals(changeFromFlags({ control: false }), { control: false });
});

Deno.test("changeFromFlags() names the flag whose value it may not have", () => {
  for (const value of ["x", " ", "1,5", "NaN", "Infinity", "1e999"]) {
    const change = () => changeFromFlags({ "warmup-rate": value });
    assertThrows(change, TypeError, `Cannot use --warmup-rate ${value}: expected a number`);
  }
  for (const value of ["0.5,x", "0.5,", ","]) {
    const change = () => changeFromFlags({ "augmentation-intensity-scale": value });
    assertThrows(change, TypeError, "--augmentation-intensity-scale");
  }
  for (const value of ["high", "40"]) {
    const threshold = () => changeFromFlags({ "postprocess-threshold": value });
    assertThrows(threshold, TypeError, `--postprocess-threshold ${value}`);
  }
  const expected = "Cannot use --warmup -3: expected a whole number ≥ 0";
  assertThrows(() => changeFromFlags({ warmup: "-3" }), TypeError, expected);
  assertEquals(changeFromFlags({ "postprocess-threshold": "otsu" }), {
    postprocess: { threshold: "otsu" },
  });
});

Deno.test("flags that may be repeated are lists of paths", () => {
  const repeated = allSettings.filter(({ setting }) => setting.isRepeated);
  assertEquals(repeated.map(flagOf).toSorted(), ["video", "volume"]);
  for (const { setting } of repeated) assertEquals(setting.value, []);
});

interface Speed {
  rate: number;
  range: number[];
  gear: string;
  isFast: boolean;
  curve: string;
  files: { readonly list: string; readonly more: string[] };
}

const speed: SettingGroup<Speed> = {
  title: "Speed",
  settings: {
    rate: { value: 0.5, rule: share, sentence: "How fast" },
    range: { value: [1, 2], rule: share, sentence: "From where to where" },
    gear: { value: "auto", rule: text, sentence: "Its gear", placeholder: "auto|N" },
    isFast: { value: true, rule: yesOrNo, sentence: "Hurry", isCommon: true },
    curve: { value: "flat", rule: oneOf(["flat", "steep"]), sentence: "Which curve" },
    files: {
      list: { value: "", rule: text, sentence: "A list" },
      more: { value: [], rule: texts, sentence: "Others", isRepeated: true },
    },
  },
};
const kinds = oneOf(["meadow", "forest", "mountain", "river", "sea"]);
const places: SettingGroup<{ count: number; kind: string; other: string }> = {
  title: "Places",
  settings: {
    count: { value: 3, rule: wholeNumber({ least: 1 }), sentence: "How many", isCommon: true },
    kind: { value: "meadow", rule: kinds, sentence: "Which kind" },
    other: { value: "sea", rule: kinds, sentence: `Another of ${kinds.choices?.join(", ")}` },
  },
};

Deno.test("settingFlags() makes flags of settings, common ones first, then group by group", () => {
  const flags = settingFlags([speed, places]).map(({ title, name, kind, ...flag }) => {
    const { placeholder = "", choices, default: usual } = flag;
    return [title, name, kind, placeholder, usual, choices?.length ?? 0].join(" ");
  });
  assertEquals(flags, [
    "Common settings is-fast switch  true 0",
    "Common settings count value N 3 0",
    "Speed rate value N 0.5 0",
    "Speed range value N,N 1,2 0",
    "Speed gear value auto|N auto 0",
    "Speed curve value flat|steep flat 0",
    "Speed files-list value PATH  0",
    "Speed files-more repeated PATH  0",
    "Places kind value  meadow 5",
    "Places other value  sea 0",
  ]);
});
