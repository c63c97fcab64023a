import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { IGNORED_LABEL } from "../../../../kernels/targets/label_grid.ts";
import { heldFrames } from "../../../../train/images/series/frames.ts";
import { RunLabels } from "../../../../train/learn/teacher/pseudo_labels.ts";
import { PupilStream } from "../../../../train/learn/teacher/pupil_stream.ts";

Deno.test("a patch of a student has an object, not only doubt, where it needs one", async () => {
  const [width, height, patch, count] = [64, 16, 8, 64];
  const frames = heldFrames([{ width, height, data: new Float32Array(width * height) }]);
  const data = Uint32Array.from({ length: width * height }, (_, i) => {
    const x = i % width;
    return x < 40 ? IGNORED_LABEL : x < 48 ? 3 : 0;
  });
  const batches: Uint32Array[] = [];
  const encode = (labels: Uint32Array) => {
    batches.push(labels);
    return new Float32Array(labels.length);
  };
  const labels = [new RunLabels({ width, height, data })];
  const settings = { patch, count, foreground: 1, seed: 1, encode };
  await new PupilStream([{ frames, labels, exposure: 1, isLabelFree: false }], settings).next();
  const [ids] = batches;
  assertEquals(ids.length, count * patch * patch);
  for (let i = 0; i < count; i++) {
    assert(ids.subarray(i * patch * patch, (i + 1) * patch * patch).includes(3), `patch ${i}`);
  }
});

Deno.test("frames smaller than a patch are mirrored, labels and image alike", async () => {
  const [width, height, patch] = [6, 4, 8];
  const image = Float32Array.from({ length: width * height }, (_, i) => i % width < 3 ? 1 : 0);
  const labels = [new RunLabels({ width, height, data: Uint32Array.from(image) })];
  const frames = heldFrames([{ width, height, data: image }]);
  const encode = (ids: Uint32Array) => Float32Array.from(ids);
  const settings = { patch, count: 8, foreground: 0, seed: 2, encode };
  const taught = { frames, labels, exposure: 1, isLabelFree: false };
  const { shape, images, targets } = await new PupilStream([taught], settings).next();
  assertEquals([shape, targets?.length], [[8, 1, patch, patch], 8 * patch * patch]);
  const mean = (label: number) => {
    const values = images.filter((_, i) => targets![i] === label);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  assert(mean(1) > mean(0) + 0.4, `${mean(1)} ${mean(0)}`);
});

Deno.test("patches are shown much brighter only where an exposure means something", async () => {
  const [width, height, patch] = [16, 16, 16];
  const frames = heldFrames([{ width, height, data: new Float32Array(width * height).fill(0.2) }]);
  const labels = [new RunLabels({ width, height, data: new Uint32Array(width * height) })];
  const encode = (ids: Uint32Array) => Float32Array.from(ids);
  const settings = { patch, count: 64, foreground: 0, seed: 3, encode };
  const brightest = async (isLabelFree: boolean, exposes?: boolean) => {
    const taught = { frames, labels, exposure: 4, isLabelFree };
    const { images } = await new PupilStream([taught], { ...settings, exposes }).next();
    const means = Array.from({ length: settings.count }, (_, i) => {
      const image = images.subarray(i * patch * patch, (i + 1) * patch * patch);
      return image.reduce((sum, value) => sum + value, 0) / image.length;
    });
    return Math.max(...means);
  };
  assertGreater(await brightest(false), 0.8);
  // An offset of 0.1 and gamma are left.
  assertLess(await brightest(true), 0.6);
  assertLess(await brightest(false, false), 0.6);
});
