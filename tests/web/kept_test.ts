/// <reference lib="dom" />
// What is here again after a reload: results to the letter, corrections, frames to learn from, and segmenting
// that was stopped.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { encodeGreyTiff } from "../../train/images/formats/encode.ts";
import { texts } from "../../web/shared/texts.ts";
import { peaks, SMALL, starModel, THREE_PLACES } from "../train/fixtures/models/star_model.ts";
import { hasChromium, OpenPage } from "./browser.ts";

const FRAMES = 24;
/** The frame that misses one of three objects. */
const MISSED = 5;

async function openMovie(open: OpenPage): Promise<void> {
  await open.give(texts.chooseFiles, [`${open.folder}/movie.tif`]);
  await open.waitFor(".movie", `${FRAMES} frames`);
}

/** The table of objects and that of tracks, as they are saved. */
async function tables(open: OpenPage): Promise<string[]> {
  await open.press(texts.saveTab);
  const saved: string[] = [];
  for (const name of [texts.downloads.objects, texts.downloads.tracks]) {
    saved.push(await Deno.readTextFile(await open.download(name)));
  }
  return saved;
}

async function loadModel(open: OpenPage): Promise<void> {
  await open.press(texts.work);
  await open.give(texts.loadModel, [`${open.folder}/small.safetensors`]);
  await open.waitFor(".row select", "small");
  await open.waitFor(".chip", "no GPU");
}

Deno.test("after a reload results are the same to the letter, corrections stay, and segmenting goes on", async () => {
  if (!await hasChromium()) return;
  await using open = await OpenPage.open();
  const { page, folder } = open;
  await Deno.writeFile(`${folder}/small.safetensors`, starModel());
  const images = Array.from(
    { length: FRAMES },
    (_, t) => peaks(t === MISSED ? THREE_PLACES.slice(1) : THREE_PLACES, SMALL),
  );
  await Deno.writeFile(`${folder}/movie.tif`, encodeGreyTiff(images));
  await openMovie(open);
  await loadModel(open);

  // What was segmented before it was stopped is kept, and the rest is done after the reload.
  await open.press(texts.segment);
  await open.waitFor(".task-text", "^Segmented [1-9]");
  await open.press(texts.cancel);
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  const done = Number((await open.waitFor(".task .result", "^Stopped")).match(/\d+/)![0]);
  assert(done > 0 && done < FRAMES, `it was stopped after ${done} frames`);
  assertEquals(await focused(), texts.segment, "the keyboard is where it was");
  // What was found is kept soon after, without a word.
  await new Promise((resolve) => setTimeout(resolve, 8000));
  await page.reload();
  assertMatch(await open.waitFor(".kept", "kept"), new RegExp(`\\(${done} frames?\\)`));
  await openMovie(open);
  await open.waitFor(".status", texts.restored);
  await loadModel(open);
  await open.press(texts.segment);
  // It may be further when it is looked at, but never where it began before.
  const segmented = Number((await open.waitFor(".task-text", "^Segmented")).match(/\d+/)![0]);
  assert(segmented > done, `after ${done} frames it went on with number ${segmented}`);
  assertMatch(await open.waitFor(".task .result", "objects"), /^71 objects in 24 frames/);

  // The object that one frame misses is put back, and known as such, also after the reload.
  const saved = await tables(open);
  assertEquals(saved[0].split("\n").filter((row) => row.split(",")[9] === "1").length, 1);
  assertEquals(await tables(open), saved);
  await page.reload();
  await openMovie(open);
  await open.waitFor(".status", texts.restored);
  assertEquals(await tables(open), saved);
  assertEquals(await tables(open), saved);
  await open.press(texts.tracksTab);
  await open.waitFor(".hint", "^3 tracks, 0 divisions; 1 object put back");

  // An object that is taken out by hand stays out, though its track goes on.
  await open.press(texts.correctTab);
  await open.press(texts.next);
  await open.waitFor(".frame-number", "^2 of 24");
  const at = await open.placesOf(SMALL);
  await open.press(texts.toolNames.delete);
  await page.mouse.click(...at(THREE_PLACES[2]));
  await open.waitFor(".count", "^2 objects");
  await open.press(texts.useAsStill);
  await open.waitFor(".status", "1 corrected frame");
  await open.press(texts.linkAgain);
  // It can be saved once tracks are linked.
  const corrected = await tables(open);
  await open.press(texts.tracksTab);
  await open.waitFor(".hint", "^3 tracks, 0 divisions; 1 object put back");
  assertEquals(await open.text(".count"), "2 objects");
  await page.reload();
  await openMovie(open);
  await open.waitFor(".status", texts.restored);
  assertEquals(await tables(open), corrected);
  await open.press(texts.work);
  await open.waitFor(".hint", "0 folders of stills, 1 corrected frame");
  assertEquals(await open.reasonAt(texts.teach), null);
  assertEquals(open.errors, []);
});

Deno.test("segmenting that was stopped does not go on with another model of the same name and size", async () => {
  if (!await hasChromium()) return;
  await using open = await OpenPage.open();
  const { page, folder } = open;
  const movie = Array.from({ length: FRAMES }, () => peaks(THREE_PLACES, SMALL));
  await Deno.writeFile(`${folder}/movie.tif`, encodeGreyTiff(movie));
  const give = async (prob: number): Promise<void> => {
    const bytes = starModel({ thresholds: { prob, nms: 0.4 } });
    await Deno.writeFile(`${folder}/small.safetensors`, bytes);
    await loadModel(open);
    // It is in the place of the other one, once it is loaded.
    await page.waitForFunction(() => !document.querySelector(".before"));
  };
  await openMovie(open);
  await give(0.99);
  await open.press(texts.segment);
  await open.waitFor(".task-text", "^Segmented [1-9]");
  await open.press(texts.cancel);
  await open.waitFor(".task .result", "^Stopped");
  assertEquals(await open.text(".count"), "0 objects");

  await page.$eval(
    `select[aria-label="${texts.model}"] option:last-child`,
    (option) => option.className = "before",
  );
  await give(0.51);
  await open.press(texts.segment);
  assertMatch(await open.waitFor(".task .result", "objects"), /^72 objects in 24 frames/);
  assertEquals(open.errors, []);
});
