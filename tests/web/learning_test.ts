/// <reference lib="dom" />
// Learning, correcting and coming back, with a model so small that SwiftShader is quick with it.
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { encodeGreyTiff, encodeLabelTiff } from "../../train/images/formats/encode.ts";
import { openLabels } from "../../train/images/series/truth.ts";
import { disk } from "../../train/jobs/disk/files.ts";
import { decodeModel } from "../../train/models/model_file.ts";
import { texts } from "../../web/shared/texts.ts";
import {
  diamonds,
  peaks,
  SMALL,
  starModel,
  THREE_PLACES,
} from "../train/fixtures/models/star_model.ts";
import { hasChromium, OpenPage } from "./browser.ts";

const FRAMES = 4;

/** A folder with a movie of objects that stay, a model that finds them, and labelled stills. */
async function writeFiles(folder: string): Promise<string[]> {
  await Deno.mkdir(`${folder}/stills/images`, { recursive: true });
  await Deno.mkdir(`${folder}/stills/masks`, { recursive: true });
  await Deno.writeFile(`${folder}/small.safetensors`, starModel());
  const image = encodeGreyTiff([peaks(THREE_PLACES, SMALL)]);
  await Deno.writeFile(`${folder}/stills/images/a.tif`, image);
  const mask = encodeLabelTiff([diamonds(THREE_PLACES, SMALL)]);
  await Deno.writeFile(`${folder}/stills/masks/a.tif`, mask);
  const paths = Array.from({ length: FRAMES }, (_, t) => `${folder}/t00${t}.tif`);
  for (const path of paths) await Deno.writeFile(path, image);
  return paths;
}

async function setRounds(open: OpenPage, which: number, value: number): Promise<void> {
  await open.page.$$eval(
    "input[type=number]",
    (inputs, which, value) => {
      (inputs[which] as HTMLInputElement).value = String(value);
    },
    which,
    value,
  );
}

/** Opens the movie, the model and the stills, and chooses to learn from nothing else. */
async function openStills(open: OpenPage, frames: readonly string[]): Promise<void> {
  await open.give(texts.chooseFiles, frames);
  await open.waitFor(".movie", "4 frames");
  await open.give(texts.loadModel, [`${open.folder}/small.safetensors`]);
  await open.waitFor(".row select", "small");
  await open.waitFor(".chip", "no GPU");
  await open.give(texts.chooseFolder, [`${open.folder}/stills`], 1);
  await open.waitFor(".hint", "1 folder of stills");
  await open.page.click("input[type=checkbox]");
}

Deno.test("learning from stills goes on after a reload where it was saved", async () => {
  if (!await hasChromium()) return;
  await using open = await OpenPage.open();
  const { page } = open;
  const frames = await writeFiles(open.folder);
  await openStills(open, frames);
  await setRounds(open, 1, 12);
  await open.press(texts.teach);
  await open.waitFor(".task-text", "step ([4-9]|1[0-2]) of 12");
  await page.reload();
  await openStills(open, frames);
  await setRounds(open, 1, 12);
  await page.evaluate(() => {
    const seen = new Set<string>();
    Object.assign(globalThis, { seen });
    const look = () => {
      for (const { textContent } of document.querySelectorAll(".task-text")) {
        const step = textContent!.match(/step (\d+) of 12/)?.[1];
        if (step) seen.add(step);
      }
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true });
  });
  await open.press(texts.teach);
  await open.waitFor(".task .result", "has learned");
  const seen = await page.evaluate(() => [
    ...(globalThis as unknown as { seen: Set<string> }).seen,
  ]);
  assert(seen.includes("12") && !seen.includes("3"), `steps after the reload: ${seen}`);
  assertEquals(open.errors, []);
});

Deno.test("the page adapts, goes on after a reload, is corrected by hand and learns from stills", async () => {
  if (!await hasChromium()) return;
  await using open = await OpenPage.open();
  const { page } = open;
  const frames = await writeFiles(open.folder);
  await open.give(texts.chooseFiles, frames);
  assertEquals(await open.waitFor(".movie", "4 frames"), "frames — 4 frames of 60 × 44 pixels");
  await open.give(texts.loadModel, [`${open.folder}/small.safetensors`]);
  await open.waitFor(".row select", "small");
  await open.waitFor(".chip", "no GPU");
  await open.press(texts.segment);
  assertMatch(await open.waitFor(".task .result", "."), /^12 objects in 4 frames/);

  // A reload in the middle of learning loses nothing.
  await setRounds(open, 0, 3);
  await open.press(texts.steady);
  await open.waitFor(".task-text", "step [2-9] of 9");
  await page.reload();
  assertMatch(await open.waitFor(".kept", "."), /frames \(4 frames\) are kept/);
  await open.give(texts.chooseFiles, frames);
  await open.waitFor(".status", texts.restored);
  assertEquals(await open.waitFor(".count", "object"), "3 objects");
  await open.give(texts.loadModel, [`${open.folder}/small.safetensors`]);
  await open.waitFor(".row select", "small");
  await open.waitFor(".chip", "no GPU");
  await setRounds(open, 0, 3);
  await open.press(texts.steady);
  await open.waitFor(".task-text", "step [0-9] of 9");
  // One piece of work at a time.
  const busy = texts.busy(texts.jobs.steady);
  for (const name of [texts.segmentAgain, texts.teach]) {
    assertMatch(await open.reasonAt(name) ?? "", new RegExp(`^(${busy}|${texts.noStills})$`));
  }
  await open.give(texts.otherMovie, frames.slice(1));
  await open.waitFor(".status", busy);
  const said = await open.waitFor(".task .result", "model was taken");
  assert(said === texts.isUnadapted || said === texts.isAdapted, said);
  await page.waitForSelector("svg[aria-label^=Losses]");
  const told = await page.$$eval(
    "details li",
    (items) => items.map(({ textContent }) => textContent),
  );
  assert(told.some((text) => text!.startsWith("Objects of a frame: ")), told.join("\n"));

  // Delete one object, part another, undo that, and use the frame as a still.
  await open.press(texts.correctTab);
  const at = await open.placesOf(SMALL);
  await open.press(texts.toolNames.delete);
  await page.mouse.click(...at(THREE_PLACES[0]));
  await open.waitFor(".count", "^2 objects");
  await open.press(texts.toolNames.split);
  const { row, column } = THREE_PLACES[1];
  await page.mouse.move(...at({ row: row - 9, column }));
  await page.mouse.down();
  await page.mouse.move(...at({ row: row + 9, column }), { steps: 4 });
  await page.mouse.up();
  await open.waitFor(".count", "^3 objects");
  await open.press(texts.undo);
  await open.waitFor(".count", "^2 objects");
  await open.press(texts.useAsStill);
  await open.waitFor(".status", "1 corrected frame");
  await open.press(texts.saveTab);
  const labels = await openLabels(disk, await open.download(texts.downloads.labels));
  assertEquals(new Set((await labels.frame(0)).data).size, 1 + 2);

  // It learns from that frame and from stills that were dropped.
  await open.press(texts.work);
  await open.give(texts.chooseFolder, [`${open.folder}/stills`], 1);
  await open.waitFor(".hint", "1 folder of stills, 1 corrected frame");
  await page.click("input[type=checkbox]");
  await setRounds(open, 1, 4);
  await open.press(texts.teach);
  await open.waitFor(".task .result", "has learned");
  await open.press(texts.saveTab);
  const model = await Deno.readFile(await open.download(texts.saveModel));
  const learned = decodeModel(model, { file: "learned" });
  const before = decodeModel(starModel(), { file: "before" });
  assertEquals(learned.architecture, before.architecture);
  assertNotEquals(learned.weights.tensors, before.weights.tensors);
  assertEquals(open.errors, []);
});
