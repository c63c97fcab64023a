import { assert, assertEquals } from "@std/assert";
import { encodeGreyTiff, encodeLabelTiff } from "../../train/images/formats/encode.ts";
import { encodePng } from "../../train/images/formats/encode_png.ts";
import { decodeSafeTensors, encodeSafeTensors } from "../../nn/safetensors.ts";
import { type TestFile, type TestPage, tiffBytes } from "../train/fixtures/tiff_bytes.ts";
import {
  labelsOf,
  picture,
  type Rectangle,
  SIZE,
  thresholdModel,
} from "../train/fixtures/models/threshold_model.ts";
import { starModel } from "../train/fixtures/models/star_model.ts";
import { withFolder } from "../train/fixtures/temporary.ts";
import { each, events, fails, runs, TINY, tree } from "./fixtures/command.ts";

type Files = Record<string, Uint8Array | string>;

const A: Rectangle = { x: 1, y: 1, width: 6, height: 5 };
const GREY = encodeGreyTiff([picture([A])]);
const MASK = encodeLabelTiff([labelsOf([A])]);
const SMALL = encodeLabelTiff([{ width: 4, height: 3, data: new Uint32Array(12) }]);
const PNG = encodePng({ ...SIZE, channels: 1, data: new Uint8Array(SIZE.width * SIZE.height) });

/** The picture in another kind of TIFF, with some pixels changed. */
function variant(page: Partial<TestPage>, file: TestFile = {}): Uint8Array<ArrayBuffer> {
  return tiffBytes([{ ...SIZE, data: picture([A]).data, ...page }], file);
}

function rgb(): Uint8Array<ArrayBuffer> {
  const data = [...picture([A]).data].flatMap((value) => value === 0 ? [9, 9, 9] : [200, 180, 190]);
  return tiffBytes([{ ...SIZE, data, samples: 3 }]);
}

function nan(): Uint8Array<ArrayBuffer> {
  const data = picture([A]).data;
  data[5] = NaN;
  return variant({ data, bits: 32, format: "float" });
}

async function there(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Labelled stills, with one file of the first changed or, with `null`, left out. */
function stills(folder: string, change: Record<string, Uint8Array | null> = {}): Files {
  const files: Files = {};
  for (const name of ["a", "b", "c", "d"]) {
    files[`${folder}/images/${name}.tif`] = GREY;
    files[`${folder}/masks/${name}.tif`] = MASK;
  }
  for (const [name, bytes] of Object.entries(change)) {
    if (bytes === null) delete files[`${folder}/${name}`];
    else files[`${folder}/${name}`] = bytes;
  }
  return files;
}

function video(folder: string, ...frames: (Uint8Array | string)[]): Files {
  return Object.fromEntries(frames.map((bytes, t) => [`${folder}/t${t}.tif`, bytes]));
}

const GOOD: Files = {
  ...stills("stills"),
  ...video("video", GREY, GREY, GREY),
  "model/weights.safetensors": thresholdModel(),
};

/** A model's file with other metadata. */
function relabelled(
  metadata: Record<string, string>,
  model: Uint8Array<ArrayBuffer> = thresholdModel(),
): Uint8Array<ArrayBuffer> {
  const file = decodeSafeTensors(model, "the model");
  return encodeSafeTensors({ ...file, metadata: { ...file.metadata, ...metadata } });
}

Deno.test("train names the still that it cannot use, and writes nothing", async () => {
  const empty = Object.fromEntries(["a", "b", "c", "d"].map((name) => [`masks/${name}.tif`, null]));
  const files: Files = {
    ...GOOD,
    "wrong/readme.txt": "nothing here",
    "images/a.tif": GREY,
    ...stills("empty", empty),
    "empty/masks/readme.txt": "none",
    ...stills("unmasked", { "masks/c.tif": null }),
    ...stills("sizes", { "masks/a.tif": SMALL }),
    ...stills("nan", { "images/a.tif": nan() }),
    ...stills("cut", { "images/a.tif": GREY.subarray(0, 60) }),
    ...stills("coloured", { "masks/a.tif": rgb() }),
    ...stills("twice", { "images/a.png": PNG }),
    "one/images/a.tif": GREY,
    "one/masks/a.tif": MASK,
  };
  const cases: [stills: string, ...says: string[]][] = [
    ["nowhere", "Cannot list nowhere: it does not exist"],
    ["wrong", "Cannot read stills from wrong", "give a folder with images/ and masks/"],
    ["images", "Cannot read stills from images", "1 image "],
    ["images/a.tif", "images/a.tif: it is a file; name a folder"],
    ["empty", "Cannot read stills from empty/masks", "put the masks there"],
    ["unmasked", "the mask of unmasked/images/c.tif", "add it or remove the image"],
    ["sizes", "sizes/masks/a.tif as the mask of sizes/images/a.tif", "is 4x3, the image 13x9"],
    ["nan", "Cannot read nan/images/a.tif: 1 of 117 pixels", "replace them"],
    ["cut", "Cannot read cut/images/a.tif", "damaged or cut short"],
    ["coloured", "Cannot read coloured/masks/a.tif", "save masks as 8- or 16-bit grey"],
    ["twice", "a.png and a.tif have the same name"],
    ["one", "1 still leaves none to learn from", "give more"],
  ];
  await withFolder(files, async (cwd) => {
    await each(cases, async ([stills, ...says]) => {
      const out = `run-${stills.replace("/", "-")}`;
      const train = ["train", "--stills", stills, "--video=video", "--out", out, ...TINY];
      await fails(train, { code: 3, says, cwd });
      assertEquals(await there(`${cwd}/${out}`), false);
    });
  });
});

Deno.test("train names the video that it cannot use, and writes nothing", async () => {
  const files: Files = {
    ...GOOD,
    "empty/readme.txt": "no frames",
    "nested/01/t0.tif": GREY,
    ...video("one", GREY),
    ...video("sizes", GREY, SMALL),
    ...video("nan", GREY, nan(), GREY),
    "page.tif": GREY,
    "text.tif": "not\nan image",
  };
  const cases: [video: string, ...says: string[]][] = [
    ["nowhere", "Cannot read nowhere: it does not exist"],
    ["empty", "Cannot use empty as a video: it has no PNG or TIFF files", "holds the frames"],
    ["nested", "only the folders 01", "give the folder that holds the frames"],
    ["one", "Cannot use one as a video: it has 1 frame, at least 2 are needed"],
    ["page.tif", "Cannot use page.tif as a video: it has 1 frame"],
    ["sizes", "Cannot use sizes as a video: t1.tif is 4x3, t0.tif is 13x9"],
    ["nan", "Cannot read nan/t1.tif: 1 of 117 pixels"],
    ["text.tif", "Cannot read text.tif: it is neither PNG nor TIFF", "save the original"],
  ];
  await withFolder(files, async (cwd) => {
    await each(cases, async ([video, ...says]) => {
      const train = [
        "train",
        "--stills=stills",
        "--video",
        video,
        "--out",
        `run-${video}`,
        ...TINY,
      ];
      await fails(train, { code: 3, says, cwd });
      assertEquals(await there(`${cwd}/run-${video}`), false);
    });
  });
});

Deno.test("predict names the image that it cannot read, and writes nothing", async () => {
  const files: Files = {
    ...GOOD,
    "text.tif": "not\nan image",
    "none.tif": "",
    "cut.tif": GREY.subarray(0, 60),
    "cut.png": PNG.subarray(0, PNG.length - 20),
    "nan.tif": nan(),
    "jpeg.tif": Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70),
    "empty/readme.txt": "no frames",
  };
  const cases: [image: string, ...says: string[]][] = [
    ["nowhere.tif", "Cannot read nowhere.tif: it does not exist"],
    ["text.tif", "Cannot read text.tif: it is neither PNG nor TIFF"],
    ["none.tif", "Cannot read none.tif: it is empty"],
    ["cut.tif", "Cannot read cut.tif", "copy it again"],
    ["cut.png", "Cannot read cut.png", "copy it again"],
    ["nan.tif", "Cannot read nan.tif: 1 of 117 pixels", "NaN"],
    ["jpeg.tif", "Cannot read jpeg.tif: it is a JPEG"],
    ["empty", "Cannot use empty as a video: it has no PNG or TIFF files"],
  ];
  await withFolder(files, async (cwd) => {
    await each(cases, async ([image, ...says]) => {
      const out = `out-${image}`;
      await fails(["predict", "--model=model", "--out", out, image], { code: 3, says, cwd });
      const left = await tree(`${cwd}/${out}`).catch(() => []);
      assertEquals(left, [], `${image} left files behind`);
    });
  });
});

Deno.test("predict reads float64, BigTIFF and RGB for what they are", async () => {
  const files: Files = {
    "model/weights.safetensors": thresholdModel(),
    "wide.tif": variant({ bits: 64, format: "float" }),
    "big.tif": variant({ bits: 16 }, { big: true }),
    "rgb.tif": rgb(),
  };
  await withFolder(files, async (cwd) => {
    const images = ["wide.tif", "big.tif", "rgb.tif"];
    const told = await events(["predict", "--model=model", "--out=out", ...images], { cwd });
    assertEquals(told[0], { type: "note", text: "rgb.tif: RGB converted to grey" });
    const objects = told.filter(({ type }) => type === "frame").map(({ objects }) => objects);
    assertEquals(objects, [1, 1, 1]);
    for (const image of images) assertEquals(await Deno.readFile(`${cwd}/out/${image}`), MASK);
  });
});

Deno.test("train says that RGB stills are converted to grey", async () => {
  const files = { ...GOOD, ...stills("rgb", { "images/a.tif": rgb() }) };
  await withFolder(files, async (cwd) => {
    const train = ["train", "--stills=rgb", "--out=run", ...TINY, "--warmup=1", "--rounds=0"];
    assert((await runs(train, { cwd })).includes("rgb/images/a.tif: RGB converted to grey"));
  });
});

Deno.test("predict names the weights that it cannot use, and writes nothing", async () => {
  const architecture = (kind: string, depth: number) =>
    JSON.stringify({ kind, options: { depth, base: 1, inChannels: 1 } });
  const rays = (rays: number) =>
    JSON.stringify({
      kind: "stardist",
      options: { rays, grid: 2, depth: 1, base: 1, features: 1, inChannels: 1 },
    });
  const whole = thresholdModel();
  const files: Files = {
    ...GOOD,
    "kind.safetensors": relabelled({ architecture: architecture("transformer", 1) }),
    "depth.safetensors": relabelled({ architecture: architecture("unet", 2) }),
    "plain.safetensors": relabelled({ architecture: "" }),
    "range.safetensors": relabelled({ normalization: "{}" }),
    "star.safetensors": relabelled({ architecture: architecture("stardist", 1) }, starModel()),
    "prob.safetensors": relabelled({ thresholds: '{"prob": 2, "nms": 0.4}' }, starModel()),
    "rays.safetensors": relabelled({ architecture: rays(8) }, starModel()),
    "cut.safetensors": whole.subarray(0, whole.length - 8),
    "text.safetensors": "these are no weights at all",
    "run/config.json": "{}",
  };
  const cases: [model: string, ...says: string[]][] = [
    ["kind.safetensors", "Cannot use kind.safetensors", "transformer"],
    ["depth.safetensors", "Cannot use depth.safetensors", "another architecture"],
    ["plain.safetensors", "Cannot use plain.safetensors", "give the weights of a Kymo run"],
    ["range.safetensors", "Cannot use range.safetensors", "normalization"],
    ["star.safetensors", "Cannot use star.safetensors"],
    ["prob.safetensors", "Cannot use prob.safetensors", "give the weights of a Kymo run"],
    ["rays.safetensors", "Cannot use rays.safetensors", "dist.weight", "another architecture"],
    ["cut.safetensors", "Cannot read cut.safetensors"],
    ["text.safetensors", "Cannot read text.safetensors"],
    ["run", "Cannot read run/weights.safetensors", "give the folder of a training run"],
  ];
  await withFolder(files, async (cwd) => {
    await each(cases, async ([model, ...says]) => {
      await fails(["predict", "--model", model, "--out=out", "video"], { code: 3, says, cwd });
    });
    assert(!(await tree(cwd)).includes("out"));
  });
});

Deno.test("predict and synth do not write where a file is in the way", async () => {
  await withFolder({ ...GOOD, file: "mine" }, async (cwd) => {
    const code = 1;
    const predict = ["predict", "--model=model", "video", "--out"];
    await fails([...predict, "file"], { code, says: ["Cannot make file", "name a folder"], cwd });
    await fails([...predict, "file/x"], { code, says: ["file/x: a part of this path"], cwd });
    await fails([...predict, "video"], { code: 2, says: ["video", "give another --out"], cwd });
    await fails(["synth", "--out=file"], { code, says: ["file"], cwd });
    await fails(["train", "--stills=stills", "--out=file", ...TINY], { code, says: ["file"], cwd });
    assertEquals(await Deno.readTextFile(`${cwd}/file`), "mine");
    assertEquals((await tree(`${cwd}/video`)).length, 3);
  });
});
