// Whole tiny runs on images of two channels neither of which is enough.
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { openDevice } from "../../../kernels/open_device.ts";
import { encodePng } from "../../../train/images/formats/encode_png.ts";
import type { LabelImage } from "../../../train/images/image.ts";
import type { SettingChange } from "../../../train/models/model_kind.ts";
import { readingOf } from "../../../train/models/model_file.ts";
import { matchingDataset } from "../../../train/objects/scores/matching.ts";
import { changeConfig } from "../../../train/jobs/train/config.ts";
import { checkConfig } from "../../../train/jobs/train/check_config.ts";
import { importRun } from "../../../train/jobs/import_run.ts";
import { readModelFile } from "../../../train/jobs/disk/model_files.ts";
import { predict } from "../../../train/jobs/predict/predict.ts";
import { channelsFor } from "../../../train/jobs/predict/open_inputs.ts";
import type { PredictOptions } from "../../../train/jobs/predict/predict_options.ts";
import { train } from "../../../train/jobs/train/train.ts";
import { pages } from "../fixtures/label_pages.ts";
import { hdf5File } from "../fixtures/models/hdf5_file.ts";
import { configOf, kerasArrays, randomWeights, SMALL } from "../fixtures/models/keras_model.ts";
import { noAugmentation } from "../fixtures/no_augmentation.ts";
import { withFolder } from "../fixtures/temporary.ts";
import { tinyConfig, trainToEnd } from "../fixtures/tiny_run.ts";
import { twoChannelFiles, twoChannels } from "../fixtures/two_channels.ts";

function configFor(data: string, change: SettingChange = {}) {
  const tiny = tinyConfig(data, {
    ...{ video: [], truth: "", channels: ["1", "2"], validation: 0.2, test: 0 },
    ...{ patch: 32, batch: 4, warmup: 200, validateEvery: 100, saveEvery: 400 },
    ...{ depth: 1, base: 4, warmupRate: 0.01, augmentation: noAugmentation },
  });
  return changeConfig(tiny, { change, source: "the test" });
}

/** Predicts, and gives what was found in each page, and the notes. */
async function found(options: PredictOptions): Promise<{ labels: LabelImage[]; notes: string[] }> {
  const notes: string[] = [];
  for await (const event of predict(options)) if (event.type === "note") notes.push(event.text);
  return { labels: await pages(`${options.out}/${options.inputs[0].split("/").at(-1)}`), notes };
}

function accuracy(truth: readonly LabelImage[], labels: readonly LabelImage[]): number {
  const pairs = truth.map((image, i) => ({ truth: image, prediction: labels[i] }));
  return matchingDataset(pairs, { thresholds: [0.5] })[0].accuracy;
}

Deno.test("train() on two channels learns what neither shows, and predict() reads the same two", async () => {
  const { file, truth } = twoChannels(40, { frames: 2 });
  const swapped = twoChannels(40, { frames: 2, order: ["noise", "light", "blocks"] });
  const files = {
    ...twoChannelFiles(),
    "test.tif": file,
    "swapped.tif": swapped.file,
    "one.tif": twoChannels(40, { order: ["blocks"] }).file,
  };
  await withFolder(files, async (folder) => {
    const model = `${folder}/run`;
    await trainToEnd({ config: configFor(folder), out: model });
    assertEquals(readingOf(await readModelFile(model)).channels, ["1", "2"]);
    assertEquals(JSON.parse(await Deno.readTextFile(`${model}/config.json`)).channels, ["1", "2"]);
    const out = (name: string) => ({ model, out: `${folder}/${name}` });
    const both = await found({ ...out("both"), inputs: [`${folder}/test.tif`] });
    const onBoth = accuracy(truth, both.labels);
    assert(onBoth > 0.7, `accuracy ${onBoth}`);
    assertStringIncludes(both.notes[0], "The model takes 2 channels: 1, 2, as it learned from");

    const others = { inputs: [`${folder}/swapped.tif`], channels: ["3", "2"] };
    const moved = await found({ ...out("moved"), ...others });
    assert(accuracy(swapped.truth, moved.labels) > 0.6);
    const { settings, inputs } = JSON.parse(
      await Deno.readTextFile(`${folder}/moved/predict.json`),
    );
    assertEquals([settings.channels, inputs[0].range.further.length], [["3", "2"], 1]);
    // Results of other channels are not mixed with these.
    await assertRejects(
      () => found({ ...out("moved"), inputs: others.inputs, channels: ["1", "2"] }),
      Error,
      "channels",
    );
    await assertRejects(
      () => found({ ...out("one"), inputs: [`${folder}/one.tif`] }),
      RangeError,
      "Cannot read channel 2",
    );
    // Without light nobody knows which of the blocks are objects.
    const dark = await found({ ...out("dark"), ...others, channels: ["3", "1"] });
    const inDark = accuracy(swapped.truth, dark.labels);
    assert(inDark < onBoth - 0.2, `accuracy ${inDark} without light, ${onBoth} with it`);
  });
});

Deno.test("both second stages and StarDist take several channels", async () => {
  await withFolder(twoChannelFiles({ stills: 4 }), async (folder) => {
    for (
      const [name, change] of Object.entries({
        siamese: { consistency: "siamese" },
        star: {
          ...{ model: "stardist", segmentationLoss: "stardist", consistency: "teacher" },
          ...{ teacherViews: 2, stardist: { rays: 8, grid: 2, features: 4 } },
        },
      })
    ) {
      const config = configFor(folder, {
        ...{ video: [`${folder}/video.tif`], truth: `${folder}/truth`, patch: 16 },
        ...{ warmup: 4, rounds: 2, validateEvery: 4, teacherBatch: 2, ...change },
      });
      const events = await trainToEnd({ config, out: `${folder}/${name}` });
      const stages = events.flatMap((event) => event.type === "stage" ? [event.stage] : []);
      assertEquals(stages, ["baseline", "control", "consistent"], name);
      const range = events.find((event) => event.type === "range");
      assertEquals(range?.type === "range" && range.further?.length, 1);
      assertEquals(events.at(-1)!.type, "result");
    }
    // A run that goes on from such a model has its channels, and refuses another number of them.
    const given = configFor(folder, {
      ...{ resumeFrom: `${folder}/siamese`, channels: ["1"], rounds: 0 },
    });
    await assertRejects(
      () => Array.fromAsync(train({ config: given, out: `${folder}/on` })),
      TypeError,
      "its images have 2 channels; give 2 with --channels",
    );
  });
});

Deno.test("an imported model of three channels reads red, green and blue", async () => {
  using device = await openDevice();
  const options = { ...SMALL, inChannels: 3 };
  const picture = { width: 8, height: 8, channels: 3 as const };
  const data = Uint8Array.from({ length: 192 }, (_, i) => (i * 37) % 251);
  const files = {
    "m/config.json": configOf(options),
    "m/weights_best.h5": hdf5File(kerasArrays(await randomWeights(device, options))),
    "a.png": encodePng({ ...picture, data }),
  };
  await withFolder(files, async (folder) => {
    const { notes } = await importRun({ model: `${folder}/m`, out: `${folder}/run` });
    assertStringIncludes(notes.join(), "It takes 3 channels");
    const { channels } = JSON.parse(await Deno.readTextFile(`${folder}/run/config.json`));
    assertEquals(channels, ["1", "2", "3"]);
    const model = { model: `${folder}/run`, out: `${folder}/out` };
    const events = await Array.fromAsync(predict({ ...model, inputs: [`${folder}/a.png`] }));
    assertEquals(events.filter(({ type }) => type === "frame").length, 1);
    const told = events.flatMap((event) => event.type === "note" ? [event.text] : []);
    assertStringIncludes(told.join(), "channel 3 of 3 (blue) is read");
  });
});

Deno.test("checkConfig() refuses channels where images have one, and says why", () => {
  for (
    const [change, message] of [
      [{ channels: ["1", "1"] }, "numbers or names of channels"],
      [{ channel: "2" }, "none with channel 2"],
      [{ planes: 1, focus: "focus.csv" }, "none with z-stacks"],
      [{ volume: ["v.tif"] }, "none with z-stacks"],
      [{ model: "focus", focus: "focus.csv" }, "none for model focus"],
      [{ stills: "builtin" }, "none with the built-in stills, which have one channel"],
      [{ stills: "" }, "none with the built-in fluorescence"],
    ] as const
  ) {
    let told = "";
    try {
      checkConfig(configFor("data", change));
    } catch (error) {
      told = (error as Error).message;
    }
    assertStringIncludes(told, message);
  }
});

Deno.test("channelsFor() refuses flags that are not for the model", () => {
  const several = { planes: null, channels: ["1", "3"] };
  const options = { model: "run" };
  assertEquals(channelsFor(options, several), ["1", "3"]);
  assertEquals(channelsFor({ ...options, channels: [0, 1] }, several), ["0", "1"]);
  assertEquals(channelsFor({ ...options, channel: 2 }, { planes: null }), []);
  for (
    const [flags, reading, message] of [
      [{ channel: 2 }, several, "it takes the channels 1,3 together"],
      [{ channels: ["1"] }, several, "it takes 2 channels (it learned from 1,3)"],
      [{ channels: ["1", "2"] }, { planes: null }, "its images have one channel"],
      [{ channels: ["1", "2"] }, { planes: 1 }, "are planes of z-stacks"],
    ] as const
  ) {
    let told = "";
    try {
      channelsFor({ ...options, ...flags }, reading);
    } catch (error) {
      told = (error as Error).message;
    }
    assertStringIncludes(told, message);
  }
});
