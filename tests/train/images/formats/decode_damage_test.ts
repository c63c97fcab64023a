import { assert, assertEquals, assertRejects } from "@std/assert";
import { deflateSync } from "node:zlib";
import { Random } from "../../../../train/images/random.ts";
import { decodeImage, readLabels, readPlane } from "../../../../train/images/formats/decode.ts";
import { encodePng } from "../../../../train/images/formats/encode_png.ts";
import { withFile, withFolder } from "../../fixtures/temporary.ts";
import { lzw, type TestPage, tiffBytes } from "../../fixtures/tiff_bytes.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";

/** Decodes all pages of a file with these bytes. */
async function decodeAll(bytes: Uint8Array, name = "a.tif"): Promise<void> {
  await withFile(name, bytes, async (path) => {
    const stack = await decodeImage(disk, path);
    for (let i = 0; i < stack.length; i++) {
      const { length } = await stack.page(i);
      assertEquals(length, stack.width * stack.height * stack.samples);
    }
  });
}

/** Checks that the bytes are refused as file content, with the file's name and these words. */
async function assertRefused(bytes: Uint8Array, words: string, name = "a.tif"): Promise<void> {
  const error = await assertRejects(() => decodeAll(bytes, name), SyntaxError, words);
  assert(error.message.startsWith("Cannot read ") && error.message.includes(name));
  assert(error.message.includes("; "), "a remedy is named");
}

/** Small files of different kinds, each with two pages. */
function samples(): Record<string, Uint8Array<ArrayBuffer>> {
  const random = new Random(3);
  const data = Array.from({ length: 12 * 9 }, (_, i) => i % 5 < 3 ? 7 : random.integer(200));
  const page: TestPage = { width: 12, height: 9, data };
  const both = (change: Partial<TestPage>) => [{ ...page, ...change }, { ...page, ...change }];
  return {
    raw: tiffBytes(both({ bits: 16, rowsPerStrip: 4 })),
    lzw: tiffBytes(both({ compression: "lzw", predictor: 2, rowsPerStrip: 4 })),
    deflate: tiffBytes(both({ compression: "deflate", tile: [16, 16] }), { littleEndian: false }),
    packbits: tiffBytes(both({ compression: "packbits" }), { big: true }),
    png: encodePng({ width: 12, height: 9, channels: 1, data: Uint8Array.from(data) }),
  };
}

Deno.test("decodeImage() refuses every truncation of every kind of file", async () => {
  for (const [kind, bytes] of Object.entries(samples())) {
    await decodeAll(bytes);
    for (let length = 0; length < bytes.length; length += 3) {
      await assertRejects(
        () => decodeAll(bytes.slice(0, length)),
        SyntaxError,
        "",
        `${kind} ${length}`,
      );
    }
  }
});

Deno.test("decodeImage() refuses a flipped bit or decodes to the right size", async () => {
  const random = new Random(11);
  for (const [kind, bytes] of Object.entries(samples())) {
    for (let round = 0; round < 400; round++) {
      const damaged = bytes.slice();
      for (let flips = 1 + random.integer(3); flips > 0; flips--) {
        damaged[random.integer(damaged.length)] ^= 1 << random.integer(8);
      }
      try {
        await decodeAll(damaged);
      } catch (error) {
        assert(error instanceof SyntaxError, `${kind} ${round}: ${error}`);
        assert(error.message.startsWith("Cannot read "), error.message);
      }
    }
  }
});

Deno.test("decodeImage() notices any flipped bit in a PNG", async () => {
  const { png } = samples();
  for (let bit = 0; bit < png.length * 8; bit += 5) {
    const damaged = png.slice();
    damaged[bit >> 3] ^= 1 << (bit & 7);
    // The checksum of the end mark protects nothing.
    if (bit >> 3 < png.length - 4) await assertRejects(() => decodeAll(damaged), SyntaxError);
  }
});

Deno.test("decodeImage() refuses what is no image", async () => {
  await assertRefused(new Uint8Array(0), "it is empty");
  await assertRefused(new TextEncoder().encode("Hello world"), "neither PNG nor TIFF");
  await assertRefused(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 0, 0, 0), "JPEG");
  await assertRefused(Uint8Array.of(0x49), "neither PNG nor TIFF");
});

Deno.test("decodeImage() names a missing file and a folder", async () => {
  await assertRejects(() => decodeImage(disk, "no/a.tif"), Deno.errors.NotFound, "no/a.tif");
  await withFolder({}, async (path) => {
    await assertRejects(() => decodeImage(disk, path), TypeError, "it is a folder");
  });
});

Deno.test("decodeImage() refuses a circle of directories", async () => {
  const bytes = tiffBytes([{ width: 1, height: 1, data: [1] }]);
  const directory = new DataView(bytes.buffer).getUint32(4, true);
  new DataView(bytes.buffer).setUint32(bytes.length - 4, directory, true);
  await assertRefused(bytes, "circle");
});

Deno.test("decodeImage() refuses sizes that the file cannot hold, without allocating them", async () => {
  const page = { width: 4, height: 4, data: new Array(16).fill(5) };
  for (const compression of ["none", "lzw", "deflate", "packbits"] as const) {
    const tags = { 256: [30000], 257: [30000], 278: [30000] };
    await assertRefused(tiffBytes([{ ...page, compression, tags }]), "bytes of pixels");
  }
  await assertRefused(tiffBytes([{ ...page, tags: { 256: [2 ** 32 - 1] } }]), "too large");
  await assertRefused(
    tiffBytes([{ ...page, tile: [16, 16], tags: { 322: [2 ** 31], 323: [2 ** 31] } }]),
    "tiles of",
  );
  await assertRefused(tiffBytes([{ ...page, tags: { 256: [0] } }]), "no size");
});

Deno.test("decodeImage() refuses strips that are missing or outside the file", async () => {
  const page = { width: 4, height: 4, rowsPerStrip: 2, data: new Array(16).fill(5) };
  await assertRefused(tiffBytes([{ ...page, tags: { 273: [8], 279: [8] } }]), "1 of the 2 strips");
  await assertRefused(tiffBytes([{ ...page, tags: { 279: [8] } }]), "2 strips or tiles with 1");
  await assertRefused(tiffBytes([{ ...page, tags: { 273: [8, 9999] } }]), "cut short");
  await assertRefused(tiffBytes([{ ...page, tags: { 279: [8, 0] } }]), "only 0 bytes");
});

/** A file whose only strip holds these compressed bytes. */
function withStrip(strip: Uint8Array, compression: number, pixels: number): Uint8Array {
  const page = { width: strip.length, height: 1, data: [...strip] };
  return tiffBytes([{ ...page, tags: { 256: [pixels], 259: [compression] } }]);
}

Deno.test("decodeImage() refuses compressed strips that end early or go on for too long", async () => {
  const noise = Uint8Array.from({ length: 600 }, (_, i) => Math.imul(i, 2654435761) >>> 24);
  for (const [compression, encode] of [[5, lzw], [8, deflateSync]] as const) {
    await decodeAll(withStrip(encode(noise), compression, 600));
    await assertRefused(withStrip(encode(noise), compression, 700), "ends after 600 of 700");
    await assertRefused(withStrip(encode(noise), compression, 500), "more than the 500");
  }
  await assertRefused(withStrip(Uint8Array.of(255, 3, 5, 1), 32773, 6), "ends after 2 of 6");
  await assertRefused(withStrip(Uint8Array.of(200, 3), 32773, 6), "more than the 6");
});

Deno.test("decodeImage() reads LZW without an end code", async () => {
  await decodeAll(withStrip(lzw(new Uint8Array(600).fill(3), { end: false }), 5, 600));
});

Deno.test("decodeImage() refuses LZW codes that are not in the table", async () => {
  // 9-bit codes: clear, 65, then 300 where at most 258 can follow.
  const bits = [256, 65, 300].map((code) => code.toString(2).padStart(9, "0")).join("").padEnd(
    32,
    "0",
  );
  const strip = Uint8Array.from({ length: 4 }, (_, i) => parseInt(bits.slice(8 * i, 8 * i + 8), 2));
  await assertRefused(withStrip(strip, 5, 4), "code 300 after 1 bytes");
});

Deno.test("decodeImage() notices damage in a deflate stream", async () => {
  const strip = deflateSync(new Uint8Array(600));
  strip[strip.length - 1] ^= 1;
  await assertRefused(withStrip(strip, 8, 600), "deflate stream is damaged");
});

Deno.test("decodeImage() refuses kinds of TIFF that it cannot read exactly", async () => {
  const page = { width: 2, height: 2, data: [1, 2, 3, 4] };
  await assertRefused(tiffBytes([{ ...page, tags: { 259: [7] } }]), "its JPEG stream has no frame");
  await assertRefused(tiffBytes([{ ...page, tags: { 259: [6] } }]), "JPEG of old writers");
  await assertRefused(tiffBytes([{ ...page, tags: { 259: [12345] } }]), "compression 12345");
  await assertRefused(tiffBytes([{ ...page, tags: { 258: [24], 339: [2] } }]), "24-bit int");
  await assertRefused(tiffBytes([{ ...page, tags: { 262: [6] } }]), "colour space 6");
  await assertRefused(tiffBytes([{ ...page, tags: { 317: [34892] } }]), "predictor 34892");
  await assertRefused(tiffBytes([{ ...page, tags: { 339: [6] } }]), "format 6");
  await assertRefused(tiffBytes([{ ...page, tags: { 258: [8, 16] } }]), "different sizes");
  const large = { ...page, bits: 64 as const, data: [1, 2, 3, 2 ** 60] };
  await assertRefused(tiffBytes([large]), "above 2^53");
});

Deno.test("decodeImage() refuses pages of different size or kind and names both", async () => {
  const page = { width: 2, height: 2, data: [1, 2, 3, 4] };
  await assertRefused(
    tiffBytes([page, { width: 1, height: 4, data: page.data }]),
    "page 2 is 1x4, page 1 is 2x2",
  );
  await assertRefused(tiffBytes([page, { ...page, bits: 16 }]), "page 2 is 1 x 16-bit uint");
});

Deno.test("decodeImage() refuses a stack whose description speaks of more pages", async () => {
  const page = { width: 1, height: 1, data: [1], compression: "lzw" as const };
  const ome = '<OME><Pixels DimensionOrder="XYZCT" SizeC="1" SizeZ="1" SizeT="5"/></OME>';
  await assertRefused(tiffBytes([{ ...page, description: ome }]), "5 planes, 1 is in this file");
  const imagej = "ImageJ=1.53t\nimages=900000000\nframes=900000000\n";
  await assertRefused(tiffBytes([{ ...page, description: imagej }]), "900000000 images, 1 is");
});

Deno.test("stack.page() refuses pages that are not there", async () => {
  await withFile("a.tif", tiffBytes([{ width: 1, height: 1, data: [1] }]), async (path) => {
    const stack = await decodeImage(disk, path);
    for (const page of [-1, 1, 0.5, NaN]) {
      await assertRejects(
        () => stack.page(page),
        RangeError,
        "0 to 0",
      );
    }
  });
});

Deno.test("readPlane() refuses NaN and infinite pixels and counts them", async () => {
  const data = [1, NaN, Infinity, -Infinity];
  const bytes = tiffBytes([{ width: 2, height: 2, bits: 32, format: "float", data }]);
  await withFile("a.tif", bytes, async (path) => {
    const stack = await decodeImage(disk, path);
    await assertRejects(() => readPlane(stack, 0), SyntaxError, "3 of 4 pixels on page 1");
  });
});

Deno.test("readLabels() refuses numbers that are no ids and colours", async () => {
  for (
    const [page, words] of [
      [{ bits: 32, format: "float", data: [0, 1.5] }, "pixel (1, 0) of page 1 is 1.5"],
      [{ bits: 32, format: "float", data: [NaN, 1] }, "is NaN"],
      [{ bits: 16, format: "int", data: [0, -1] }, "is -1"],
      [{ bits: 16, format: "int", data: [0, -1] }, "leave such pixels out with --ignore-label=-1"],
      [{ bits: 32, data: [0, 2 ** 32 - 1] }, "out with --ignore-label=4294967295"],
      [{ bits: 64, data: [0, 2 ** 32] }, "is 4294967296"],
      [{ samples: 3, data: [0, 0, 0, 1, 2, 3] }, "coloured"],
    ] as const
  ) {
    const bytes = tiffBytes([{ width: 2, height: 1, ...page, data: [...page.data] }]);
    await withFile("a.tif", bytes, async (path) => {
      const stack = await decodeImage(disk, path);
      await assertRejects(() => readLabels(stack, 0), SyntaxError, words);
    });
  }
});
