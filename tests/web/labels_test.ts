/// <reference lib="dom" />
// What a teacher labelled is kept beside the state of learning, in the private file system of an origin.
import { assertEquals } from "@std/assert";
import { encodeGreyTiff } from "../../train/images/formats/encode.ts";
import { buildPage } from "../../web/build/page.ts";
import { texts } from "../../web/shared/texts.ts";
import { peaks, SMALL, starModel, THREE_PLACES } from "../train/fixtures/models/star_model.ts";
import { hasChromium, OpenPage } from "./browser.ts";

const FRAMES = 4;

/** Files that the page keeps, each with when it was written. */
async function kept({ page }: OpenPage): Promise<Record<string, number>> {
  return await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle("kymo", { create: true });
    const files: Record<string, number> = {};
    for await (const [name, file] of folder.entries()) {
      if (!/^(teacher-|labels\.tif$)/.test(name)) continue;
      files[name] = (await (file as FileSystemFileHandle).getFile()).lastModified;
    }
    return files;
  });
}

/** Begins to make a movie steady, or goes on with it after a reload. */
async function begin(open: OpenPage, { isAgain }: { isAgain: boolean }): Promise<void> {
  await open.give(texts.chooseFiles, [`${open.folder}/movie.tif`]);
  await open.waitFor(".movie", `${FRAMES} frames`);
  if (isAgain) await open.waitFor(".status", texts.restored);
  await open.give(texts.loadModel, [`${open.folder}/small.safetensors`]);
  await open.waitFor(".row select", "small");
  await open.waitFor(".chip", "no GPU");
  if (!isAgain) {
    await open.press(texts.segment);
    await open.waitFor(".task .result", "^12 objects in 4 frames");
  }
  await open.page.$eval("input[type=number]", (input) => {
    (input as HTMLInputElement).value = "5";
  });
  await open.press(texts.steady);
}

Deno.test("the frames of a movie are not labelled again after a reload, and nothing outdated stays", async () => {
  if (!await hasChromium()) return;
  const page = await buildPage();
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(page, { headers: { "content-type": "text/html" } }),
  );
  const address = `http://127.0.0.1:${server.addr.port}/`;
  await using open = await OpenPage.open({ address });
  await Deno.writeFile(`${open.folder}/small.safetensors`, starModel());
  const movie = Array.from({ length: FRAMES }, () => peaks(THREE_PLACES, SMALL));
  await Deno.writeFile(`${open.folder}/movie.tif`, encodeGreyTiff(movie));
  await open.page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle("kymo", { create: true });
    const file = await (await folder.getFileHandle("labels.tif", { create: true }))
      .createWritable();
    await file.write("of an earlier version");
    await file.close();
  });
  await open.page.reload();

  await begin(open, { isAgain: false });
  // Five steps are of the control, the others of the student.
  await open.waitFor(".task-text", "step ([6-9]|10) of 15");
  const labels = await kept(open);
  assertEquals(Object.keys(labels), ["teacher-0.labels"]);
  await open.page.reload();
  await begin(open, { isAgain: true });
  await open.waitFor(".task-text", "step ([6-9]|10) of 15");
  assertEquals(await kept(open), labels, "they were written once");
  await open.waitFor(".task .result", "model was taken");
  assertEquals(await kept(open), {}, "nobody needs them any more");
  assertEquals(open.errors, []);
});
