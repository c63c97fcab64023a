import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { listStills, readStills } from "../../train/data/stills.ts";
import { openLabels } from "../../train/data/truth.ts";
import { openVideo } from "../../train/data/video.ts";
import { synthFiles } from "../../train/synth_files.ts";
import { withFolder } from "./data/fixtures/temporary.ts";

/** The names and bytes of all files below a folder. */
async function content(path: string): Promise<Record<string, Uint8Array>> {
  const found: Record<string, Uint8Array> = {};
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    if (!isDirectory) found[name] = await Deno.readFile(`${path}/${name}`);
    else {
      const inside = Object.entries(await content(`${path}/${name}`));
      for (const [file, bytes] of inside) found[`${name}/${file}`] = bytes;
    }
  }
  return found;
}

Deno.test("synthFiles() writes stills, video and truth that the readers take", async () => {
  await withFolder({}, async (folder) => {
    const out = `${folder}/new/set`;
    const written = await synthFiles({ out, stills: 2, frames: 3 });
    assertEquals(written, {
      stills: `${out}/stills`,
      video: `${out}/video`,
      truth: `${out}/truth`,
      files: 10,
    });
    assertEquals((await listStills(written.stills)).layout, "pairs");
    const stills = await readStills(written.stills);
    assertEquals(stills.map(({ name, notes }) => [name, notes]), [["s000", []], ["s001", []]]);
    for (const { labels } of stills) assert(labels.data.some((id) => id > 1), "several nuclei");
    const video = await openVideo(written.video);
    const truth = await openLabels(written.truth);
    assertEquals(video.sourceNames, ["t000.tif", "t001.tif", "t002.tif"]);
    assertEquals(truth.names, video.sourceNames);
    const { width, height, data } = await truth.frame(2);
    assertEquals([width, height], [video.width, video.height]);
    const frame = await video.frame(2);
    const mean = (inside: boolean) => {
      const values = frame.data.filter((_, i) => (data[i] > 0) === inside);
      return values.reduce((sum, value) => sum + value) / values.length;
    };
    assert(mean(true) > mean(false), "nuclei are brighter than the ground");
  });
});

Deno.test("synthFiles() writes the same bytes for the same seed, and others for another", async () => {
  await withFolder({}, async (folder) => {
    const make = async (out: string, seed?: number) => {
      await synthFiles({ out: `${folder}/${out}`, seed, stills: 1, frames: 1 });
      return await content(`${folder}/${out}`);
    };
    const first = await make("a");
    assertEquals(await make("b", 1), first);
    const other = await make("c", 2);
    assertEquals(Object.keys(other), Object.keys(first));
    for (const [name, bytes] of Object.entries(other)) assertNotEquals(bytes, first[name], name);
  });
});

Deno.test("synthFiles() adds nothing to a folder that holds something", async () => {
  await withFolder({ "mine/notes.txt": "x", "free/x": "" }, async (folder) => {
    await Deno.remove(`${folder}/free/x`);
    const filled = synthFiles({ out: `${folder}/mine` });
    await assertRejects(() => filled, Error, `${folder}/mine: it already holds notes.txt`);
    assertEquals(Object.keys(await content(folder)), ["mine/notes.txt"]);
    const { files } = await synthFiles({ out: `${folder}/free`, stills: 1, frames: 1 });
    assertEquals(files, 4);
    const onFile = synthFiles({ out: `${folder}/mine/notes.txt` });
    await assertRejects(() => onFile, TypeError, "a part of this path is a file");
  });
});
