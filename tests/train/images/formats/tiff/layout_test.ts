// Which page is which plane, by what ImageJ, OME software and tifffile write into a file.
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { decodeImage } from "../../../../../train/images/formats/decode.ts";
import { heldSource } from "../../../../../train/images/source.ts";
import { type TestPage, tiffBytes } from "../../../fixtures/tiff_bytes.ts";

/** A file of pages of one pixel, numbered on from `first`. */
function numbered(
  pages: number,
  { first = 0, ...page }: Partial<TestPage> & { first?: number },
): Uint8Array<ArrayBuffer> {
  return tiffBytes(Array.from({ length: pages }, (_, i) => ({
    width: 1,
    height: 1,
    data: [first + i],
    ...(i === 0 ? page : {}),
  })));
}

/** Sizes, and the value of each plane by time, slice and channel. */
async function layoutOf(
  files: Record<string, Uint8Array<ArrayBuffer> | string>,
  name = Object.keys(files)[0],
) {
  const encode = (content: Uint8Array<ArrayBuffer> | string) =>
    typeof content === "string" ? new TextEncoder().encode(content) : content;
  const source = heldSource(
    new Map(Object.entries(files).map(([path, content]) => [path, encode(content)])),
  );
  const stack = await decodeImage(source, name);
  const { axes: { t, z, c } } = stack;
  const values = await Promise.all(stack.order.map(async (page) => (await stack.page(page))[0]));
  return { sizes: [t, z, c], planes: values.join(" "), notes: stack.notes, stack };
}

const IMAGEJ = "ImageJ=1.53t\nimages=12\nchannels=2\nslices=3\nframes=2\nhyperstack=true\n";

Deno.test("decodeImage() follows the order that an ImageJ description names", async () => {
  const of = async (order: string) =>
    (await layoutOf({ "a.tif": numbered(12, { description: IMAGEJ + order }) })).planes;
  assertEquals(await of(""), "0 1 2 3 4 5 6 7 8 9 10 11");
  assertEquals(await of("order=zct\n"), "0 3 1 4 2 5 6 9 7 10 8 11");
  assertEquals(await of("order=XYTZC\n"), "0 6 2 8 4 10 1 7 3 9 5 11");
  assertEquals(await of("order=odd\n"), await of(""));
});

Deno.test("decodeImage() reads the whole frames of an ImageJ stack that was to be longer", async () => {
  const description = "ImageJ=1.53t\nimages=7\nchannels=2\nframes=50\n";
  const { sizes, planes, notes } = await layoutOf({ "a.tif": numbered(7, { description }) });
  assertEquals([sizes, planes], [[3, 1, 2], "0 1 2 3 4 5"]);
  assertEquals(notes, [
    "its ImageJ description speaks of 2 channels, 1 slice and 50 frames, its 7 pages are 3 whole " +
    "frames: these are read",
  ]);
});

Deno.test("decodeImage() says that an ImageJ description is of another image", async () => {
  const description = "ImageJ=1.53t\nimages=4\nchannels=2\nframes=2\n";
  const { sizes, notes } = await layoutOf({ "a.tif": numbered(6, { description }) });
  assertEquals(sizes, [6, 1, 1]);
  assertStringIncludes(notes.join(), "which its 6 pages are not: they are read as frames");
});

const shaped = (shape: number[], axes?: string) => JSON.stringify({ shape, axes });

Deno.test("decodeImage() reads tifffile's own axes", async () => {
  const of = async (description: string, pages = 6) => {
    const { sizes, planes, notes } = await layoutOf({ "a.tif": numbered(pages, { description }) });
    return [...sizes, planes, ...notes];
  };
  assertEquals(await of(shaped([3, 2, 1, 1], "TCYX")), [3, 1, 2, "0 1 2 3 4 5"]);
  assertEquals(await of(shaped([2, 3, 1, 1], "CTYX")), [3, 1, 2, "0 3 1 4 2 5"]);
  assertEquals(await of(shaped([2, 3, 1, 1], "ZCYX")), [1, 2, 3, "0 1 2 3 4 5"]);
  assertEquals(await of(shaped([6, 1, 1], "CYX")), [1, 1, 6, "0 1 2 3 4 5"]);
  assertEquals(await of(shaped([1, 6, 1, 1, 1], "RZSYX")), [1, 6, 1, "0 1 2 3 4 5"]);
  assertEquals(await of(shaped([6, 1, 1], "QYX")), [
    ...[6, 1, 1, "0 1 2 3 4 5"],
    "its axis Q is read as frames",
  ]);
  assertEquals(await of(shaped([2, 3, 1, 1])), [
    ...[6, 1, 1, "0 1 2 3 4 5"],
    "its description names no axes for 2 x 3 pages: read as frames",
  ]);
  assertEquals(await of(shaped([4, 1, 1], "ZYX")), [
    ...[1, 4, 1, "0 1 2 3"],
    "2 pages after the 4 that its description speaks of are left out",
  ]);
  assertEquals(await of('{"shape": "none"}'), [6, 1, 1, "0 1 2 3 4 5"]);
  assertEquals(await of('{"shape": [3'), [6, 1, 1, "0 1 2 3 4 5"]);
});

Deno.test("decodeImage() refuses tifffile's axes that are not there, or not known", async () => {
  const of = (description: string) => layoutOf({ "a.tif": numbered(6, { description }) });
  await assertRejects(() => of(shaped([9, 1, 1], "TYX")), SyntaxError, "speaks of 9 pages (9), 6");
  await assertRejects(
    () => of(shaped([3, 2, 1, 1], "TPYX")),
    SyntaxError,
    "of which P is not known",
  );
  await assertRejects(
    () => of(shaped([3, 2, 1, 1], "PQYX")),
    SyntaxError,
    "of which Q is not known",
  );
});

/** OME-XML of images, each with the attributes of its `Pixels` and what is in it. */
function ome(images: [attributes: string, inside: string][], head = ""): string {
  const texts = images.map(([attributes, inside], i) =>
    `<Image ID="Image:${i}" Name="place ${i}"><Pixels ${attributes}>${inside}</Pixels></Image>`
  );
  return `<?xml version="1.0"?><!-- <Pixels SizeT="9"/> --><OME xmlns="o" ${head}>${
    texts.join("")
  }</OME>`;
}

/** One run of pages, in a file if it is told. */
function run(at: { T?: number; Z?: number; C?: number }, page: number, file?: [string, string]) {
  const first = Object.entries(at).map(([axis, i]) => `First${axis}="${i}" `).join("");
  const uuid = file ? `<UUID FileName="${file[0]}">urn:uuid:${file[1]}</UUID>` : "";
  return `<TiffData ${first}IFD="${page}" PlaneCount="1">${uuid}</TiffData>`;
}

Deno.test("decodeImage() takes OME's word where a file has two descriptions", async () => {
  const zFastest = 'DimensionOrder="XYZCT" SizeC="2" SizeZ="3" SizeT="2"';
  const runs = Array.from(
    { length: 12 },
    (_, i) => run({ Z: i % 3, C: Math.floor(i / 3) % 2, T: Math.floor(i / 6) }, i),
  );
  const xml = ome([[zFastest, runs.join("")]]);
  for (const [description, secondDescription] of [[xml, IMAGEJ], [IMAGEJ, xml]]) {
    const { planes } = await layoutOf({
      "a.tif": numbered(12, { description, secondDescription }),
    });
    assertEquals(planes, "0 3 1 4 2 5 6 9 7 10 8 11");
  }
});

const NAMES = ["t0.ome.tif", "t1.ome.tif", "t2.ome.tif"];

/** A data set with a file for each frame. */
function frameSet(names = NAMES): Record<string, Uint8Array<ArrayBuffer>> {
  const inside = NAMES.map((name, t) => run({ T: t }, 0, [name, `${t}`])).join("");
  return Object.fromEntries(names.map((name) => {
    const t = NAMES.indexOf(name);
    const description = ome([['SizeT="3"', inside]], `UUID="urn:uuid:${t}"`);
    return [name, numbered(1, { first: 100 * t, description })];
  }));
}

Deno.test("decodeImage() reads an OME data set from all its files, whichever is opened", async () => {
  for (const name of NAMES) {
    const { sizes, planes, notes, stack } = await layoutOf(frameSet(), name);
    assertEquals([sizes, planes, notes], [[3, 1, 1], "0 100 200", []]);
    assertEquals(stack.files, NAMES);
  }
});

Deno.test("decodeImage() reads what is there of an OME data set, and says what is not", async () => {
  const { sizes, planes, notes } = await layoutOf(frameSet(["t0.ome.tif", "t2.ome.tif"]));
  assertEquals([sizes, planes], [[2, 1, 1], "0 200"]);
  assertEquals(notes, [
    "of its OME data set 1 file is not beside it (t1.ome.tif): 2 whole time points of 3 are read",
  ]);
  const channels = ["a", "b"].flatMap((name, c) =>
    [0, 1].map((t) => run({ C: c, T: t }, t, [`${name}.tif`, name]))
  );
  const description = ome([['SizeC="2" SizeT="2"', channels.join("")]], 'UUID="urn:uuid:b"');
  const alone = await layoutOf({ "b.tif": numbered(2, { description }) });
  assertEquals([alone.sizes, alone.planes], [[2, 1, 1], "0 1"]);
  assertStringIncludes(alone.notes.join(), "not beside it (a.tif): its own 2 planes are read");
});

Deno.test("decodeImage() knows a renamed file by its identifier, or as the only one", async () => {
  const { "t1.ome.tif": renamed, ...others } = frameSet();
  const { planes } = await layoutOf({ "renamed.tif": renamed, ...others });
  assertEquals(planes, "0 100 200");
  const description = ome([[
    'SizeT="2"',
    run({}, 0, ["old.tif", "x"]) + run({ T: 1 }, 1, ["old.tif", "x"]),
  ]]);
  assertEquals((await layoutOf({ "new.tif": numbered(2, { description }) })).planes, "0 1");
  const foreign = ome([[
    'SizeT="2"',
    run({}, 0, ["a.tif", "x"]) + run({ T: 1 }, 0, ["b.tif", "y"]),
  ]]);
  await assertRejects(
    () => layoutOf({ "c.tif": numbered(1, { description: foreign }) }),
    SyntaxError,
    "speaks of a.tif, b.tif, not of this file; give it back the name that it had",
  );
});

Deno.test("decodeImage() refuses a part of a data set that is unlike the others, by its name", async () => {
  const files = { ...frameSet(), "t2.ome.tif": tiffBytes([{ width: 2, height: 1, data: [1, 2] }]) };
  await assertRejects(() => layoutOf(files), SyntaxError, "t2.ome.tif: its pages are 2x1");
  const short = { ...frameSet(), "t2.ome.tif": new Uint8Array(4) };
  await assertRejects(() => layoutOf(short), SyntaxError, "t2.ome.tif");
});

Deno.test("decodeImage() takes samples for the planes that tifffile says they are, not for colours", async () => {
  // As tifffile lays out (3, 1, 2) and (2, 4, 1, 2) where it is told axes and no colours: planar, "RGB".
  const page = (first: number, samples: number, axes?: object) => ({
    ...{ width: 2, height: 1, samples, planar: true, photometric: 2 },
    data: Array.from({ length: 2 * samples }, (_, i) => first + i % samples),
    ...axes && { description: JSON.stringify(axes) },
  });
  for (
    const [axes, shape, sizes, planes] of [
      ["TYX", [3, 1, 2], [3, 1, 1], "0 1 2"],
      ["CYX", [3, 1, 2], [1, 1, 3], "0 1 2"],
      ["QYX", [3, 1, 2], [3, 1, 1], "0 1 2"],
      ["ZCYX", [2, 4, 1, 2], [1, 2, 4], "0 1 2 3 10 11 12 13"],
      ["TZYX", [2, 4, 1, 2], [2, 4, 1], "0 1 2 3 10 11 12 13"],
      ["CZYX", [2, 4, 1, 2], [1, 4, 2], "0 10 1 11 2 12 3 13"],
    ] as const
  ) {
    const samples = shape.length === 3 ? shape[0] : shape[1];
    const pages = shape.length === 3 ? 1 : shape[0];
    const file = tiffBytes(
      Array.from(
        { length: pages },
        (_, i) => page(10 * i, samples, i === 0 ? { shape, axes } : undefined),
      ),
    );
    const read = await layoutOf({ "a.tif": file });
    assertEquals([read.sizes, read.planes], [[...sizes], planes], axes);
    assertEquals([read.stack.rgb, read.stack.samples], [false, 1]);
  }
  // Without axes nobody knows better.
  const colours = tiffBytes([page(0, 3, { shape: [3, 1, 2] })]);
  assertEquals((await layoutOf({ "a.tif": colours })).stack.rgb, true);
  const turned = tiffBytes([page(0, 1, { shape: [1, 2, 1], axes: "YXC" })]);
  await assertRejects(
    () => layoutOf({ "a.tif": turned }),
    SyntaxError,
    "its axes are YXC, so that its pages are no images of rows and columns; save it with the axes Y",
  );
});

Deno.test("decodeImage() reads the companion of a file that has no description, or names it", async () => {
  const inside = NAMES.map((name, t) => run({ T: t }, 0, [name, `${t}`])).join("");
  const binary =
    '<OME UUID="urn:uuid:1"><BinaryOnly MetadataFile="set.companion.ome" UUID="x"/></OME>';
  const files = Object.fromEntries(
    NAMES.map((name, t) => [name, numbered(1, { first: 100 * t, description: binary })]),
  );
  const companion = ome([['SizeT="3"', inside]], 'UUID="x"');
  const { planes } = await layoutOf({ ...files, "set.companion.ome": companion }, "t1.ome.tif");
  assertEquals(planes, "0 100 200");
  // The companion itself is the data set, too.
  const set = { ...files, "set.companion.ome": `<?xml version="1.0"?>${companion}` };
  const itself = await layoutOf(set, "set.companion.ome");
  assertEquals([itself.planes, itself.stack.files], ["0 100 200", NAMES]);
  for (
    const [xml, says] of [
      [`<?xml version="1.0"?><svg/>`, "it is XML, but no description of images"],
      [
        ome([['SizeT="2"', run({ T: 0 }, 0, ["gone.tif", "g"])]]),
        "describes gone.tif, and none is",
      ],
      [ome([['SizeT="1"', ""]]), "names no file that holds them"],
    ]
  ) {
    const alone = { "a.ome": new TextEncoder().encode(xml) };
    await assertRejects(() => layoutOf(alone, "a.ome"), SyntaxError, says);
  }
  await assertRejects(
    () => layoutOf(files),
    SyntaxError,
    "stands in another file, set.companion.ome, which is not beside it; copy it there",
  );
});

Deno.test("decodeImage() reads the position that a file has, and says that there are more", async () => {
  const position = (name: string) =>
    [0, 1].map((t) => run({ T: t }, t, [`${name}.tif`, name])).join("");
  const xml = ome([['SizeT="2"', position("a")], ['SizeT="2"', position("b")]]);
  const files = {
    "a.tif": numbered(2, { description: xml }),
    "b.tif": numbered(2, { first: 10, description: xml }),
  };
  const second = await layoutOf(files, "b.tif");
  assertEquals(second.planes, "10 11");
  assertEquals(second.notes, ["it is one of 2 positions: number 2 (place 1) is read"]);
  const both = ome([
    ['SizeT="2"', run({}, 0) + run({ T: 1 }, 1)],
    ['SizeT="2"', run({}, 2) + run({ T: 1 }, 3)],
  ]);
  const first = await layoutOf({ "ab.tif": numbered(4, { description: both }) });
  assertEquals(first.planes, "0 1");
  assertEquals(first.notes, ["it is one of 2 positions: number 1 (place 0) is read"]);
  const more = await layoutOf({ "ab.tif": numbered(5, { description: both }) });
  assertStringIncludes(
    more.notes.join(),
    "1 page that its OME description does not name: left out",
  );
});

Deno.test("decodeImage() reads the whole time points of a recording that stopped early", async () => {
  const there = [[0, 0], [0, 1], [1, 0], [1, 1], [2, 0]].map(([t, c], i) => run({ T: t, C: c }, i));
  const description = ome([['DimensionOrder="XYCZT" SizeC="2" SizeT="9"', there.join("")]]);
  const { sizes, planes, notes } = await layoutOf({ "a.tif": numbered(5, { description }) });
  assertEquals([sizes, planes], [[2, 1, 2], "0 1 2 3"]);
  assertEquals(notes, [
    "its OME description speaks of 18 planes, 5 are in this file: 2 whole time points of 9 are read",
  ]);
});

Deno.test("decodeImage() gives OME's names of channels, and samples that are channels", async () => {
  const inside = '<Channel Name="DAPI"/><Channel Name="A &amp; B"/>';
  const named = ome([['SizeC="2" SizeT="3"', inside]]);
  const { stack } = await layoutOf({ "a.tif": numbered(6, { description: named }) });
  assertEquals(stack.channelNames, ["DAPI", "A & B"]);
  const pixel = { width: 1, height: 1, data: [7, 8, 9], samples: 3 };
  const of = async (page: Partial<TestPage>) => {
    const { sizes, planes, stack } = await layoutOf({
      "a.tif": tiffBytes([{ ...pixel, ...page }]),
    });
    return [sizes[2], planes, stack.samples];
  };
  assertEquals(await of({ photometric: 1 }), [3, "7 8 9", 1]);
  assertEquals(await of({ photometric: 1, tags: { 338: [0, 2] } }), [2, "7 8", 1]);
  assertEquals(await of({ photometric: 2 }), [1, "7", 3]);
  const description = "ImageJ=1.53t\nimages=3\nchannels=3\nmode=composite\n";
  assertEquals(await of({ photometric: 2, description: description }), [
    ...[3, "7 8 9", 1],
  ]);
});

Deno.test("decodeImage() reads hostile OME descriptions in no time", async () => {
  const start = performance.now();
  for (
    const inside of [
      "<".repeat(300_000),
      "<a ".repeat(100_000),
      `<Pixels ${"a ".repeat(150_000)}`,
      `<Pixels ${"a= ".repeat(100_000)}>`,
      "<!--".repeat(100_000),
      '<TiffData IFD="0" PlaneCount="99999999999"/>'.repeat(5_000),
    ]
  ) {
    const description = `<OME><Pixels SizeT="1">${inside}</Pixels></OME>`;
    await layoutOf({ "a.tif": numbered(1, { description }) });
  }
  const huge = '<OME><Pixels SizeT="900000000" SizeC="900"/></OME>';
  await assertRejects(() => layoutOf({ "a.tif": numbered(1, { description: huge }) }), SyntaxError);
  assertEquals(performance.now() - start < 5000, true);
});

/** Two frames of three channels that tifffile wrote as ImageJ does, little- and big-endian, gzipped. */
const NAMED = [
  "H4sIAAAAAAACA7WU2VITQRSGv8kkEUdFUQEFF9wjajSguDHiguLEDfd9GZKZJDJZTIKaO68sr7zEGy98CV+B8sqH8Al8BP+kYhnRCy2Sqfq7/57q7vN1n1PtOMN0AWvACGPIRSSj6cNSyDAbXjMwm76uaIvvNkLcVv9V6mmuJQS9LXP6Wvbsb/qYNGBEGj6tZrDpAzWxlrUJ7b9SfVWD+YUwy+TfyH9YMHgk/1H+u+I5eTfjJe1EPJFwrVx9ULHHrFTWLRS8oGKPWn7ZzevfiJWtlbxypeqmZu1qec6z8sW0Z2fKbq2ScgPPCorFku27QcWzWPJnLFI15/t+LvDipVrjVPX7r4fpW+STTtIJZtwgKj/JGaZxmOKC+iE+k+IEoxyUhjggnaPGkX+e10oXwlRWIkR1r10sV/wV4lpFN6uV9R7Wso719Iqpnw1sZIBBNrGZLWzVftvYzg52sovd7FFG9zLMPvYrVlxRD5FgRLEPK+YYRznGcfGcZBybU0xwWrxnxTTJeRFPcVHsSS5xmStc5ZrOcJ0b3OSW6usOd7nHfR7wUFl/zBOe8gyXGZ0xjYdPhiw5njNLQJ4CRUq8oEyFKnO85FX9vpdQ5z9rO/aftf3W/FXb783fa3ve/LNC2kM53UbK8XCnKF+3kfJbxyg/tZHyXaRTlF/aSPm3l+sHwHwq9C4GAAA=",
  "H4sIAAAAAAACA7WUSXLTQBSGv/ZEECEkQBJIGMJsJoMTCFNEGALBBkOY56FjS7aJPCApgHesKFYsw4YFl+AKKVYcghNwBJ4dcFSwgUJW1VP/re5+7+vuv5TLsQ/ooldBTJQ0xJVq65iKEG3pXnlFf2oZUYmA7iEi+rbEV9X3a20E1R+YMxDIOdjWSTVEfEmrghpua0clA2vTrfzdovzFhdbaFaLfLH5o5Xgk+qPU+56p6KKVNdOpdFob5WbHM8eNfElXq5bjmWOG7eqKfBs1So265Xq+zs+ZvjtvGZVawTKLrm54ee1YhlOr1U1bO55lEMajguGXbdsuO1aq3mBpV3L+0Kw0ENSZbCbr6FlHdIIpzjJDhmkuSjvCZ/KcZIxDEiMclDhPg6N/PS/I1rzhmJx8Qk61i5VSfZVQraaHNXLrfaxlHevpF7pBNrCRIYbZxGa2sFXybWM7O9jJLnazhyR7xVH7OSC1UlL1MGlGpfYRqTnOMY5zQnhOMYHJaSY5I7znhGmKC0I8zSVhz3KZK+S4yjXZw3VucJNb4q473OUe93nAQ7nzxzzhKc/QzMoeC1jYFClR5jlzOFSoUqPOC1w8fOZ5ySu6/8vny95O/pu3o2+XvR19H/S29Bd+d0holDPhUcYmOkb5OkTKbx2j/BQeZfxdxyi/hEf555/rB/XjZK4uBgAA",
];

Deno.test("decodeImage() gives ImageJ's names of planes to channels, in both byte orders", async () => {
  for (const text of NAMED) {
    const packed = new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))]).stream();
    const file = new Uint8Array(
      await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer(),
    );
    const stack = await decodeImage(file);
    assertEquals([stack.axes, stack.channelNames], [{ t: 2, z: 1, c: 3 }, [
      "DAPI",
      "GFP µ",
      "Cy5",
    ]]);
    // A name that is of one frame only is none of the channel: "Cy5" in UTF-16 ends "y", 0, "5".
    const odd = file.slice();
    const [y, five] = ["y", "5"].map((letter) => letter.charCodeAt(0));
    const last = odd.findLastIndex((byte, i) =>
      byte === y && odd[i + 1] === 0 && odd[i + 2] === five
    );
    odd[last + 2]++;
    assertEquals((await decodeImage(odd)).channelNames, undefined);
  }
});
