/// <reference lib="dom" />
// Making a movie steady where that helps, and comparing before and after in the viewer.
import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { encodeGreyTiff } from "../../train/images/formats/encode.ts";
import { texts } from "../../web/shared/texts.ts";
import { type Peak, peaks, type Size, starModel } from "../train/fixtures/models/star_model.ts";
import { hasChromium, OpenPage } from "./browser.ts";

const FRAMES = 4;
const SIZE: Size = { width: 92, height: 60 };
/** A peak of this intensity has the probability at which the model begins to see an object. */
const THRESHOLD = 704;
/** By how much peaks come and go around it. */
const FLICKER = 3;
/** How far above it peaks stay: stills alone teach the model to miss them. */
const ABOVE = [10, 11, 12, 13, 14, 15];
const FLICKERING = 4;

/** A movie of peaks of which some come and go: a model that has seen it misses these throughout, and no others. */
function movie(): Uint8Array<ArrayBuffer> {
  const valueAt = (i: number, t: number): number | undefined =>
    i < FLICKERING
      ? THRESHOLD + ((t + i) % 2 === 0 ? -FLICKER : FLICKER)
      : i < FLICKERING + ABOVE.length
      ? THRESHOLD + ABOVE[i - FLICKERING]
      : undefined;
  return encodeGreyTiff(Array.from({ length: FRAMES }, (_, t) =>
    peaks(
      Array.from({ length: 12 }, (_, i): Peak => ({
        ...{ row: 10 + 20 * Math.floor(i / 4), column: 12 + 22 * (i % 4) },
        value: valueAt(i, t),
      })),
      SIZE,
    )));
}

/** A part of the movie as it is drawn, without what lies on it. */
async function drawn(
  { page }: OpenPage,
  { from, to }: { from: number; to: number },
): Promise<string> {
  const { x, y, width, height } = (await (await page.$(".stage"))!.boundingBox())!;
  const clip = {
    x: Math.round(x + from * width),
    y,
    width: Math.round((to - from) * width),
    height,
  };
  // Beyond the viewport the page would be laid out anew. What was asked for is drawn once nothing changes.
  const look = () => page.screenshot({ clip, encoding: "base64", captureBeyondViewport: false });
  for (let before = "";;) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const now = await look();
    if (now === before) return now;
    before = now;
  }
}

async function setWipe({ page }: OpenPage, share: number): Promise<void> {
  await page.$eval(".wipe-row input", (input, share) => {
    (input as HTMLInputElement).value = String(share);
    input.dispatchEvent(new Event("input"));
  }, share);
}

Deno.test("an adaptation that helps is taken, and a line in the movie parts before from after", async () => {
  if (!await hasChromium()) return;
  await using open = await OpenPage.open();
  const { page, folder } = open;
  await Deno.writeFile(`${folder}/small.safetensors`, starModel());
  await Deno.writeFile(`${folder}/movie.tif`, movie());
  await open.give(texts.chooseFiles, [`${folder}/movie.tif`]);
  await open.waitFor(".movie", `${FRAMES} frames`);
  await open.give(texts.loadModel, [`${folder}/small.safetensors`]);
  await open.waitFor(".row select", "small");
  await open.waitFor(".chip", "no GPU");
  await open.press(texts.segment);
  assertMatch(await open.waitFor(".task .result", "."), /^40 objects in 4 frames/);
  assertEquals(await open.text(".count"), "10 objects");
  const before = await drawn(open, { from: 0, to: 0.45 });

  await page.$eval("input[type=number]", (input) => {
    (input as HTMLInputElement).value = "3";
  });
  await open.press(texts.steady);
  // While it goes on, nothing else can be begun, and one hears why.
  await open.waitFor(".task-text", "step [1-9] of 9");
  const busy = texts.busy(texts.jobs.steady);
  assertEquals(await open.reasonAt(texts.segmentAgain), busy);
  assertEquals(await open.reasonAt(texts.otherMovie), busy);
  await open.give(texts.otherMovie, [`${folder}/movie.tif`]);
  assertEquals(await open.waitFor(".status", "goes on"), busy);
  assertEquals(await open.waitFor(".task .result", "before and after"), texts.isCompared);
  assertEquals(await open.waitFor(".count", "."), "8 objects", "those that came and went are gone");
  assertMatch(await open.waitFor(".row select", "adapted"), /movie-adapted\.safetensors/);

  // What lies on the movie is not compared.
  await page.addStyleTag({ content: ".wipe { visibility: hidden; }" });
  const parts = { left: { from: 0, to: 0.45 }, right: { from: 0.55, to: 1 } };
  const both = [await drawn(open, parts.left), await drawn(open, parts.right)];
  await setWipe(open, 1);
  const past = [await drawn(open, parts.left), await drawn(open, parts.right)];
  await setWipe(open, 0);
  const now = [await drawn(open, parts.left), await drawn(open, parts.right)];
  assert(both[0] === past[0], "on the left is what was before");
  assert(both[1] === now[1], "on the right is what is now");
  assert(past[0] !== now[0] && past[1] !== now[1] && before !== now[0], "they differ");

  // The line is dragged on the movie itself, which stays where it is.
  await page.addStyleTag({ content: ".wipe { visibility: visible !important; }" });
  await setWipe(open, 0.5);
  const { x, y, width, height } = (await (await page.$(".wipe-handle"))!.boundingBox())!;
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width / 2 + 150, y + height / 2, { steps: 3 });
  await page.mouse.up();
  const share = await page.$eval(
    ".wipe-row input",
    (input) => Number((input as HTMLInputElement).value),
  );
  assertGreater(share, 0.6);
  assertEquals(await open.accessFaults(), []);
  assertEquals(open.errors, []);
});
