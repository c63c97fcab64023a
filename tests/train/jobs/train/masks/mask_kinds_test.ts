// Masks that tell foreground from background alone: what training says of them, and makes of them.
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { decodeImage, readLabels } from "../../../../../train/images/formats/decode.ts";
import { encodeLabelTiff } from "../../../../../train/images/formats/encode.ts";
import type { LabelImage } from "../../../../../train/images/image.ts";
import { connectedObjects } from "../../../../../train/images/masks/binary.ts";
import { heldSource } from "../../../../../train/images/source.ts";
import { configOf, defaultConfig } from "../../../../../train/jobs/train/config.ts";
import { train } from "../../../../../train/jobs/train/train.ts";
import { loadTrainingSet } from "../../../../../train/jobs/train/training_set.ts";
import type { SettingChange } from "../../../../../train/models/model_kind.ts";
import { withFolder } from "../../../fixtures/temporary.ts";
import { tinyConfig, tinyFiles } from "../../../fixtures/tiny_run.ts";

const DATA = { videos: [3], stills: 5, size: 48 };

async function labelsIn(content: Uint8Array): Promise<LabelImage> {
  const source = heldSource(new Map([["a.tif", content as Uint8Array<ArrayBuffer>]]));
  return await readLabels(await decodeImage(source, "a.tif"), 0);
}

/** The files of a tiny run, in which some masks hold two numbers only. */
async function binaryFiles(
  which: RegExp,
  { off, on }: { off: number; on: number },
): Promise<Record<string, Uint8Array>> {
  const files = tinyFiles(DATA);
  for (const name of Object.keys(files).filter((name) => which.test(name))) {
    const labels = await labelsIn(files[name]);
    files[name] = encodeLabelTiff([{
      ...labels,
      data: labels.data.map((id) => id > 0 ? on : off),
    }]);
  }
  return files;
}

async function load(files: Record<string, Uint8Array>, change: SettingChange = {}) {
  return await withFolder(files, async (data) => {
    const set = await loadTrainingSet(tinyConfig(data, change));
    const [{ truth }] = set.videos;
    const read = [...truth.keys()].map(async (i) => [i, (await truth.get(i))!] as const);
    return { ...set, truth: new Map(await Promise.all(read)) };
  });
}

Deno.test("loadTrainingSet() warns of masks without instances, with their number and the remedy", async () => {
  assertEquals((await load(tinyFiles(DATA))).warnings, []);
  for (const [off, on] of [[0, 255], [0, 1], [1, 2]]) {
    const { warnings, train } = await load(await binaryFiles(/^stills.masks/, { off, on }));
    assertEquals(warnings.length, 1);
    assertMatch(
      warnings[0],
      /^5 of 5 masks seem to tell foreground from background.*--masks binary/,
    );
    assert(train.every(({ labels }) => new Set(labels).size === 2), "as it was");
  }
  const truth = await load(await binaryFiles(/^truth/, { off: 0, on: 1 }));
  assertMatch(truth.warnings[0], /^3 of 3 truth images of .*truth seem to tell foreground/);
});

Deno.test("loadTrainingSet() takes connected pixels of binary masks for objects, of truth too", async () => {
  for (const [off, on] of [[0, 255], [0, 1], [1, 2]]) {
    const files = await binaryFiles(/^(stills.masks|truth)/, { off, on });
    const set = await load(files, { masks: "binary" });
    assertEquals(set.warnings, []);
    const expected = async (name: string) =>
      connectedObjects(await labelsIn(files[name]), { background: off });
    const stills = [...set.train, ...set.validation, ...set.test];
    const masks = Object.keys(files).filter((name) => name.startsWith("stills/masks"));
    const objects = await Promise.all(masks.map(async (name) => (await expected(name)).data));
    const sorted = (all: readonly Uint32Array[]) => all.map(String).toSorted();
    assertEquals(sorted(stills.map(({ labels }) => labels!)), sorted(objects));
    assert(objects.some((data) => data.some((id) => id > 1)), "several objects");
    assertEquals(set.truth.get(1), await expected("truth/man_seg001.tif"));
    assertMatch(set.notes[0], /^\d+ objects in 5 masks are connected pixels/);
  }
});

Deno.test("loadTrainingSet() leaves truth that tells objects apart as it is, and says so", async () => {
  const files = await binaryFiles(/^stills.masks/, { off: 0, on: 255 });
  const { truth, notes, warnings } = await load(files, { masks: "binary" });
  assertEquals(truth.get(2), await labelsIn(files["truth/man_seg002.tif"]));
  assertEquals(warnings, []);
  assertMatch(notes.join(), /truth tells objects apart and is taken as it is/);
  const odd = await load(tinyFiles(DATA), { masks: "binary" });
  assertMatch(odd.warnings[0], /^\d of 5 masks holds? more than two numbers/);
});

Deno.test("train() tells the warning as one, and refuses masks that make no sense together", async () => {
  const files = await binaryFiles(/^stills.masks/, { off: 0, on: 1 });
  await withFolder(files, async (data) => {
    const config = tinyConfig(data, { warmup: 1, rounds: 0, control: false });
    const first = await train({ config, out: `${data}/run` }).next();
    assertEquals(first.value?.type, "warning");
    for (
      const [change, words] of [
        [{ masks: "binary", mergeInstances: true }, "false with masks binary: objects are either"],
        [{ masks: "binary", stills: "", truth: "" }, "instances without stills or truth"],
        [{ masks: "semantic" }, "one of instances, binary"],
      ] as const
    ) {
      const refused = train({ config: tinyConfig(data, change), out: `${data}/no` });
      await assertRejects(() => refused.next(), RangeError, words);
    }
  });
});

/** The files of a tiny run, in whose masks the middle of every object's first long run is missing. */
async function holedFiles(): Promise<{ files: Record<string, Uint8Array>; holes: number }> {
  const files = tinyFiles(DATA);
  let holes = 0;
  for (const name of Object.keys(files).filter((name) => name.startsWith("stills/masks"))) {
    const { data, ...size } = await labelsIn(files[name]);
    const done = new Set<number>();
    const isInside = (at: number, id: number) =>
      [-size.width, 0, size.width].every((row) =>
        [-1, 0, 1].every((x) => data[at + row + x] === id)
      );
    data.forEach((id, at) => {
      const x = at % size.width;
      if (id === 0 || done.has(id) || x < 1 || x > size.width - 2 || !isInside(at, id)) return;
      done.add(id);
      data[at] = 0;
      holes++;
    });
    files[name] = encodeLabelTiff([{ ...size, data }]);
  }
  return { files, holes };
}

Deno.test("loadTrainingSet() for StarDist fills holes of masks, and says how many; a U-Net keeps them", async () => {
  const { files, holes } = await holedFiles();
  assert(holes > 5);
  const labelsOf = ({ train, validation, test }: Awaited<ReturnType<typeof load>>) =>
    [...train, ...validation, ...test].map(({ labels }) => labels!);
  const clean = labelsOf(await load(tinyFiles(DATA)));
  const { fillHoles } = configOf({ model: "stardist" }, { source: "the test" });
  const filled = await load(files, { fillHoles });
  assertEquals(labelsOf(filled), clean);
  assertMatch(
    filled.notes.join(),
    new RegExp(`Holes in ${holes} of \\d+ objects in masks, ${holes} p`),
  );
  const kept = await load(files, { fillHoles: defaultConfig.fillHoles });
  assertEquals(
    labelsOf(kept).reduce(
      (sum, data, i) => sum + data.filter((id, at) => id !== clean[i][at]).length,
      0,
    ),
    holes,
  );
  assertMatch(kept.notes.join(), /background; --fill-holes fills them/);
});
