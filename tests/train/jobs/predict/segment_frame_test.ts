import { assertRejects } from "@std/assert";
import { openDevice } from "../../../../kernels/open_device.ts";
import { NO_MARGIN } from "../../../../train/images/registration/pixel_grid.ts";
import { NO_WAY } from "../../../../train/images/registration/sub_pixel.ts";
import { JobOutput } from "../../../../train/jobs/outputs/job_output.ts";
import type { Frame } from "../../../../train/jobs/predict/frame_reader.ts";
import { segmentFrame } from "../../../../train/jobs/predict/segment/segment_frame.ts";
import { begin } from "../../../../train/jobs/progress/progress.ts";
import { WorkerPool } from "../../../../train/jobs/workers/pool.ts";
import { buildModel, decodeModel } from "../../../../train/models/model_file.ts";
import { inTurns } from "../../../../train/models/turns.ts";
import { labelTiff } from "../../../../train/objects/formats/label_tiff.ts";
import { peaks, SMALL, starModel, THREE_PLACES } from "../../fixtures/models/star_model.ts";
import { thresholdModel } from "../../fixtures/models/threshold_model.ts";

const MODELS = { unet: thresholdModel(), stardist: starModel() };

for (const [name, bytes] of Object.entries(MODELS)) {
  Deno.test(`segmentFrame() tells that a worker has stopped when its frame is asked for, if ever: ${name}`, async () => {
    using device = await openDevice();
    const model = buildModel(device, decodeModel(bytes, { file: "model" }));
    const module = new URL("../workers/fixtures/failing_worker.ts", import.meta.url);
    using pool = new WorkerPool({ count: 1, module });
    await pool.start();
    const output = new JobOutput([{ path: "a.tif", format: labelTiff }], { frames: 1, of: {} });
    const frame: Frame = {
      ...{ name: "a", path: "a.tif", done: 1, image: peaks(THREE_PLACES, SMALL), size: SMALL },
      ...{ margin: NO_MARGIN, rest: NO_WAY, exposure: 1, output },
    };
    const given = { model, options: { model: "", inputs: [], out: "" }, pool };
    const frames = async function* () {
      yield await Promise.resolve(frame);
    };
    const begun = inTurns(
      device,
      frames(),
      (frame) => segmentFrame(device, { ...given, frame, progress: begin("segmenting") }),
    );
    const [{ result }] = await Array.fromAsync(begun);
    // Nobody looks at it while the worker stops, which must not end the program.
    while (pool.size > 0) await new Promise((end) => setTimeout(end, 5));
    await new Promise((end) => setTimeout(end, 5));
    await assertRejects(() => result, Error, "a worker stopped");
  });
}
