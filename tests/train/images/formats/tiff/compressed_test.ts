// TIFF in compressions that libraries decode, or that old writers had: the numbers that other programs
// wrote. The files are those of fixtures/make_compressed.py.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { everyFormat as formats } from "../../../../../train/images/formats/every.ts";
import { decodeImage } from "../../../../../train/images/formats/decode.ts";
import { tiffBytes } from "../../../fixtures/tiff_bytes.ts";

interface Case {
  readonly file: string;
  readonly values: number[];
  readonly error: number;
}

const url = new URL("fixtures/compressed.json.gz", import.meta.url);
const packed = new Blob([await Deno.readFile(url)]).stream();
const cases: Record<string, Case> = await new Response(
  packed.pipeThrough(new DecompressionStream("gzip")),
).json();
const all = Object.entries(cases);
const bytesOf = ({ file }: Case) => Uint8Array.from(atob(file), (c) => c.charCodeAt(0));

Deno.test("decodeImage() reads every compression to the number", async () => {
  assertEquals(all.length, 21);
  for (const [name, each] of all) {
    const stack = await decodeImage(bytesOf(each), { formats });
    const pixels = await stack.page(0);
    assertEquals(pixels.length, each.values.length, name);
    const largest = each.values.reduce(
      (max, value, i) => Math.max(max, Math.abs(value - pixels[i])),
      0,
    );
    assert(largest <= each.error, `${name}: ${largest}`);
    const bias = each.values.reduce(
      (sum, value, i) => sum + (pixels[i] - value) / pixels.length,
      0,
    );
    assert(Math.abs(bias) <= each.error / 20, `${name}: ${bias} in the mean`);
    const isLossy = /jpeg|webp|JPEG/.test(name);
    assertEquals(stack.notes.some((note) => note.includes("detail")), isLossy, name);
  }
});

Deno.test("decodeImage() gives packed samples in 16 bits, and says how many they had", async () => {
  const stack = await decodeImage(bytesOf(cases["packed 12"]), { formats });
  assertEquals([stack.bits, (await stack.page(0)).constructor], [12, Uint16Array]);
});

Deno.test("decodeImage() refuses damaged streams of every compression, or reads other numbers", async () => {
  for (const [name, each] of all) {
    const file = bytesOf(each);
    for (let at = 8; at < file.length; at += Math.ceil(file.length / 12)) {
      const changed = file.slice();
      changed[at] ^= 0xff;
      try {
        const stack = await decodeImage(changed, { formats });
        if (stack.width * stack.height <= 4096) await stack.page(0);
      } catch (error) {
        assert(error instanceof SyntaxError, `${name}, byte ${at}: ${error}`);
      }
    }
  }
});

const PAGE = { width: 4, height: 3, data: Array.from({ length: 12 }, (_, i) => i) };

Deno.test("decodeImage() reads a page that is marked as a reduced one where there is no other", async () => {
  const reduced = { ...PAGE, tags: { 254: [1] } };
  const stack = await decodeImage(tiffBytes([reduced]));
  assertEquals([stack.length, [...await stack.page(0)]], [1, PAGE.data]);
  assertEquals((await decodeImage(tiffBytes([reduced, PAGE]))).length, 1);
});

Deno.test("decodeImage() reads the pages that have most pixels where sizes differ, and says so", async () => {
  const half = { width: 2, height: 2, data: [9, 9, 9, 9] };
  const other = { ...PAGE, data: PAGE.data.toReversed() };
  const stack = await decodeImage(tiffBytes([half, PAGE, half, other]));
  assertEquals([stack.length, stack.width, [...await stack.page(1)]], [2, 4, other.data]);
  assertEquals(stack.notes, [
    "its pages are not alike: the 2 of 4x3 pixels of 1 x 8-bit uint are read, 2 of 2x2 pixels of " +
    "1 x 8-bit uint left out",
  ]);
  const twice = { width: 4, height: 6, data: [...PAGE.data, ...PAGE.data] };
  const says = "page 3 is 4x6, page 1 is 4x3";
  await assertRejects(() => decodeImage(tiffBytes([PAGE, PAGE, twice])), SyntaxError, says);
});
