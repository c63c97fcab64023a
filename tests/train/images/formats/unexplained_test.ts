// Small files that ask for far more memory or time than their bytes explain: each is one error that names
// the file, at once.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { crc32, deflateSync } from "node:zlib";
import { deflate } from "../../../../train/images/formats/deflate.ts";
import { decodeImage, readPlane } from "../../../../train/images/formats/decode.ts";
import { encodeLabelTiff } from "../../../../train/images/formats/encode.ts";
import { compressPage, labelPage } from "../../../../train/images/formats/tiff_stack.ts";
import { heldSource } from "../../../../train/images/source.ts";

/** A little-endian TIFF: tags of each page as lists of longs, and blocks of bytes by name. */
function tiffOf(
  blocks: Record<string, Uint8Array>,
  pages: (
    places: Record<string, number>,
  ) => Record<number, number | { at: number; count: number }>[],
): Uint8Array {
  const places: Record<string, number> = {};
  let length = 8;
  for (const [name, block] of Object.entries(blocks)) {
    places[name] = length;
    length += block.length + block.length % 2;
  }
  const directories = pages(places);
  const bytes = new Uint8Array(
    length + directories.reduce((sum, tags) => sum + 6 + 12 * Object.keys(tags).length, 0),
  );
  const view = new DataView(bytes.buffer);
  bytes.set([0x49, 0x49, 42, 0]);
  for (const [name, block] of Object.entries(blocks)) bytes.set(block, places[name]);
  let link = 4;
  let at = length;
  for (const tags of directories) {
    view.setUint32(link, at, true);
    const entries = Object.entries(tags);
    view.setUint16(at, entries.length, true);
    entries.forEach(([tag, value], i) => {
      const entry = at + 2 + 12 * i;
      const { at: place, count } = typeof value === "number" ? { at: value, count: 1 } : value;
      view.setUint16(entry, Number(tag), true);
      view.setUint16(entry + 2, 4, true);
      view.setUint32(entry + 4, count, true);
      view.setUint32(entry + 8, place, true);
    });
    link = at + 2 + 12 * entries.length;
    at = link + 4;
  }
  return bytes;
}

function longs(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

/** Tags of a deflated page of one strip for `rows` rows. */
const PAGE = { 258: 8, 259: 8, 262: 1, 277: 1 };

async function refused(name: string, bytes: Uint8Array, says: string): Promise<void> {
  const start = performance.now();
  const error = await assertRejects(
    async () => await readPlane(await decodeImage(heldSource(new Map([[name, bytes]])), name), 0),
    SyntaxError,
    says,
  );
  assert(error.message.startsWith(`Cannot read ${name}: `), error.message);
  assert(performance.now() - start < 2000, `${name} took ${performance.now() - start} ms`);
}

Deno.test("decodeImage() refuses strips that share bytes: together they claim more than these explain", async () => {
  const strip = new Uint8Array(deflateSync(new Uint8Array(2 ** 22)));
  const count = 64;
  const blocks = {
    strip,
    offsets: longs(...new Array(count).fill(8)),
    counts: longs(...new Array(count).fill(strip.length)),
  };
  const bytes = tiffOf(blocks, ({ offsets, counts }) => [{
    ...{ 256: 2048, 257: 2048 * count, ...PAGE, 278: 2048 },
    ...{ 273: { at: offsets, count }, 279: { at: counts, count } },
  }]);
  await refused("shared.tif", bytes, "as its strips or tiles share bytes");
});

Deno.test("decodeImage() refuses pages that share a long list of strips", async () => {
  const count = 20_000;
  const blocks = {
    strip: new Uint8Array(64),
    offsets: longs(...new Array(count).fill(8)),
    counts: longs(...new Array(count).fill(64)),
  };
  const bytes = tiffOf(blocks, ({ offsets, counts }) =>
    Array.from({ length: 400 }, () => ({
      ...{ 256: 8, 257: 8, ...PAGE, 259: 1, 278: 8 },
      ...{ 273: { at: offsets, count }, 279: { at: counts, count } },
    })));
  await refused("lists.tif", bytes, "its pages share lists of values");
});

Deno.test("decodeImage() refuses headers of gigapixels that a few bytes stand for", async () => {
  const side = 2 ** 15;
  // One bit a pixel: 128 MiB of them are 130 KB, and 4 GiB as floats.
  const strip = new Uint8Array(deflateSync(new Uint8Array(2 ** 27)));
  const tiff = tiffOf({ strip }, () => [{
    ...{ 256: side, 257: side, ...PAGE, 258: 1, 278: side },
    ...{ 273: 8, 279: strip.length },
  }]);
  await refused("bits.tif", tiff, "hardly page 1 of 32768x32768 pixels");
  const rows = new Uint8Array(deflateSync(new Uint8Array(side * (1 + side / 8))));
  const png = pngOf({ width: side, height: side, bits: 1, colour: 0 }, [["IDAT", rows]]);
  await refused("bits.png", png, "hardly an image of 32768x32768 pixels");
});

/** A PNG of some parts. */
function pngOf(
  { width, height, bits, colour }: { width: number; height: number; bits: number; colour: number },
  parts: readonly [type: string, content: Uint8Array][],
): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([bits, colour], 8);
  const all = [["IHDR", header], ...parts, ["IEND", new Uint8Array()]] as const;
  const bytes = [Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)];
  for (const [type, content] of all) {
    const part = new Uint8Array(12 + content.length);
    const view = new DataView(part.buffer);
    view.setUint32(0, content.length);
    part.set(new TextEncoder().encode(type), 4);
    part.set(content, 8);
    view.setUint32(8 + content.length, crc32(part.subarray(4, 8 + content.length)));
    bytes.push(part);
  }
  return new Uint8Array(bytes.flatMap((part) => [...part]));
}

Deno.test("decodeImage() does not unpack a colour profile", async () => {
  const profile = deflateSync(new Uint8Array(2 ** 29));
  const content = new Uint8Array([...new TextEncoder().encode("p\0\0"), ...profile]);
  const rows = new Uint8Array(deflateSync(Uint8Array.of(0, 7, 8, 0, 9, 10)));
  const bytes = pngOf({ width: 2, height: 2, bits: 8, colour: 0 }, [["iCCP", content], [
    "IDAT",
    rows,
  ]]);
  const start = performance.now();
  const source = heldSource(new Map([["profile.png", bytes]]));
  const { data } = await readPlane(await decodeImage(source, "profile.png"), 0);
  assertEquals([...data], [7, 8, 9, 10]);
  assert(performance.now() - start < 1000, "it is not unpacked");
});

Deno.test("decodeImage() refuses bits that a PNG's colour type cannot have", async () => {
  const rows = new Uint8Array(deflateSync(new Uint8Array(100)));
  const cases: [bits: number, colour: number][] = [[1, 2], [16, 3], [4, 4], [2, 6], [3, 0]];
  for (const [bits, colour] of cases) {
    const bytes = pngOf({ width: 4, height: 4, bits, colour }, [["IDAT", rows]]);
    await refused(
      "bits.png",
      bytes,
      `its header is damaged (${bits} bits of colour type ${colour})`,
    );
  }
});

Deno.test("decodeImage() reads large blank images that are what they say", async () => {
  const labels = { width: 8192, height: 8192, data: new Uint32Array(2 ** 26) };
  const bytes = encodeLabelTiff([labels]);
  const source = heldSource(new Map([["blank.tif", bytes]]));
  const { data } = await readPlane(await decodeImage(source, "blank.tif"), 0);
  assertEquals(data.length, 2 ** 26);
});

Deno.test("compressed strips hold their own bytes and no more, however many wait in memory", () => {
  const data = Uint32Array.from({ length: 256 * 256 }, (_, i) => i % 7);
  const { strips } = compressPage(labelPage({ width: 256, height: 256, data }, { wide: false }));
  for (const strip of [...strips, deflate(new Uint8Array(10))]) {
    assertEquals(strip.buffer.byteLength, strip.length);
  }
});
