import { assert, assertEquals } from "@std/assert";
import { openDevice } from "../../../../kernels/open_device.ts";
import { openVideo } from "../../../../train/images/series/video.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";
import { readModelFile } from "../../../../train/jobs/disk/model_files.ts";
import { FrameReader } from "../../../../train/jobs/predict/frame_reader.ts";
import { buildModel } from "../../../../train/models/model_file.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { thresholdModel, tiffOf } from "../../fixtures/models/threshold_model.ts";

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
