import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { commands } from "../../train/console/list.ts";
import { listSettings } from "../../train/settings.ts";
import { flagOf } from "../../train/console/setting_flags.ts";
import { settingGroups } from "../../train/jobs/train/config.ts";
import { withFolder } from "../train/fixtures/temporary.ts";
import { each, fails, kymo, runs, TINY } from "./fixtures/command.ts";

Deno.test("a wrong command line is exit code 2 and one line that says what is wrong", async () => {
  const wrong: [args: string[], ...says: string[]][] = [
    [["paint"], "Cannot run paint", "steady, train, predict, track, evaluate, ", "--help"],
    [["toString"], "Cannot run toString"],
    [["--json"], "Cannot run --json"],
    [["train", "--stils", "x"], "--stils", "unknown flag", "--help"],
    [["train", "-x"], "-x", "unknown flag"],
    [["train", "stills"], "stills", "belongs to no flag"],
    [["train", "--seed", "1", "2"], "Cannot use 2"],
    [["train", "--stills"], "--stills", "value is missing"],
    [["train", "--video", "a", "--video"], "--video", "value is missing"],
    [["train", "--depth", "--seed", "1"], "--depth", "value is missing"],
    [["train", "--depth", "deep"], "--depth deep", "expected a number"],
    [["train", "--depth", "0"], "--depth 0", "a whole number ≥ 1"],
    [["train", "--depth=-1"], "--depth -1"],
    [["train", "--augmentation-noise", "-1"], "--augmentation-noise -1"],
    [["track", "--labels=a", "--out=b", "--max-gap", "-1"], "--max-gap -1", "a whole number ≥ 0"],
    [["track", "--time-limit", "soon"], "--time-limit soon", "expected minutes, a number over 0"],
    [
      ["train", "--augmentation-intensity-scale", "1"],
      "--augmentation-intensity-scale",
      "two numbers",
    ],
    [["train", "--warmup-rate", "2"], "--warmup-rate 2", "(0, 1)"],
    [["train", "--model", "vgg"], "--model vgg", "unet"],
    [["train", "--postprocess-connectivity", "6"], "--postprocess-connectivity 6", "4 or 8"],
    [["train", "--patch", "100", "--depth", "3"], "Cannot use --patch 100", "of 8"],
    [
      ["train", "--depth", "8"],
      "Cannot use the default of --patch, 96: expected a multiple of 256",
    ],
    [["train", "--high", "0.5"], "the default of --low, 1: expected a percentile below high, 0.5"],
    [["train", "--high", "120"], "Cannot use --high 120: expected a percentile from 0 to 100"],
    [
      ["train", "--masks=binary", "--merge-instances"],
      "Cannot use --merge-instances: expected false with masks",
    ],
    [["train", "--postprocess-otsu-floor", "0.9"], "the default of --postprocess-otsu-ceiling"],
    [["train", "--seeds", "0"], "--seeds 0", "a whole number ≥ 1"],
    [["train", "--depth="], "--depth", "value is missing; see train --help"],
    [["train", "--control=5"], "--control=5", "expected true or false"],
    [["shards", "a"], "--size is missing; see shards --help"],
    [["train", "--no-stills"], "--no-stills", "unknown flag"],
    [["train", "--resume"], "--out is missing"],
    [["predict"], "no INPUT given; see predict --help"],
    [["predict", "--model", "run"], "no INPUT given"],
    [
      ["predict", "--model=r", "--normalize", "all", "a"],
      "--normalize all",
      "image, video or frame",
    ],
    [["predict", "--model=r", "--threshold", "high", "a"], "--threshold high", "otsu or a number"],
    [["predict", "--model=r", "--threshold= ", "a"], "--threshold", "otsu or a number"],
    [["predict", "--model=r", "--min-size", "1.5", "a"], "--min-size 1.5", "whole number"],
    [["predict", "--model=r", "--nms", "few", "a"], "--nms few", "expected a number"],
    [["predict", "--model=r", "--nms=1.5", "a"], "--nms 1.5", "a number from 0 to 1"],
    [["predict", "--model=r", "--views=0", "a"], "--views 0", "from 1 to 8"],
    [["predict", "--model=r", "--views=2", "--tta", "a"], "Cannot use --views with --tta"],
    [["train", "--exposure=bright"], "--exposure bright", "auto or a number over 0"],
    [["train", "--teacher-views=9"], "--teacher-views 9", "a whole number from 1 to 8"],
    [
      ["predict", "--model=r", "--exposure=bright", "a"],
      "--exposure bright",
      "auto or a number over 0",
    ],
    [["predict", "--model=r", "--nms=0.3", "--opening=0", "a"], "--opening together with --nms"],
    [["predict", "--model=r", "--nms=0.3", "--threshold=otsu", "a"], "--threshold otsu together"],
    [["predict", "--model=r", "--tile", "0", "a"], "--tile 0", "≥ 1"],
    [["predict", "--model=r", "--memory", "0", "a"], "--memory 0", "≥ 1"],
    [["evaluate"], "--labels is missing"],
    [["evaluate", "--labels", "a", "b"], "Cannot use b"],
    [["evaluate", "--labels", "a", "--field=3"], "Cannot use --field without --truth"],
    [["import", "--out=run"], "no MODEL_DIR given"],
    [["import", "a", "b", "--out=run"], "Cannot use b", "one MODEL_DIR at a time"],
    [["import", "model", "--out"], "--out", "value is missing"],
    [["import", "model", "--out=run", "--overwrite"], "--overwrite", "unknown flag"],
    [["synth"], "--out is missing"],
    [["synth", "--out", "x", "--frames", "0"], "--frames 0", "≥ 1"],
    [["doctor", "now"], "Cannot use now"],
    [["ranges", "--model", "m", "x.tif"], "--out is missing"],
    [["ranges", "--out", "r.json"], "Cannot find ranges: no INPUT given"],
    [["shards", "x.tif"], "--size is missing"],
    [["shards", "--size", "0", "x.tif"], "--size 0", "≥ 1"],
    [["merge", "a"], "--out is missing"],
    [["merge", "--out", "x"], "no PART given"],
    [["merge", "--out", "x", "--max-gap", "3", "a"], "Cannot use --max-gap without --track"],
    [["merge", "--out", "x", "--ctc", "a"], "Cannot use --ctc without --track"],
    [["predict", "--subpixel", "a"], "Cannot use --subpixel without --stabilise"],
    [["summarise", "--out", "x"], "no RUN given"],
    [["predict", "--model", "m", "--frames", "5:3", "x.tif"], "Cannot use --frames 5:3"],
    [["predict", "--model", "m", "--frames", "5-1", "x.tif"], "Cannot use --frames 5-1"],
    [["predict", "--model", "m", "--channels", "1,1", "x.tif"], "Cannot read --channels 1,1"],
    [["predict", "--views", "9", "x.tif"], "--views 9", "from 1 to 8"],
    [["predict", "--overwirte", "x.tif"], "--overwirte", "did you mean --overwrite?"],
    [["predcit", "x.tif"], "Cannot run predcit", "did you mean predict?"],
    [["tune"], "--out is missing"],
    [["tune", "--out", "k.json", "--image", "big"], "--image big", "HEIGHTxWIDTH"],
  ];
  await withFolder({}, async (cwd) => {
    await each(wrong, async ([args, ...says]) => {
      const { lines } = await fails(args, { code: 2, says, cwd });
      assertEquals(lines, []);
    });
    assertEquals((await Array.fromAsync(Deno.readDir(cwd))).length, 0, "nothing may be written");
  });
});

Deno.test("--help shows every command, and for train every setting with its default", async () => {
  const [help, forTrain] = await Promise.all([runs(["--help"]), runs(["train", "--help"])]);
  for (const name of ["train", "predict", "evaluate", "import", "synth", "tune", "doctor"]) {
    assert(help.some((line) => line.startsWith(`  ${name} `)), name);
  }
  const entries = forTrain.join("\n").split(/\n(?= {2}--)/)
    .map((text) => text.trim().replace(/\s+/g, " "));
  for (
    const { path, setting } of settingGroups().flatMap((group) => listSettings(group.settings))
  ) {
    const { value, sentence } = setting;
    const shown = Array.isArray(value) ? value.join(",") : String(value);
    const entry = entries.find((text) => text.split(" ")[0] === `--${flagOf({ path })}`);
    assertStringIncludes(entry ?? "", sentence, flagOf({ path }));
    if (shown !== "") assertStringIncludes(entry!, `default ${shown}`);
  }
});

Deno.test("every command explains its own flags with --help", async () => {
  await each(commands, async ({ name, summary, usage }) => {
    const lines = await runs([name, "--help"]);
    assertEquals(lines.slice(0, 2), [`${summary}.`, ""]);
    assertMatch(lines[2], new RegExp(`^  deno run -RWE? (\\S+/)?cli\\.ts ${name}( |$)`));
    assertEquals(
      lines.slice(2).join(" ").replace(/ +/g, " ").includes(`${name} ${usage}`.trim()),
      true,
    );
  });
});

Deno.test("without a command the usage goes to stderr", async () => {
  const { code, lines, error } = await kymo([]);
  assertEquals({ code, lines }, { code: 2, lines: [] });
  assertMatch(error, /\n {2}deno run -RWE \S*cli\.ts COMMAND \.\.\.\n\n {2}steady /);
});

Deno.test("--debug shows where an error came from", async () => {
  const { code, error } = await kymo(["evaluate", "--labels", "nowhere", "--debug"]);
  assertEquals(code, 3);
  assertMatch(error, /^NotFound: Cannot read nowhere: .*\n( {4}at .*\n)+$/);
});

Deno.test("a file of settings that cannot be used is named", async () => {
  const files = {
    "null.json": "null",
    "list.json": "[1]",
    "cut.json": '{ "depth":\n3,',
    "lines.json": "depth\n3",
    "unknown.json": '{ "augmentation": { "nose": 1 } }',
    "proto.json": '{ "__proto__": { "depth": 1 } }',
    "type.json": '{ "depth": "3" }',
    "group.json": '{ "augmentation": 3 }',
    "single.json": '{ "video": "frames" }',
    "value.json": '{ "augmentation": { "noise": -1 } }',
    "cross.json": '{ "planes": 2 }',
  };
  const cases: [file: keyof typeof files | "missing.json", ...says: string[]][] = [
    ["null.json", "holds no settings"],
    ["list.json", "holds no settings"],
    ["cut.json", "mend the JSON"],
    ["lines.json", "mend the JSON"],
    ["unknown.json", "unknown setting augmentation.nose"],
    ["proto.json", "unknown setting __proto__"],
    ["type.json", 'depth is "3", expected a number'],
    ["group.json", "augmentation is 3, expected a group"],
    ["single.json", 'video is "frames", expected a list of strings'],
    ["value.json", "augmentation.noise is -1, expected a number ≥ 0"],
    ["cross.json", "Cannot use cross.json: planes is 2, expected 0 without focus"],
    ["missing.json", "give a JSON file of settings"],
  ];
  await withFolder(files, async (cwd) => {
    await each(cases, async ([file, ...says]) => {
      await fails(["train", "--config", file, ...TINY], { code: 3, says: [file, ...says], cwd });
    });
    const kernels = ["train", "--kernels", "none.json", "--out", "run", ...TINY];
    await fails(kernels, { code: 3, says: ["Cannot read none.json"], cwd });
  });
});

Deno.test("doctor finds an adapter that computes rightly", async () => {
  const [line, ...rest] = await runs(["doctor", "--json"]);
  assertEquals(rest, []);
  const { adapter, versions, limits, self_test, peak } = JSON.parse(line);
  assert(adapter !== "" && versions.deno === Deno.version.deno);
  assert(limits.maxStorageBufferBindingSize >= 128 * 1024 ** 2);
  for (const error of Object.values(self_test)) assert((error as number) < 1e-4);
  assert(peak.fma_gflops > 0 && peak.copy_gbs > 0);
});
