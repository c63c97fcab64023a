import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { encodeGreyTiff, encodeLabelTiff } from "../../../train/images/formats/encode.ts";
import { openVideo } from "../../../train/images/series/video.ts";
import { readStills } from "../../../train/images/series/stills.ts";
import { fileSource, heldSource, listFolder, type Source } from "../../../train/images/source.ts";
import { disk } from "../../../train/jobs/disk/files.ts";
import { withFolder } from "../fixtures/temporary.ts";

const FILES: Record<string, Uint8Array<ArrayBuffer>> = {
  "set/images/a.tif": frame(1),
  "set/masks/a.tif": encodeLabelTiff([{ width: 2, height: 2, data: Uint32Array.of(0, 7, 7, 0) }]),
  "movie/t10.tif": frame(10),
  "movie/t2.tif": frame(2),
  "movie/.t3.tif": new Uint8Array(1),
  "movie/notes.txt": new Uint8Array(3),
  "large.bin": Uint8Array.from({ length: 200_000 }, (_, i) => Math.imul(i, 2654435761) >>> 24),
  "empty.tif": new Uint8Array(0),
};

function frame(value: number): Uint8Array<ArrayBuffer> {
  return encodeGreyTiff([{ width: 2, height: 2, data: Float32Array.of(value, 1, 2, 3) }]);
}

/** A page's file in a folder that was chosen. */
function chosen(path: string, bytes: Uint8Array<ArrayBuffer>): File {
  const file = new File([bytes], path.split("/").at(-1)!);
  return Object.defineProperty(file, "webkitRelativePath", { value: path });
}

/** The same files from memory, from a page and from a disk, which is the measure of the others. */
async function withSources(
  use: (source: Source, at: (path: string) => string, kind: string) => Promise<void>,
): Promise<void> {
  const held = heldSource(new Map(Object.entries(FILES)));
  await use(held, (path) => path, "held");
  const given = fileSource(Object.entries(FILES).map(([path, bytes]) => chosen(path, bytes)));
  await use(given, (path) => path, "given");
  await withFolder(FILES, (folder) => use(disk, (path) => join(folder, path), "disk"));
}

Deno.test("every source lists images in natural order, without hidden files", async () => {
  await withSources(async (source, at, kind) => {
    const images = ["t2.tif", "t10.tif"];
    assertEquals(await listFolder(source, at("movie")), { images, folders: [] }, kind);
    assertEquals(await listFolder(source, at("movie/")), { images, folders: [] }, kind);
    const top = { images: ["empty.tif"], folders: ["movie", "set"] };
    assertEquals(await listFolder(source, at(".")), top, kind);
    assertEquals((await listFolder(source, at("./set/../set"))).folders, ["images", "masks"], kind);
    const { files } = await source.list(at("movie"));
    assertEquals([...files].sort(), ["notes.txt", "t10.tif", "t2.tif"], kind);
  });
});

Deno.test("every source tells files from folders and names the path and the remedy", async () => {
  await withSources(async (source, at) => {
    assertEquals(await source.isFolder(at("set")), true);
    assertEquals(await source.isFolder(at("set/images/a.tif")), false);
    const missing = at("set/b.tif");
    const words = (task: string) => `Cannot ${task} ${missing}: it does not exist; check the path`;
    await assertRejects(() => source.isFolder(missing), Error, words("read"));
    await assertRejects(() => source.open(missing), Error, words("read"));
    await assertRejects(() => source.list(missing), Error, words("list"));
    await assertRejects(() => source.open(at("set")), TypeError, "it is a folder; name a file");
    const file = at("movie/t2.tif");
    await assertRejects(() => source.list(file), TypeError, "it is a file; name a folder");
  });
});

Deno.test("every source reads the bytes asked for, and none behind the end", async () => {
  const content = FILES["large.bin"];
  await withSources(async (source, at) => {
    using bytes = await source.open(at("large.bin"));
    assertEquals(bytes.size, content.length);
    for (const [from, length] of [[0, 8], [199_990, 10], [5, 0], [10, 150_000], [65_530, 20]]) {
      assertEquals(await bytes.read(from, length), content.slice(from, from + length));
    }
    for (const [from, length] of [[199_999, 2], [-1, 1], [NaN, 1], [0, Infinity]]) {
      await assertRejects(() => bytes.read(from, length), SyntaxError, "has only 200000");
    }
    using empty = await source.open(at("empty.tif"));
    assertEquals((await empty.read(0, 0)).length, 0);
  });
});

Deno.test("videos and stills are read from every source", async () => {
  await withSources(async (source, at) => {
    const video = await openVideo(source, at("movie"));
    assertEquals(video.sourceNames, ["t2.tif", "t10.tif"]);
    assertEquals([...(await video.frame(1)).data], [10, 1, 2, 3]);
    const [still] = await readStills(source, at("set"));
    assertEquals([...still.labels.data], [0, 7, 7, 0]);
  });
});

Deno.test("heldSource() reads bytes that are a part of a larger array, or shared", async () => {
  const large = new Uint8Array(10).map((_, i) => i);
  const shared = new Uint8Array(new SharedArrayBuffer(4)).fill(9);
  const source = heldSource(
    new Map<string, Uint8Array>([["part", large.subarray(4, 8)], ["shared", shared]]),
  );
  using part = await source.open("part");
  assertEquals([...await part.read(1, 2)], [5, 6]);
  using copy = await source.open("shared");
  assertEquals([...await copy.read(2, 2)], [9, 9]);
});

Deno.test("fileSource() takes names as paths and refuses one that is there twice", async () => {
  const file = new File([FILES["movie/t2.tif"]], "t2.tif");
  assertEquals((await listFolder(fileSource([file]), ".")).images, ["t2.tif"]);
  assertEquals((await openVideo(fileSource([file]), "t2.tif")).length, 1);
  assertThrows(() => fileSource([file, file]), RangeError, "two files have this name");
});

Deno.test("fileSource() takes a pair's path, as files of a folder that was dropped know none", async () => {
  const file = (name: string) => new File([FILES["movie/t2.tif"]], name);
  const source = fileSource([["a/b/t1.tif", file("t1.tif")], ["a/b/t2.tif", file("t2.tif")]]);
  assertEquals((await listFolder(source, ".")).folders, ["a"]);
  assertEquals((await openVideo(source, "a/b")).sourceNames, ["t1.tif", "t2.tif"]);
});
