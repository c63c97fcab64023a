/// <reference lib="dom" />
// What a page may be given: files that are damaged, large or many, and browsers without a GPU.
import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { encodeGreyTiff } from "../../train/images/formats/encode.ts";
import { texts } from "../../web/shared/texts.ts";
import { writeSparseTiff } from "../train/fixtures/sparse_tiff.ts";
import { hasChromium, OpenPage, WITHOUT_GPU } from "./browser.ts";

/** A frame of one square. */
function frame(at: number): Uint8Array<ArrayBuffer> {
  const data = new Float32Array(24 * 16).map((_, i) =>
    i % 24 >= at % 12 && i % 24 < at % 12 + 6 ? 900 : 100
  );
  return encodeGreyTiff([{ width: 24, height: 16, data }]);
}

Deno.test("the page says what is wrong with a file and stays usable, opens a large one and a folder of many", async () => {
  if (!await hasChromium()) return;
  await using open = await OpenPage.open();
  const { folder, page } = open;

  await Deno.writeFile(`${folder}/cut.tif`, frame(0).subarray(0, 120));
  await open.give(texts.chooseFiles, [`${folder}/cut.tif`]);
  assertMatch(await open.waitFor(".status", "cut.tif"), /^Cannot read cut\.tif: .*; /);
  await Deno.writeTextFile(`${folder}/notes.txt`, "no image");
  await open.give(texts.chooseFiles, [`${folder}/notes.txt`]);
  await open.waitFor(".status", "There is no PNG or TIFF file");

  // 2 GiB of which hardly anything lies on the disk.
  const values = new Map([[0, 300], [255, 700]]);
  writeSparseTiff(`${folder}/large.tif`, {
    size: 2048,
    pages: 256,
    strips: 1,
    description: "",
    values,
  });
  assert((await Deno.stat(`${folder}/large.tif`)).size > 2 ** 31);
  const start = performance.now();
  await open.give(texts.chooseFiles, [`${folder}/large.tif`]);
  await open.waitFor(".movie", "large — 256 frames of 2048 × 2048 pixels");
  assertLess(performance.now() - start, 20_000, "it is read piece by piece");
  await page.keyboard.press("ArrowRight");
  await open.waitFor(".frame-number", "^2 of 256");
  await open.waitFor(".count", "not segmented");

  await Deno.mkdir(`${folder}/many`);
  const bytes = [frame(0), frame(5)];
  for (let i = 0; i < 10_000; i++) {
    await Deno.writeFile(`${folder}/many/t${String(i).padStart(5, "0")}.tif`, bytes[i % 2]);
  }
  // Before that the browser makes its list, which takes it seconds: the page's own work begins with the event.
  await page.evaluate(() => {
    const own: number[] = [];
    Object.assign(globalThis, { own });
    let chosen = Infinity;
    addEventListener("change", () => chosen = performance.now(), { capture: true });
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) {
        own.push(startTime + duration - Math.max(startTime, chosen));
      }
    }).observe({ type: "longtask" });
  });
  await open.give(texts.chooseFolder, [`${folder}/many`]);
  // It can be told to stop, and leaves the movie before as it was.
  await open.waitFor(".task-text", "^Looking at the files: [1-9][\\d,]* of 10,000");
  await open.press(texts.cancel);
  await open.waitFor(".status", texts.openingStopped);
  assertMatch(await open.text(".movie"), /^large/);
  await page.keyboard.press("ArrowRight");
  await open.waitFor(".frame-number", "^3 of 256");
  await open.give(texts.chooseFolder, [`${folder}/many`]);
  await open.waitFor(".task-text", "^Looking at the files: [1-9][\\d,]* of 10,000");
  await open.waitFor(".movie", "many — 10,000 frames of 24 × 16 pixels");
  await page.keyboard.press(" ");
  await open.waitFor(".frame-number", "^[2-9] of 10000");
  await page.keyboard.press(" ");
  const own = await page.evaluate(() =>
    Math.max(0, ...(globalThis as unknown as { own: number[] }).own)
  );
  const slowdown = await open.slowdown();
  console.log(
    `with the list that the browser makes the page was busy for ${await open
      .longestTask()} ms at most, ` +
      `from when it was told for ${Math.round(own)} ms`,
  );
  assertLess(own, 300 * slowdown, "files are taken a few at a time");
  assertEquals(open.errors, []);
});

Deno.test("the page says so where there is no WebGPU, with the command to run, and shows movies", async () => {
  if (!await hasChromium()) return;
  await using open = await OpenPage.open({ flags: WITHOUT_GPU });
  await open.waitFor(".chip", texts.noGpuTitle);
  assertMatch(
    await open.text(".notice"),
    /sh setup\.sh steady .*What the browser says: Cannot open a GPU/,
  );
  await open.press(texts.tryExample);
  await open.waitFor(".movie", "8 frames");
  await open.waitFor(".count", "not segmented");
  assertEquals(await open.reasonAt(texts.segment), texts.noGpuTitle);
  assertEquals(open.errors, []);
});
