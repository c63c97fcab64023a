import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { decodeImage, readPlane } from "../../../../train/images/formats/decode.ts";
import { openZSequence } from "../../../../train/images/series/z_stack.ts";
import { type SparseTiff, writeSparseTiff } from "../../fixtures/sparse_tiff.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";

/** The largest movie of the paper: 260 frames of 96 planes of 512x512 at 16 bits, 13 GB. */
const movie: SparseTiff = {
  size: 512,
  pages: 260 * 96,
  strips: 16,
  description: "ImageJ=1.53t\nimages=24960\nslices=96\nframes=260\nhyperstack=true\n",
  values: new Map([[0, 7], [96 * 130 + 47, 11], [96 * 260 - 1, 13]]),
};

/** Writes a sparse file and removes it after use. */
async function withSparse<T>(file: SparseTiff, use: (path: string) => Promise<T>): Promise<T> {
  return await withFolder({}, async (folder) => {
    const path = join(folder, "movie.tif");
    writeSparseTiff(path, file);
    return await use(path);
  });
}

Deno.test("openZSequence() reads single planes of a BigTIFF of 13 GB in little memory", async () => {
  await withSparse(movie, async (path) => {
    assert(Deno.statSync(path).size > 13e9);
    const before = Deno.memoryUsage();
    const sequence = await openZSequence(disk, path);
    assertEquals([sequence.length, sequence.depth], [260, 96]);
    assertEquals([sequence.width, sequence.height], [512, 512]);
    for (const [t, z, value] of [[0, 0, 7], [130, 47, 11], [259, 95, 13], [130, 46, 0]]) {
      const { data } = await sequence.plane(t, z);
      assertEquals(data.length, 512 * 512);
      assert(data.every((pixel) => pixel === value), `time ${t}, plane ${z}`);
    }
    const after = Deno.memoryUsage();
    const grown = after.rss - before.rss;
    // Four planes are 4 MiB; what the engine has not collected yet is most of the rest.
    assert(grown < 128 * 2 ** 20, `it took ${Math.round(grown / 2 ** 20)} MiB`);
  });
});

Deno.test("openZSequence() keeps of a page only where it is, however many strips it has", async () => {
  // 4000 pages of 512 strips: kept as objects, their positions would take 150 MB.
  const description = "ImageJ=1.53t\nimages=4000\nslices=80\nframes=50\n";
  const file = { ...movie, pages: 4000, strips: 512, description, values: new Map([[3999, 5]]) };
  await withSparse(file, async (path) => {
    const before = Deno.memoryUsage();
    const { axes, page } = await decodeImage(disk, path);
    assertEquals([axes.t, axes.z], [50, 80]);
    const after = Deno.memoryUsage();
    assert(after.rss - before.rss < 64 * 2 ** 20, `it took ${after.rss - before.rss} bytes`);
    assertEquals((await page(3999))[512 * 512 - 1], 5);
  });
});

const small: SparseTiff = { ...movie, pages: 2, strips: 1, description: "", values: new Map() };
const firstDirectory = 16 + 2 * 512 * 512 * 2;

/** Damages 8 bytes of a sparse file that is blown up to 6 GB, and reads its last page. */
async function readDamaged(offset: number, value: bigint, file = small): Promise<void> {
  await withSparse(file, async (path) => {
    const bytes = new DataView(new ArrayBuffer(8));
    bytes.setBigUint64(0, value, true);
    const output = Deno.openSync(path, { write: true });
    output.seekSync(offset, Deno.SeekMode.Start);
    output.writeSync(new Uint8Array(bytes.buffer));
    output.truncateSync(6e9);
    output.close();
    const stack = await decodeImage(disk, path);
    await readPlane(stack, stack.length - 1);
  });
}

Deno.test("decodeImage() refuses damaged counts of a BigTIFF without allocating them", async () => {
  const countOf = (entry: number) => firstDirectory + 8 + 20 * entry + 4;
  const refused = async (offset: number, value: bigint, words: string) => {
    const error = await assertRejects(() => readDamaged(offset, value), SyntaxError, words);
    assert(error.message.startsWith("Cannot read ") && error.message.includes("movie.tif: "));
  };
  // Each of these lies inside the file of 6 GB, so that only its absurdity gives it away.
  await refused(firstDirectory, 200_000_000n, "has 200000000 tags");
  await refused(countOf(6), 400_000_000n, "tag 273 has 400000000 values");
  await refused(countOf(5), 4_000_000_000n, "tag 270 has 4000000000 values");
  await refused(8, 1n << 60n, "it points far outside itself");
  await refused(8, 5_999_999_999n, "cut short");
  await refused(8, 5_000_000_000n, "page 1 has no size");
  await refused(4, 4n, "offsets of 4 bytes");
});

Deno.test("decodeImage() reads no more of a strip than its pixels can take", async () => {
  // The byte count of page 2's only strip says 5 GB: what lies beyond its pixels is left alone.
  const secondDirectory = firstDirectory + 8 + 20 * 9 + 8;
  await readDamaged(secondDirectory + 8 + 20 * 8 + 12, 5_000_000_000n);
});
