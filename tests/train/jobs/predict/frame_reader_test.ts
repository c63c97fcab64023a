import { assert, assertEquals } from "@std/assert";
import { openDevice } from "../../../../kernels/open_device.ts";
import { encodeGreyTiff } from "../../../../train/images/formats/encode.ts";
import { openVideo, type Video } from "../../../../train/images/series/video.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";
import { readModelFile } from "../../../../train/jobs/disk/model_files.ts";
import { FrameReader } from "../../../../train/jobs/predict/frame_reader.ts";
import type { PredictOptions } from "../../../../train/jobs/predict/predict_options.ts";
import { begin } from "../../../../train/jobs/progress/progress.ts";
import { referencesOf } from "../../../../train/models/videos/prepare_video.ts";
import { labelTiff } from "../../../../train/objects/formats/label_tiff.ts";
import { buildModel } from "../../../../train/models/model_file.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { picture, thresholdModel, tiffOf } from "../../fixtures/models/threshold_model.ts";

Deno.test("FrameReader counts no more frames than there are while it reads the range", async () => {
  const files = Object.fromEntries(
    [0, 1, 2, 3, 4].map((t) => [`v/t${t}.tif`, tiffOf([{ x: 1 + t, y: 5, width: 4, height: 3 }])]),
  );
  await withFolder({ ...files, "model/weights.safetensors": thresholdModel() }, async (folder) => {
    using device = await openDevice();
    const file = await readModelFile(`${folder}/model`, {});
    const video = await openVideo(disk, `${folder}/v`);
    const told: string[] = [];
    let done = 0;
    const progress = {
      ...{ what: "", total: null as number | null },
      get done() {
        return done;
      },
      set done(value: number) {
        done = value;
        told.push(`${this.what} ${value}/${this.total}`);
        assert(this.total === null || value <= this.total, told.at(-1));
      },
    };
    const reader = new FrameReader(device, {
      ...{ model: buildModel(device, file), progress },
      options: { model: `${folder}/model`, inputs: [], out: `${folder}/out`, exposure: "auto" },
      inputs: new Map([[video, { path: video.path, labels: [], isKept: false }]]),
      record: { earlier: () => null, add: () => {}, saveInTime: () => Promise.resolve() },
    });
    await reader.prepare(video);
    assert(told.includes(`reading the range of ${video.path} 5/5`), told.join("\n"));
    assertEquals(progress.what, `finding noise and exposure of ${video.path}`);
  });
});

Deno.test("FrameReader reads no frame once more to stabilise it, or to know that its stack is whole", async () => {
  const stack = encodeGreyTiff(
    [0, 1, 2, 3, 4].map((t) => picture([{ x: 1 + t, y: 5, width: 4, height: 3 }])),
  );
  const files = { "v.tif": stack, "model/weights.safetensors": thresholdModel() };
  await withFolder(files, async (folder) => {
    using device = await openDevice();
    const model = buildModel(device, await readModelFile(`${folder}/model`, {}));
    const readsWith = async (change: Partial<PredictOptions>): Promise<number> => {
      const opened = await openVideo(disk, `${folder}/v.tif`);
      let reads = 0;
      const frame = (i: number) => {
        reads++;
        return opened.frame(i);
      };
      const video: Video = { ...opened, frame };
      assertEquals(referencesOf(video), [frame]);
      const reader = new FrameReader(device, {
        ...{ model, progress: begin("a test") },
        options: { model: "m", inputs: [], out: folder, exposure: 1, ...change },
        inputs: new Map([[video, { path: video.path, labels: [], isKept: false }]]),
        record: { earlier: () => null, add: () => {}, saveInTime: () => Promise.resolve() },
      });
      const output = [{ path: `${folder}/out.tif`, format: labelTiff }];
      const job = { source: video, frames: [0, 1, 2, 3, 4], stem: "out", files: output };
      assertEquals((await Array.fromAsync(reader.frames([job]))).length, 5);
      return reads;
    };
    const plain = await readsWith({});
    for (const change of [{ stabilise: true }, { skipDamaged: true }]) {
      assertEquals(await readsWith(change), plain, JSON.stringify(change));
    }
  });
});
