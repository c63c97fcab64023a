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

/** How often memory is looked at: what has just been answered is given back a little later. */
const LOOKS = 8;

/** Bytes that page and workers hold, buffers included, once what is not needed is gone. */
async function bytesHeld(open: OpenPage): Promise<number> {
  const seen: number[] = [];
  for (let look = 0; look < LOOKS; look++) {
    seen.push(await bytesNow(open));
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return Math.min(...seen);
}

async function bytesNow({ page }: OpenPage): Promise<number> {
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
  // One that is looked at too early is no leak: each movie that stayed would be in all that follow.
  const half = MOVIES / 2;
  const growth = Math.min(...mebibytes.slice(half)) - Math.min(...mebibytes.slice(0, half));
  assertLess(growth, half * 3, "half of each movie");
  assertEquals(open.errors, []);
});
