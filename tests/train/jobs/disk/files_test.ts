import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { disk, writeFileAtomic } from "../../../../train/jobs/disk/files.ts";
import { listFolder } from "../../../../train/images/source.ts";
import { withFile, withFolder } from "../../fixtures/temporary.ts";

Deno.test("listFolder() leaves out hidden files and anything that is no image", async () => {
  const files = ["t10.tif", "t2.TIF", "t1.png", ".t3.tif", "Thumbs.db", "notes.txt", "sub/t4.tif"];
  const content = Object.fromEntries(files.map((name) => [name, ""]));
  await withFolder(content, async (path) => {
    await Deno.symlink(join(path, "t1.png"), join(path, "t5.png"));
    assertEquals(await listFolder(disk, path), {
      images: ["t1.png", "t2.TIF", "t5.png", "t10.tif"],
      folders: ["sub"],
    });
    await assertRejects(
      () => listFolder(disk, join(path, "no")),
      Deno.errors.NotFound,
      "check the path",
    );
    await assertRejects(() => listFolder(disk, join(path, "t1.png")), TypeError, "it is a file");
  });
});

Deno.test("writeFileAtomic() replaces a file and leaves nothing else behind", async () => {
  await withFolder({ "a.txt": "old" }, async (path) => {
    await writeFileAtomic(join(path, "a.txt"), "new");
    await writeFileAtomic(join(path, "b.bin"), new Uint8Array(300_000).fill(7));
    assertEquals(await Deno.readTextFile(join(path, "a.txt")), "new");
    assertEquals((await Deno.readFile(join(path, "b.bin"))).length, 300_000);
    const names = [...Deno.readDirSync(path)].map(({ name }) => name).sort();
    assertEquals(names, ["a.txt", "b.bin"]);
  });
});

Deno.test("writeFileAtomic() names the file and the remedy, and cleans up", async () => {
  await withFolder({ "folder/a.txt": "" }, async (path) => {
    const missing = join(path, "no", "a.txt");
    await assertRejects(() => writeFileAtomic(missing, ""), Deno.errors.NotFound, missing);
    // A folder cannot be replaced by a file: the rename fails after everything was written.
    await assertRejects(() => writeFileAtomic(join(path, "folder"), "text"));
    assertEquals([...Deno.readDirSync(path)].map(({ name }) => name), ["folder"]);
    const inFile = join(path, "folder", "a.txt", "b.txt");
    await assertRejects(() => writeFileAtomic(inFile, ""), TypeError, "is a file");
  });
});

Deno.test("disk.open() reads the bytes asked for, near and far, small and large", async () => {
  const content = Uint8Array.from({ length: 300_000 }, (_, i) => Math.imul(i, 2654435761) >>> 24);
  await withFile("a.bin", content, async (path) => {
    using bytes = await disk.open(path);
    for (
      const [at, length] of [[0, 8], [299_990, 10], [5, 0], [10, 250_000], [65_530, 20], [4, 4]]
    ) {
      assertEquals([...await bytes.read(at, length)], [...content.subarray(at, at + length)]);
    }
    for (const [at, length] of [[299_999, 2], [-1, 1], [NaN, 1], [0, Infinity]]) {
      await assertRejects(() => bytes.read(at, length), SyntaxError, "has only 300000");
    }
  });
});
