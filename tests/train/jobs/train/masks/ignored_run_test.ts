// Stills of which a part is ignored: what is learned from them, and runs on files of such masks.
import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { runSteps } from "../../../../../kernels/masks/mod.ts";
import { openDevice } from "../../../../../kernels/open_device.ts";
import { encodeLabelTiff } from "../../../../../train/images/formats/encode.ts";
import { decodeImage, readLabels } from "../../../../../train/images/formats/decode.ts";
import { IGNORED_LABEL } from "../../../../../train/images/image.ts";
import { heldSource } from "../../../../../train/images/source.ts";
import type { Sample } from "../../../../../train/images/sample.ts";
import { Random } from "../../../../../train/images/random.ts";
import { UsageError } from "../../../../../train/console/usage_error.ts";
import { runConfig } from "../../../../../train/console/run_config.ts";
import { configOf, type TrainConfig } from "../../../../../train/jobs/train/config.ts";
import type { TrainEvent } from "../../../../../train/jobs/train/events.ts";
import { measureStills } from "../../../../../train/jobs/train/measure.ts";
import { train } from "../../../../../train/jobs/train/train.ts";
import { loadTrainingSet } from "../../../../../train/jobs/train/training_set.ts";
import { StillStream } from "../../../../../train/learn/batches.ts";
import { Learner } from "../../../../../train/learn/learner.ts";
import { stageTasks } from "../../../../../train/learn/stage_data.ts";
import {
  defaultKinds,
  freshNetwork,
  modelKind,
  objectModelOf,
} from "../../../../../train/models/list.ts";
import type { SettingChange } from "../../../../../train/models/model_kind.ts";
import { noAugmentation } from "../../../fixtures/no_augmentation.ts";
import { withFolder } from "../../../fixtures/temporary.ts";
import { runContent, tinyConfig, tinyFiles } from "../../../fixtures/tiny_run.ts";

const device = await openDevice();
const SIDE = 32;

/** Stills with three discs and a square each, equally bright; the square has the label `square`. */
function stills(square: number): Sample[] {
  return [1, 2, 3, 4].map((seed) => {
    const random = new Random(seed, 5);
    const places = [[8, 8], [24, 8], [8, 24], [24, 24]];
    const order = random.permutation(4);
    const labels = new Uint32Array(SIDE * SIDE);
    const image = Float32Array.from(labels, () => 0.05 * random.normal());
    places.forEach(([cx, cy], i) => {
      for (let at = 0; at < labels.length; at++) {
        const [dx, dy] = [at % SIDE - cx, Math.floor(at / SIDE) - cy];
        const isSquare = order[i] === 3;
        if (isSquare ? Math.max(Math.abs(dx), Math.abs(dy)) > 4 : Math.hypot(dx, dy) > 4.5) {
          continue;
        }
        labels[at] = isSquare ? square : order[i] + 1;
        image[at] += 1;
      }
    });
    return { channels: 1, width: SIDE, height: SIDE, image, labels };
  });
}

/** Trains on stills whose squares are ignored, and gives the accuracy by what squares are in truth. */
async function accuracies(change: SettingChange): Promise<Record<string, number>> {
  const config = configOf({
    ...{ stills: "s", ignoreLabel: 255, depth: 2, base: 6, patch: SIDE, batch: 2 },
    ...{ consistency: "siamese", augmentation: noAugmentation },
    ...change,
  }, { source: "the test" });
  const kind = modelKind(config.model);
  const objects = objectModelOf(kind);
  const objective = objects.objective(config, defaultKinds);
  const network = freshNetwork(device, { kind, settings: config });
  const tasks = stageTasks(objective, { settings: config, hasVolumes: false });
  const learner = new Learner(device, { network, tasks, patch: SIDE });
  const stream = new StillStream(stills(IGNORED_LABEL), {
    ...{ patch: SIDE, count: 2, seed: 1, foreground: 0.9, augmentation: config.augmentation },
    encode: objective.encode,
  });
  for (let i = 0; i < 100; i++) {
    learner.step("segmentation", stream.next(), 5e-3);
    if (learner.isLogFull) await learner.readLosses();
  }
  const options = { network, decode: objects.decoding(config) };
  const accuracy = async (square: number) => {
    const { precision } = await measureStills(async (image) => {
      const { labels } = await runSteps(device, objects.segment(device, { ...options, image }));
      return { labels, fixed: null };
    }, stills(square));
    return precision!.ap50;
  };
  const found = {
    ignored: await accuracy(IGNORED_LABEL),
    objects: await accuracy(9),
    background: await accuracy(0),
  };
  learner.release();
  return found;
}

for (const model of ["unet", "stardist"]) {
  Deno.test(`${model} finds a kind of objects that is always ignored, and that costs nothing`, async () => {
    const stardist = { rays: 8, grid: 1, features: 8 };
    // Three discs and a square each: some squares are found, which is wrong only where there are none.
    const { ignored, objects, background } = await accuracies({ model, stardist });
    assertEquals(ignored, 1);
    assert(objects > 0.75 && background < 0.8, `${objects}, ${background}`);
  });
}

const IGNORE = 255;

/** The files of a tiny run, in whose masks and truth one object each is to be ignored. */
async function ignoringFiles(): Promise<Record<string, Uint8Array>> {
  const files = tinyFiles({ videos: [3], stills: 5 });
  const masks = Object.keys(files).filter((name) => /^(stills.masks|truth)/.test(name));
  for (const name of masks) {
    const source = heldSource(new Map([[name, files[name] as Uint8Array<ArrayBuffer>]]));
    const labels = await readLabels(await decodeImage(source, name), 0);
    const data = labels.data.map((id) => id === 1 ? IGNORE : id);
    files[name] = encodeLabelTiff([{ ...labels, data }]);
  }
  return files;
}

async function withIgnoringData(use: (paths: { data: string; runs: string }) => Promise<void>) {
  await withFolder(await ignoringFiles(), (data) => withFolder({}, (runs) => use({ data, runs })));
}

/** Runs until all weights are written, or so many events were told. */
async function trainFor(config: TrainConfig, out: string, events = Infinity) {
  const told: TrainEvent[] = [];
  for await (const event of train({ config, out, resume: true })) {
    if (event.type === "note" && event.text.startsWith("Measuring")) break;
    told.push(event);
    if (told.length === events) break;
  }
  return told;
}

Deno.test("masks and truth of files with a number to ignore are read without it, and that is said", async () => {
  await withIgnoringData(async ({ data }) => {
    const set = await loadTrainingSet(tinyConfig(data, { ignoreLabel: IGNORE }));
    const plain = await loadTrainingSet(tinyConfig(data));
    const samples = ({ train, validation, test }: typeof set) => [...train, ...validation, ...test];
    samples(set).forEach(({ labels }, i) => {
      const expected = samples(plain)[i].labels!.map((id) => id === IGNORE ? IGNORED_LABEL : id);
      assertEquals(labels, expected);
    });
    const { truth } = set.videos[0];
    const known = await Promise.all([...truth.keys()].map((frame) => truth.get(frame)));
    assertEquals(
      known.map((labels) => labels?.data.includes(IGNORED_LABEL)),
      [
        ...[true, true, true],
      ],
    );
    assertEquals(set.notes.length, 1);
    assertMatch(set.notes[0], /^\d+\.\d % of the pixels of all masks hold 255: ignored$/);
    const { notes } = await loadTrainingSet(tinyConfig(data, { ignoreLabel: 77 }));
    assertEquals(notes.slice(-1), [
      "No mask of a still holds 77, so ignoreLabel leaves nothing out",
    ]);
  });
});

Deno.test("a still whose objects are all ignored has no object to learn from", async () => {
  const mask = { width: 8, height: 8, data: new Uint32Array(64).fill(IGNORE, 9, 12) };
  const files: Record<string, Uint8Array> = {};
  for (const name of ["a", "b", "c"]) {
    files[`stills/images/${name}.tif`] = encodeLabelTiff([mask]);
    files[`stills/masks/${name}.tif`] = encodeLabelTiff([mask]);
  }
  await withFolder(files, async (data) => {
    const change = { stills: `${data}/stills`, ignoreLabel: IGNORE };
    const { notes } = await loadTrainingSet(configOf(change, { source: "the test" }));
    assertEquals(notes.some((note) => note.includes("has an object in its mask")), true);
  });
});

Deno.test("a run that ignores goes on to the bit, from its config.json and from its weights", async () => {
  await withIgnoringData(async ({ data, runs }) => {
    for (const model of ["unet", "stardist"]) {
      const flags = {
        ...{ stills: `${data}/stills`, video: [`${data}/video-0`], truth: `${data}/truth`, model },
        ...{ depth: "1", base: "2", patch: "16", batch: "2", warmup: "4", rounds: "2" },
        ...{ "validate-every": "2", "save-every": "2", "stardist-rays": "6", "stardist-grid": "1" },
        ...{ "stardist-features": "2", "ignore-label": String(IGNORE), consistency: "siamese" },
        control: false,
      };
      const whole = `${runs}/${model}`;
      await trainFor(await runConfig(flags, { out: whole }), whole);
      const saved = JSON.parse(await Deno.readTextFile(`${whole}/config.json`));
      assertEquals(saved.ignoreLabel, IGNORE);
      const out = `${runs}/${model}-on`;
      await trainFor(await runConfig(flags, { out }), out, 5);
      assertNotEquals(await runContent(out), await runContent(whole));
      await trainFor(await runConfig({}, { out, resume: true }), out);
      assertEquals(await runContent(out), await runContent(whole));
      await assertRejects(
        () => runConfig({ "ignore-label": "0" }, { out, resume: true }),
        UsageError,
        "--ignore-label is 255, not 0",
      );
      const { model: _, ...onwards } = flags;
      const from = `${runs}/${model}-from`;
      const given = { ...onwards, "resume-from": whole };
      const events = await trainFor(await runConfig(given, { out: from }), from);
      const stages = events.flatMap((event) => event.type === "stage" ? [event.reason] : []);
      assertEquals(stages, ["given", "done"]);
    }
  });
});
