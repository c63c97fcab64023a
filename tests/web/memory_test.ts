/// <reference lib="dom" />
// Memory of page and workers while one movie after the other is opened and segmented.
import { assertEquals, assertLess } from "@std/assert";
import { encodeGreyTiff } from "../../train/images/formats/encode.ts";
import { texts } from "../../web/shared/texts.ts";
import { peaks, starModel, THREE_PLACES } from "../train/fixtures/models/star_model.ts";
import { hasChromium, OpenPage } from "./browser.ts";

const MOVIES = 6;
const FRAMES = 12;
/** A movie takes 6 MiB as numbers of 16 bits: one that stayed would be seen. */
const SIDE = 512;

/** Bytes that page and workers hold, buffers included, once what is not needed is gone. */
async function bytesHeld({ page }: OpenPage): Promise<number> {
  const session = await page.createCDPSession();
  let sum = 0;
  for (const { client } of [{ client: session }, ...page.workers()]) {
    await client.send("HeapProfiler.collectGarbage");
    const { usedSize, backingStorageSize } = await client.send("Runtime.getHeapUsage");
    sum += usedSize + backingStorageSize;
  }
  await session.detach();
  return sum;
}

Deno.test("one movie after the other leaves nothing in memory", async () => {
  if (!await hasChromium()) return;
  await using open = await OpenPage.open();
  await Deno.writeFile(`${open.folder}/small.safetensors`, starModel());
  const image = peaks(THREE_PLACES, { width: SIDE, height: SIDE });
  const movie = encodeGreyTiff(Array.from({ length: FRAMES }, () => image));
  await open.waitFor(".chip", "no GPU");
  const held: number[] = [];
  for (let i = 0; i < MOVIES; i++) {
    await Deno.writeFile(`${open.folder}/movie${i}.tif`, movie);
    const input = i === 0 ? texts.chooseFiles : texts.otherMovie;
    await open.give(input, [`${open.folder}/movie${i}.tif`]);
    await open.waitFor(".movie", `movie${i} — ${FRAMES} frames`);
    if (i === 0) {
      await open.give(texts.loadModel, [`${open.folder}/small.safetensors`]);
      await open.waitFor(".row select", "small");
    }
    await open.press(texts.segment);
    await open.waitFor(".task .result", "^36 objects in 12 frames");
    held.push(await bytesHeld(open));
  }
  const mebibytes = held.map((bytes) => bytes / 2 ** 20);
  console.log(
    `held after each movie, in MiB: ${mebibytes.map((one) => one.toFixed(1)).join(", ")}`,
  );
  assertLess(mebibytes.at(-1)! - mebibytes[1], 3, "half of one movie");
  assertEquals(open.errors, []);
});
