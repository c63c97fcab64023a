// StarDist through the command line: prediction in tiles, its flags, and training on odd stills.
import { assert, assertEquals } from "@std/assert";
import { decodeSafeTensors } from "../../nn/safetensors.ts";
import { decodeImage, readLabels } from "../../train/images/formats/decode.ts";
import { encodeGreyTiff, encodeLabelTiff } from "../../train/images/formats/encode.ts";
import { withFolder } from "../train/fixtures/temporary.ts";
import { diamonds, type Peak, peaks, starModel } from "../train/fixtures/models/star_model.ts";
import { thresholdModel } from "../train/fixtures/models/threshold_model.ts";
import { each, events, fails, runs, TINY, tree } from "./fixtures/command.ts";
import { disk } from "../../train/jobs/disk/files.ts";

const SIZE = { width: 150, height: 110 };
/** Smallest tiles are 52 pixels wide; every line between them crosses some diamonds. */
const PLACES: Peak[] = [];
for (let row = 8; row < SIZE.height - 6; row += 14) {
  for (let column = 8; column < SIZE.width - 6; column += 14) {
    const value = 1024 - 4 * PLACES.length;
    PLACES.push({ row, column: column + row % 4, value });
  }
}

const FILES = {
  "star/weights.safetensors": starModel(),
  "unet/weights.safetensors": thresholdModel(),
  "a.tif": encodeGreyTiff([peaks(PLACES, SIZE)]),
};

/** The bytes of every file in a folder. */
async function contentOf(folder: string): Promise<Record<string, string>> {
  const names = await tree(folder);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => {
      return [name, (await Deno.readFile(`${folder}/${name}`)).toHex()];
    })),
  );
}

Deno.test("predict finds in tiles what it finds at once, also across their borders", async () => {
  await withFolder(FILES, async (cwd) => {
    const predict = ["predict", "--model=star", "--rois", "--geojson", "a.tif"];
    const [frame] = await events([...predict, "--out=whole"], { cwd });
    assertEquals(frame.objects, PLACES.length);
    const labels = await readLabels(await decodeImage(disk, `${cwd}/whole/a.tif`), 0);
    assertEquals(labels, diamonds(PLACES, SIZE));
    const whole = await contentOf(`${cwd}/whole`);
    assertEquals(Object.keys(whole), ["a.geojson", "a.tif", "a.zip", "predict.json"]);
    await each(["1", "64", "101"], async (tile) => {
      await runs([...predict, `--out=${tile}`, "--tile", tile], { cwd });
      assertEquals(await contentOf(`${cwd}/${tile}`), whole, `tiles of ${tile}`);
    });
  });
});

Deno.test("predict takes thresholds for StarDist, and refuses flags of another kind of model", async () => {
  await withFolder(FILES, async (cwd) => {
    const predict = (model: string, ...flags: string[]) => [
      ...["predict", "--model", model, "--out=out", "a.tif"],
      ...flags,
    ];
    const wrong: [model: string, flags: string[], ...says: string[]][] = [
      ["star", ["--threshold=otsu"], "Cannot use --threshold otsu with star", "give a number"],
      [
        "star",
        ["--threshold=2"],
        "Cannot use --threshold 2: expected otsu or a number from 0 to 1",
      ],
      ["star", ["--opening=1"], "Cannot use --opening with star, a model of StarDist", "leave"],
      ["star", ["--min-size", "0"], "Cannot use --min-size with star", "polygons"],
      ["unet", ["--nms=0.3"], "Cannot use --nms with unet, a model of a U-Net", "leave"],
    ];
    await each(wrong, async ([model, flags, ...says]) => {
      await fails(predict(model, ...flags), { code: 2, says, cwd });
    });
    assertEquals((await tree(cwd)).includes("out"), false);
    const [frame] = await events(predict("star", "--threshold=0.9", "--nms", "0.2"), { cwd });
    const found = frame.objects as number;
    assert(found > 0 && found < PLACES.length, `${found} objects`);
  });
});

/** Which object a pixel of a still of 24 x 20 pixels belongs to, by what is odd about the still. */
const ODD: Readonly<Record<string, (x: number, y: number) => number>> = {
  "one object": (x, y) => x >= 8 && x < 16 && y >= 6 && y < 14 ? 1 : 0,
  "no object": () => 0,
  "every border": () => 1,
  "one pixel each": (x, y) => x % 6 === 3 && y % 6 === 3 ? 1 + x + 24 * y : 0,
};

/** The files of stills with such objects, brighter than the ground. */
function oddStills(folder: string): Record<string, Uint8Array> {
  const [width, height] = [24, 20];
  const data = Uint32Array.from(
    { length: width * height },
    (_, i) => ODD[folder](i % width, Math.floor(i / width)),
  );
  const image = Float32Array.from(data, (id, i) => (id > 0 ? 900 : 100) + i * 7 % 13);
  const files: Record<string, Uint8Array> = {};
  for (const name of ["a", "b", "c", "d"]) {
    files[`${folder}/images/${name}.tif`] = encodeGreyTiff([{ width, height, data: image }]);
    files[`${folder}/masks/${name}.tif`] = encodeLabelTiff([{ width, height, data }]);
  }
  return files;
}

const TINY_STAR = [
  ...[...TINY, "--model=stardist", "--stardist-rays=4", "--stardist-features=2"],
  ...["--warmup=2", "--rounds=0"],
];

Deno.test("train --model stardist learns from odd stills, and says where there is nothing to learn", async () => {
  const files = Object.assign({}, ...Object.keys(ODD).map(oddStills));
  await withFolder(files, async (cwd) => {
    await each(Object.keys(ODD), async (stills) => {
      const out = `${stills} run`;
      const told = await events(["train", "--stills", stills, "--out", out, ...TINY_STAR], { cwd });
      const notes = told.filter(({ type }) => type === "note").map(({ text }) => text);
      const empty = "No still to learn from has an object in its mask";
      const saysEmpty = notes.some((text) => String(text).startsWith(empty));
      assertEquals(saysEmpty, stills === "no object", stills);
      for (const { loss } of told.filter(({ type }) => type === "step")) {
        assert(Number.isFinite(loss) && (loss as number) > 0, `${stills}: loss ${loss}`);
      }
      const file = `${cwd}/${out}/weights.safetensors`;
      const { tensors, metadata } = decodeSafeTensors(await Deno.readFile(file), file);
      for (const { data } of tensors.values()) assert(data.every(Number.isFinite), stills);
      const { prob, nms } = JSON.parse(metadata.thresholds);
      assert(prob > 0 && prob < 1 && nms > 0 && nms < 1, metadata.thresholds);
      await runs(["predict", "--model", out, `${stills}/images`, "--out", `${out}/labels`], {
        cwd,
      });
    });
  });
});
