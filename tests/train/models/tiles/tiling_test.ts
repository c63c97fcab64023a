import { assertEquals } from "@std/assert";
import { openDevice } from "../../../../kernels/open_device.ts";
import { answersIn } from "../../../../nn/module.ts";
import { buildModel, decodeModel } from "../../../../train/models/model_file.ts";
import { bytesOfTile, runNetwork } from "../../../../train/models/tiles/tiling.ts";
import { starModel } from "../../fixtures/models/star_model.ts";

Deno.test("bytesOfTile() tells what a network takes for an image, and what its answers take", async () => {
  using device = await openDevice();
  using _scope = device.scope();
  const { network } = buildModel(device, decodeModel(starModel(), { file: "star" }));
  const { peak, answers } = bytesOfTile(device, { network, view: { width: 60, height: 44 } });
  device.trim();
  const before = device.memory.allocated;
  {
    using _tile = device.scope();
    const x = device.empty([1, 1, 44, 60]);
    const maps = answersIn(runNetwork(device, { network, x })).values();
    assertEquals(maps.reduce((sum, { value }) => sum + value.byteLength, 0), answers);
    assertEquals(device.memory.allocated - before, peak);
    await device.finish();
  }
});
