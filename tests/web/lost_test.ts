/// <reference lib="dom" />
// A GPU that is lost or has no more memory while the page works with it.
import { assertEquals, assertMatch } from "@std/assert";
import { encodeGreyTiff } from "../../train/images/formats/encode.ts";
import { texts } from "../../web/shared/texts.ts";
import { peaks, SMALL, starModel, THREE_PLACES } from "../train/fixtures/models/star_model.ts";
import { hasChromium, OpenPage } from "./browser.ts";

const FRAMES = 12;

/** What a test puts into the worker of the GPU. */
interface Trap {
  /** Frames that have been told. */
  told: number;
  /** Whether it has yet to spring. */
  isSet: boolean;
  /** Devices in the order in which they were used. */
  devices: GPUDevice[];
}

/** Lays a trap: after some frames the device is destroyed, or its driver refuses a buffer. */
async function layTrap(
  open: OpenPage,
  { kind, after }: { kind: "lost" | "full"; after: number },
): Promise<void> {
  const worker = await open.worker("gpu");
  await worker.evaluate(
    (kind, after) => {
      const trap: Trap = { told: 0, isSet: true, devices: [] };
      Object.assign(self, { trap });
      const { createBuffer, popErrorScope } = GPUDevice.prototype;
      const isDue = () => trap.isSet && trap.told >= after;
      GPUDevice.prototype.createBuffer = function (...given) {
        if (trap.devices.at(-1) !== this) trap.devices.push(this);
        return createBuffer.apply(this, given);
      };
      GPUDevice.prototype.popErrorScope = async function () {
        const error = await popErrorScope.call(this);
        if (kind !== "full" || !isDue()) return error;
        trap.isSet = false;
        return new GPUOutOfMemoryError("all of it is taken");
      };
      const post = self.postMessage.bind(self) as (message: unknown, transfer: unknown) => void;
      const spy = (message: { event?: { type: string } }, transfer: unknown) => {
        post(message, transfer);
        if (message.event?.type !== "frame") return;
        trap.told++;
        if (kind !== "lost" || !isDue()) return;
        trap.isSet = false;
        trap.devices.at(-1)!.destroy();
      };
      Object.assign(self, { postMessage: spy });
    },
    kind,
    after,
  );
}

/** How many devices the worker of the GPU has used since the trap was laid. */
async function devicesUsed(open: OpenPage): Promise<number> {
  const worker = await open.worker("gpu");
  return await worker.evaluate(() => (self as unknown as { trap: Trap }).trap.devices.length);
}

Deno.test("a GPU that is lost or full leaves what was found, says so, and is used again", async () => {
  if (!await hasChromium()) return;
  await using open = await OpenPage.open();
  await Deno.writeFile(`${open.folder}/small.safetensors`, starModel());
  const image = peaks(THREE_PLACES, SMALL);
  const movie = `${open.folder}/movie.tif`;
  await Deno.writeFile(movie, encodeGreyTiff(Array.from({ length: FRAMES }, () => image)));
  await open.give(texts.chooseFiles, [movie]);
  await open.waitFor(".movie", `${FRAMES} frames`);
  await open.give(texts.loadModel, [`${open.folder}/small.safetensors`]);
  await open.waitFor(".row select", "small");
  await open.waitFor(".chip", "no GPU");

  await layTrap(open, { kind: "lost", after: 3 });
  await open.press(texts.segment);
  assertEquals(await open.waitFor(".task .result", "GPU"), texts.lost);
  assertEquals(await open.text(".count"), "3 objects");
  await open.press(texts.tracksTab);
  await open.waitFor(".hint", "^3 tracks, 0 divisions");
  await open.press(texts.work);
  await open.press(texts.segment);
  assertMatch(await open.waitFor(".task .result", "."), /^36 objects in 12 frames/);
  assertEquals(await devicesUsed(open), 2, "a new device was opened");

  await layTrap(open, { kind: "full", after: 0 });
  await open.press(texts.segmentAgain);
  assertEquals(
    await open.waitFor(".task .result", "memory"),
    texts.outOfMemory(
      "Cannot allocate 0.0 MiB on the GPU: its driver has no more (all of it is taken)",
    ),
  );
  await open.press(texts.segmentAgain);
  assertMatch(await open.waitFor(".task .result", "."), /^36 objects in 12 frames/);
  assertEquals(open.errors, []);
});
