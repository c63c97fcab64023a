import { assertAlmostEquals, assertEquals } from "@std/assert";
import { decodeImage, readLabels, readPlane } from "../../../../train/images/formats/decode.ts";
import { IGNORED_LABEL } from "../../../../train/images/image.ts";
import { type TestFile, type TestPage, tiffBytes } from "../../fixtures/tiff_bytes.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";

/** Opens bytes as a file, and removes it afterwards. */
async function withTiff<T>(
  bytes: Uint8Array,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const path = await Deno.makeTempFile({ suffix: ".tif" });
  try {
    await Deno.writeFile(path, bytes);
    return await use(path);
  } finally {
    await Deno.remove(path);
  }
}

async function pageOf(page: TestPage, file: TestFile = {}): Promise<number[]> {
  return await withTiff(tiffBytes([page], file), async (path) => {
    const stack = await decodeImage(disk, path);
    assertEquals([stack.width, stack.height, stack.length], [page.width, page.height, 1]);
    return [...await stack.page(0)];
  });
}

/** A pattern with runs, steps and noise that fills the number type's range. */
function pattern({ width, height, samples = 1, bits = 8, format = "uint" }: Partial<TestPage>) {
  return Array.from({ length: width! * height! * samples }, (_, i) => {
    const noise = (Math.imul(i ^ (i >> 3), 2654435761) >>> 0) / 2 ** 32;
    const value = i % 7 < 3 ? 0.25 : noise;
    if (format === "float") return (bits === 16 ? Math.f16round : Math.fround)(value * 1e4 - 3000);
    const range = 2 ** Math.min(bits, 40);
    return Math.floor(value * range) - (format === "int" ? range / 2 : 0);
  });
}

const kinds = [
  { bits: 8, format: "uint" },
  { bits: 8, format: "int" },
  { bits: 16, format: "uint" },
  { bits: 16, format: "int" },
  { bits: 32, format: "uint" },
  { bits: 32, format: "int" },
  { bits: 16, format: "float" },
  { bits: 32, format: "float" },
  { bits: 64, format: "uint" },
  { bits: 64, format: "int" },
  { bits: 64, format: "float" },
] as const;

for (const compression of ["none", "lzw", "deflate", "packbits"] as const) {
  Deno.test(`decodeImage() reads every number type, byte order and layout with ${compression}`, async () => {
    const shape = { width: 21, height: 13 };
    for (const kind of kinds) {
      for (const littleEndian of [true, false]) {
        for (const layout of [{ rowsPerStrip: 5 }, { tile: [16, 8] as [number, number] }, {}]) {
          const data = pattern({ ...shape, ...kind });
          const page = { ...shape, ...kind, ...layout, compression, data };
          assertEquals(await pageOf(page, { littleEndian }), data);
        }
      }
    }
  });
}

Deno.test("decodeImage() undoes the horizontal predictor", async () => {
  const shape = { width: 19, height: 9, predictor: 2, compression: "lzw" } as const;
  for (const bits of [8, 16, 32] as const) {
    for (const samples of [1, 3]) {
      for (const littleEndian of [true, false]) {
        for (const layout of [{ rowsPerStrip: 4 }, { tile: [16, 16] as [number, number] }]) {
          const data = pattern({ ...shape, bits, samples });
          const page = { ...shape, ...layout, bits, samples, data };
          assertEquals(await pageOf(page, { littleEndian }), data);
        }
      }
    }
  }
});

Deno.test("decodeImage() undoes the floating-point predictor", async () => {
  const shape = { width: 11, height: 6, predictor: 3, compression: "deflate" } as const;
  for (const bits of [16, 32, 64] as const) {
    for (const littleEndian of [true, false]) {
      const data = pattern({ ...shape, bits, format: "float" });
      const page = { ...shape, bits, format: "float" as const, rowsPerStrip: 4, data };
      assertEquals(await pageOf(page, { littleEndian }), data);
    }
  }
});

Deno.test("decodeImage() reads samples stored plane by plane", async () => {
  const shape = { width: 10, height: 7, samples: 3, planar: true };
  const data = pattern(shape);
  assertEquals(await pageOf({ ...shape, rowsPerStrip: 3, data }), data);
  assertEquals(await pageOf({ ...shape, tile: [16, 16], compression: "lzw", data }), data);
});

Deno.test("decodeImage() reads BigTIFF", async () => {
  const page = {
    width: 9,
    height: 5,
    bits: 16 as const,
    rowsPerStrip: 2,
    description: "long text",
  };
  const data = pattern(page);
  for (const littleEndian of [true, false]) {
    assertEquals(await pageOf({ ...page, data }, { big: true, littleEndian }), data);
  }
});

Deno.test("decodeImage() reads a strip as high as 2^32 - 1 rows and a single pixel", async () => {
  const page = { width: 1, height: 1, data: [7], tags: { 278: [2 ** 32 - 1] } };
  assertEquals(await pageOf(page), [7]);
});

Deno.test("decodeImage() unpacks 1, 2 and 4 bits", async () => {
  for (
    const [bits, packed, expected] of [
      [1, [0b10110000, 0b01000000], [1, 0, 1, 0, 1, 0]],
      [2, [0b11011000, 0b00011100], [3, 1, 2, 0, 1, 3]],
      [4, [0xf1, 0x20, 0x03, 0xa0], [15, 1, 2, 0, 3, 10]],
    ] as const
  ) {
    const page = { width: packed.length / 2, height: 2, data: packed, tags: {} };
    const tags = { 256: [3], 258: [bits] };
    const bytes = tiffBytes([{ ...page, tags }]);
    const read = await withTiff(
      bytes,
      async (path) => [...await (await decodeImage(disk, path)).page(0)],
    );
    assertEquals(read, [...expected], `${bits} bits`);
  }
});

Deno.test("decodeImage() agrees with libtiff on an LZW stream that clears its table", async () => {
  // Made with Pillow: Image.fromarray(a).save("libtiff_lzw.tif", compression="tiff_lzw") where
  // a[y, x] = ((x * 7919 ^ y * 104729) * 2654435761 mod 2^32) >> 24.
  const path = new URL("../../fixtures/libtiff_lzw.tif", import.meta.url).pathname;
  const expected = Array.from({ length: 80 * 80 }, (_, i) => {
    const [x, y] = [i % 80, Math.floor(i / 80)];
    return Math.imul((x * 7919) ^ (y * 104729), 2654435761) >>> 24;
  });
  assertEquals([...await (await decodeImage(disk, path)).page(0)], expected);
});

Deno.test("decodeImage() keeps the pages of a plain stack as frames in time", async () => {
  const pages = [1, 2, 3].map((value) => ({ width: 2, height: 1, data: [value, value] }));
  await withTiff(tiffBytes(pages), async (path) => {
    const stack = await decodeImage(disk, path);
    assertEquals(stack.axes, { t: 3, z: 1, c: 1 });
    assertEquals([...await stack.page(2)], [3, 3]);
  });
});

/** Six pages whose only pixel is the page number, under a description. */
async function axesOf(description: string, pages = 6) {
  const content = Array.from({ length: pages }, (_, i) => ({
    width: 1,
    height: 1,
    data: [i],
    ...(i === 0 ? { description } : {}),
  }));
  return await withTiff(tiffBytes(content), async (path) => {
    const { axes, order } = await decodeImage(disk, path);
    return [axes.t, axes.z, axes.c, order.join("")];
  });
}

Deno.test("decodeImage() reads ImageJ's axes: channel fastest, then slice, then frame", async () => {
  assertEquals(
    await axesOf("ImageJ=1.53t\nimages=6\nchannels=2\nslices=1\nframes=3\nhyperstack=true\n"),
    [3, 1, 2, "012345"],
  );
  assertEquals(await axesOf("ImageJ=1.53t\nimages=6\nslices=6\n"), [1, 6, 1, "012345"]);
});

Deno.test("decodeImage() ignores an ImageJ description that was left over", async () => {
  assertEquals(await axesOf("ImageJ=1.53t\nimages=2\nframes=2\n"), [6, 1, 1, "012345"]);
});

Deno.test("decodeImage() reads OME axes in any order of dimensions", async () => {
  const ome = (order: string, inside = "") =>
    `<?xml version="1.0"?><OME xmlns="x"><Image ID="I"><Pixels ID="P" DimensionOrder="${order}" ` +
    `SizeX="1" SizeY="1" SizeC="2" SizeZ="1" SizeT="3" Type="uint8">${inside}</Pixels></Image></OME>`;
  assertEquals(await axesOf(ome("XYCZT")), [3, 1, 2, "012345"]);
  assertEquals(await axesOf(ome("XYTZC")), [3, 1, 2, "031425"]);
  assertEquals(
    await axesOf(ome("XYTZC", '<TiffData IFD="0" PlaneCount="6"/>')),
    [3, 1, 2, "031425"],
  );
  const swapped = [5, 4, 3, 2, 1, 0].map((page, i) =>
    `<TiffData IFD="${page}" FirstC="${i % 2}" FirstT="${Math.floor(i / 2)}" FirstZ="0"/>`
  ).join("");
  assertEquals(await axesOf(ome("XYCZT", swapped)), [3, 1, 2, "543210"]);
});

Deno.test("decodeImage() finds the pages of ImageJ's stacks with one directory", async () => {
  const page = { width: 2, height: 3, data: [1, 1, 2, 2, 3, 3], description: "" };
  page.description = "ImageJ=1.53t\nimages=3\nframes=3\n";
  // One strip of one row each as far as the directory knows; the pixels go on behind it.
  const bytes = tiffBytes([{ ...page, tags: { 257: [1], 278: [1], 279: [2] } }]);
  await withTiff(bytes, async (path) => {
    const stack = await decodeImage(disk, path);
    assertEquals([stack.axes.t, stack.width, stack.height], [3, 2, 1]);
    assertEquals([...await stack.page(1)], [2, 2]);
    assertEquals([...await stack.page(2)], [3, 3]);
  });
});

Deno.test("decodeImage() leaves out thumbnails and says so", async () => {
  const page = { width: 2, height: 2, data: [1, 2, 3, 4] };
  const thumbnail = { width: 1, height: 1, data: [9], tags: { 254: [1] } };
  await withTiff(tiffBytes([page, thumbnail]), async (path) => {
    const stack = await decodeImage(disk, path);
    assertEquals(stack.length, 1);
    assertEquals(stack.notes.length, 1);
  });
});

Deno.test("readPlane() converts RGB by luminance, keeps grey exact and says so", async () => {
  const data = [10, 10, 10, 255, 0, 0, 0, 255, 0, 0, 0, 255];
  await withTiff(tiffBytes([{ width: 2, height: 2, samples: 3, data }]), async (path) => {
    const stack = await decodeImage(disk, path);
    assertEquals(stack.notes, ["RGB converted to grey"]);
    const plane = await readPlane(stack, 0);
    assertEquals(plane.data[0], 10);
    assertAlmostEquals(plane.data[1], 255 * 0.2125, 1e-4);
    assertAlmostEquals(plane.data[2], 255 * 0.7154, 1e-4);
    assertAlmostEquals(plane.data[3], 255 * 0.0721, 1e-4);
  });
});

Deno.test("readLabels() gives 32-bit ids exactly", async () => {
  const data = [0, 65536, 2 ** 24 + 1, 2 ** 32 - 2];
  await withTiff(tiffBytes([{ width: 2, height: 2, bits: 32, data }]), async (path) => {
    const labels = await readLabels(await decodeImage(disk, path), 0);
    assertEquals([...labels.data], data);
  });
});

Deno.test("readLabels() marks pixels that hold the number to ignore, whatever that is", async () => {
  const cases = [
    [{ bits: 8, data: [0, 1, 255] }, 255, [0, 1, IGNORED_LABEL]],
    [{ bits: 8, data: [0, 1, 255] }, 7, [0, 1, 255]],
    [{ bits: 16, format: "int", data: [0, 3, -1] }, -1, [0, 3, IGNORED_LABEL]],
    [{ bits: 32, data: [0, 3, 2 ** 32 - 1] }, 2 ** 32 - 1, [0, 3, IGNORED_LABEL]],
    [{ bits: 32, format: "float", data: [0, 3, -2] }, -2, [0, 3, IGNORED_LABEL]],
  ] as const;
  for (const [page, ignoreLabel, expected] of cases) {
    const bytes = tiffBytes([{ width: 3, height: 1, ...page, data: [...page.data] }]);
    await withTiff(bytes, async (path) => {
      const stack = await decodeImage(disk, path);
      assertEquals([...(await readLabels(stack, 0, { ignoreLabel })).data], [...expected]);
    });
  }
});

Deno.test("readLabels() takes whole floats and grey RGB", async () => {
  const float = tiffBytes([{ width: 2, height: 1, bits: 32, format: "float", data: [0, 300] }]);
  const rgb = tiffBytes([{ width: 2, height: 1, samples: 3, data: [0, 0, 0, 7, 7, 7] }]);
  const read = async (
    path: string,
  ) => [...(await readLabels(await decodeImage(disk, path), 0)).data];
  assertEquals(await withTiff(float, read), [0, 300]);
  assertEquals(await withTiff(rgb, read), [0, 7]);
});
