import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { listStills, readStills } from "../../../train/images/series/stills.ts";
import { openLabels } from "../../../train/images/series/truth.ts";
import { openVideo } from "../../../train/images/series/video.ts";
import { openStillStacks } from "../../../train/images/series/still_stacks.ts";
import { openZSequence } from "../../../train/images/series/z_stack.ts";
import { decodeFocusTable, focusPlanesOf } from "../../../train/images/series/focus_table.ts";
import { synthFiles, synthStackFiles } from "../../../train/jobs/synth_files.ts";
import { withFolder } from "../fixtures/temporary.ts";
import { disk } from "../../../train/jobs/disk/files.ts";

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
    assertEquals((await listStills(disk, written.stills)).layout, "pairs");
    const stills = await readStills(disk, written.stills);
    assertEquals(stills.map(({ name, notes }) => [name, notes]), [["s000", []], ["s001", []]]);
    for (const { labels } of stills) assert(labels.data.some((id) => id > 1), "several nuclei");
    const video = await openVideo(disk, written.video);
    const truth = await openLabels(disk, written.truth);
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

Deno.test("synthStackFiles() writes stacks, masks, dots and focus planes that the readers take", async () => {
  await withFolder({}, async (folder) => {
    const out = `${folder}/new`;
    const written = await synthStackFiles({ out, stills: 2, frames: 2, size: 48, depth: 10 });
    assertEquals(written, {
      stills: `${out}/stills`,
      movie: `${out}/movie`,
      truth: `${out}/truth`,
      dots: `${out}/dots`,
      focus: `${out}/focus.csv`,
      files: 13,
    });
    const stills = await openStillStacks(disk, written.stills);
    assertEquals(stills.map(({ name, stack }) => [name, stack.depth]), [["s000", 10], [
      "s001",
      10,
    ]]);
    assert(stills.every(({ labels }) => labels.data.some((id) => id > 0)));
    const movie = await openZSequence(disk, written.movie);
    assertEquals([movie.length, movie.depth, movie.width], [2, 10, 48]);
    assertEquals([movie.names, movie.notes], [["t000", "t001"], []]);
    const rows = decodeFocusTable(await Deno.readTextFile(written.focus), written.focus);
    for (const sequence of [movie, ...stills.map(({ stack }) => stack)]) {
      const planes = focusPlanesOf(sequence, { rows, from: written.focus });
      assertEquals(planes.length, sequence.length);
      const { data } = await sequence.plane(0, planes[0]);
      assert(data.every((value) => value > 13000 && value < 14500));
    }
    const [truth, dots] = [
      await openLabels(disk, written.truth),
      await openLabels(disk, written.dots),
    ];
    assertEquals(truth.names, ["t000.tif", "t001.tif"]);
    const idsOf = async ({ frame }: typeof truth) => [...new Set((await frame(1)).data)].toSorted();
    assertEquals(await idsOf(dots), await idsOf(truth));
  });
});

Deno.test("synthStackFiles() refuses a folder with something in it", async () => {
  await withFolder({ "a.txt": "" }, async (out) => {
    await assertRejects(() => synthStackFiles({ out }), Error, "already holds a.txt");
  });
});
