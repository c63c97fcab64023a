import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { AtomicFile, writeFileAtomic } from "../../../../train/jobs/disk/atomic_file.ts";
import { disk, readWhole, readWholeText } from "../../../../train/jobs/disk/files.ts";
import { makeFolder } from "../../../../train/jobs/disk/folders.ts";
import { listFolder } from "../../../../train/images/source.ts";
import { withFile, withFolder } from "../../fixtures/temporary.ts";
import { killWhenReady } from "./fixtures/killed_process.ts";

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

/** Starts a file in a process of its own, which is then killed. */
async function killWhileWriting(path: string): Promise<void> {
  const module = new URL("../../../../train/jobs/disk/atomic_file.ts", import.meta.url);
  await killWhenReady(`import { AtomicFile } from "${module}";
    const file = await AtomicFile.create(${JSON.stringify(path)});
    await file.write(new Uint8Array(10));`);
}

Deno.test("AtomicFile removes what a killed process left, and nothing that somebody still writes", async () => {
  await withFolder({ ".keep.tmp": "", ".x.txt.0123abcd.tmp.txt": "" }, async (path) => {
    const names = () => [...Deno.readDirSync(path)].map(({ name }) => name).sort();
    await using open = await AtomicFile.create(join(path, "open.bin"));
    await killWhileWriting(join(path, "killed.bin"));
    assertEquals(names().length, 4, `${names()}`);
    // A folder is looked through once by each process: this one has done so.
    const child = await new Deno.Command("deno", {
      args: [
        ...["eval", "--ext=ts"],
        `import { writeFileAtomic } from "${new URL(
          "../../../../train/jobs/disk/atomic_file.ts",
          import.meta.url,
        )}"; await writeFileAtomic(${JSON.stringify(join(path, "new.txt"))}, "new");`,
      ],
      cwd: new URL("../../../..", import.meta.url),
    }).output();
    assertEquals(child.success, true, new TextDecoder().decode(child.stderr));
    assertEquals(names().filter((name) => name.includes("killed")), []);
    await open.commit();
    assertEquals(names(), [".keep.tmp", ".x.txt.0123abcd.tmp.txt", "new.txt", "open.bin"]);
  });
});

Deno.test("files with long names are written, and too long ones are told of", async () => {
  await withFolder({}, async (path) => {
    for (const name of ["n".repeat(251) + ".tif", "ü".repeat(125) + ".tif"]) {
      await writeFileAtomic(join(path, name), "x");
      assertEquals(await Deno.readTextFile(join(path, name)), "x");
    }
    const long = join(path, "n".repeat(252) + ".tif");
    await assertRejects(
      () => writeFileAtomic(long, "x"),
      TypeError,
      "this name is longer than the disk allows",
    );
    assertEquals([...Deno.readDirSync(path)].length, 2);
  });
});

Deno.test("links that lead nowhere, pipes and folders are told of, and nobody waits for them", async () => {
  await withFolder({ "real.tif": "x" }, async (path) => {
    await Deno.symlink(join(path, "gone.tif"), join(path, "link.tif"));
    const { success } = await new Deno.Command("sh", {
      args: ["-c", `mkfifo "$1"`, "sh", join(path, "pipe.tif")],
    }).output();
    assertEquals(success, true);
    assertEquals((await listFolder(disk, path)).images, ["link.tif", "real.tif"]);
    const cases: [name: string, says: string][] = [
      ["link.tif", "it is a link to something that does not exist"],
      ["pipe.tif", "it is a pipe or a device; name a file"],
      [".", "it is a folder; name a file"],
    ];
    for (const [name, says] of cases) {
      const file = join(path, name);
      for (
        const read of [() => disk.open(file), () => readWhole(file), () => readWholeText(file)]
      ) {
        await assertRejects(read, Error, says);
      }
    }
    await assertRejects(
      () => makeFolder(join(path, "link.tif")),
      Error,
      "it is a link to something that does not exist",
    );
  });
});
