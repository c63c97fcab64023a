import { assertEquals, assertThrows } from "@std/assert";
import {
  changeConfig,
  defaultConfig,
  listSettings,
  type Setting,
} from "../../../train/jobs/train/config.ts";
import {
  changeFromFlags,
  flagOf,
  REPEATED_FLAGS,
  settingFlags,
} from "../../../train/console/setting_flags.ts";

/** Another value of a setting, and how it is written as a flag. */
function another({ path, value }: Setting): { value: unknown; flag: unknown } {
  if (typeof value === "boolean") return { value: !value, flag: !value };
  if (typeof value === "number") return { value: value + 1.5, flag: String(value + 1.5) };
  if (["video", "volume"].includes(path.join())) {
    return { value: ["a b", "c,d"], flag: ["a b", "c,d"] };
  }
  if (Array.isArray(value)) {
    const changed = value.map((item) => Number(item) - 2.5);
    return { value: changed, flag: changed.join(",") };
  }
  if (path.at(-1) === "threshold") return { value: 0.25, flag: "0.25" };
  return { value: "other", flag: "other" };
}

/** The value of a setting in a configuration. */
function at(config: object, path: readonly string[]): unknown {
  return path.reduce<unknown>((group, key) => (group as Record<string, unknown>)[key], config);
}

Deno.test("every setting has a flag of its own that changes it and nothing else", () => {
  const settings = listSettings();
  const flags = settings.map(flagOf);
  assertEquals(new Set(flags).size, flags.length);
  assertEquals(settingFlags().map(({ name }) => name), flags);
  for (const setting of settings) {
    const { value, flag } = another(setting);
    const change = changeFromFlags({ [flagOf(setting)]: flag });
    const config = changeConfig(defaultConfig, { change, source: "the test" });
    assertEquals(at(config, setting.path), value, flagOf(setting));
    const back = listSettings(config).filter(({ path }) => path.join() !== setting.path.join());
    assertEquals(back, settings.filter(({ path }) => path.join() !== setting.path.join()));
  }
});

Deno.test("changeFromFlags() takes all settings at once, also those of one group", () => {
  const flags = listSettings().map((setting) => [flagOf(setting), another(setting).flag]);
  const change = changeFromFlags(Object.fromEntries(flags));
  const config = changeConfig(defaultConfig, { change, source: "the test" });
  for (const setting of listSettings()) {
    assertEquals(at(config, setting.path), another(setting).value, flagOf(setting));
  }
});

Deno.test("flagOf() writes words apart and groups in front", () => {
  const path = ["augmentation", "brightnessContrast", "probability"];
  assertEquals(flagOf({ path, value: 0 }), "augmentation-brightness-contrast-probability");
  assertEquals(flagOf({ path: ["warmupRate"], value: 0 }), "warmup-rate");
});

Deno.test("changeFromFlags() leaves out what is not given, and what is no setting", () => {
  assertEquals(changeFromFlags({}), {});
  assertEquals(changeFromFlags({ _: [], json: true, out: "x", video: [], seeds: "3" }), {});
  assertEquals(changeFromFlags({ control: false }), { control: false });
});

Deno.test("changeFromFlags() names the flag whose value is no number", () => {
  for (const value of ["x", " ", "1,5", "NaN", "Infinity", "1e999"]) {
    const change = () => changeFromFlags({ "warmup-rate": value });
    assertThrows(change, TypeError, `Cannot use --warmup-rate ${value}: expected a number`);
  }
  for (const value of ["0.5,x", "0.5,", ","]) {
    const change = () => changeFromFlags({ "augmentation-intensity-scale": value });
    assertThrows(change, TypeError, "--augmentation-intensity-scale");
  }
  const threshold = () => changeFromFlags({ "postprocess-threshold": "high" });
  assertThrows(threshold, TypeError, "--postprocess-threshold high");
  assertEquals(changeFromFlags({ "postprocess-threshold": "otsu" }), {
    postprocess: { threshold: "otsu" },
  });
});

Deno.test("flags that may be repeated are lists of paths", () => {
  for (const flag of REPEATED_FLAGS) {
    const setting = listSettings().find((setting) => flagOf(setting) === flag);
    assertEquals(setting?.value, []);
  }
});
