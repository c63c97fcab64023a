import { assert, assertEquals } from "@std/assert";
import { openDevice } from "../../../../kernels/open_device.ts";
import { importRun } from "../../../../train/jobs/import_run.ts";
import { readModelFile } from "../../../../train/jobs/disk/model_files.ts";
import { runConfig } from "../../../../train/console/run_config.ts";
import { hdf5File } from "../../fixtures/models/hdf5_file.ts";
import { configOf, kerasArrays, randomWeights, SMALL } from "../../fixtures/models/keras_model.ts";
import { tinyFiles, trainToEnd } from "../../fixtures/tiny_run.ts";
import { withFolder } from "../../fixtures/temporary.ts";

Deno.test("train() goes on from imported models whose convolutions have other sides", async () => {
  using device = await openDevice();
  for (const kernel of [1, 5]) {
    const options = { ...SMALL, kernel };
    const files = {
      ...tinyFiles({ stills: 4, videos: [2] }),
      "m/config.json": configOf(options, { unet_kernel_size: [kernel, kernel] }),
      "m/weights_best.h5": hdf5File(kerasArrays(await randomWeights(device, options))),
    };
    await withFolder(files, async (folder) => {
      const [given, out] = [`${folder}/given`, `${folder}/run`];
      await importRun({ model: `${folder}/m`, out: given });
      const config = await runConfig({
        ...{ "resume-from": given, stills: `${folder}/stills`, video: [`${folder}/video-0`] },
        ...{ patch: "16", batch: "2", rounds: "2", "validate-every": "2", consistency: "siamese" },
        ...{ pairs: "1", control: false },
      }, { out });
      assertEquals(config.stardist.kernel, kernel);
      const events = await trainToEnd({ config, out });
      const losses = events.flatMap((event) => event.type === "step" ? [event.loss] : []);
      assert(losses.length > 0 && losses.every(Number.isFinite), `${losses}`);
      const [before, after] = await Promise.all(
        [given, `${out}/last.safetensors`]
          .map(async (path) => (await readModelFile(path)).weights.tensors),
      );
      assertEquals(after.get("down.0.0.weight")!.shape.slice(2), [kernel, kernel]);
      // Some neurons of so small a network are dead; not all of one side.
      const learned = [...before].filter(([name, { data, shape }]) =>
        !/^(?:prob|dist)/.test(name) && shape[3] === kernel &&
        after.get(name)!.data.some((value, i) => value !== data[i])
      );
      assert(learned.length > 0, `kernel ${kernel}: nothing was learned`);
    });
  }
});
