// Outlines beside the labels: ImageJ regions and GeoJSON, of StarDist and of a U-Net.
import { assertEquals, assertRejects } from "@std/assert";
import { unzipSync } from "fflate";
import { decodeImage } from "../../../../train/images/formats/decode.ts";
import { encodeFloatTiff, encodeGreyTiff } from "../../../../train/images/formats/encode.ts";
import { geoJson, type OutlineCollection } from "../../../../train/objects/formats/geojson.ts";
import { imagejRois } from "../../../../train/objects/formats/imagej_roi.ts";
import { probabilityTiff } from "../../../../train/objects/formats/probability_tiff.ts";
import { predict } from "../../../../train/jobs/predict/predict.ts";
import type { PredictOptions } from "../../../../train/jobs/predict/predict_options.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { decodeRoi } from "../../objects/formats/fixtures/roi_decoder.ts";
import {
  compressPage,
  concatenate,
  TiffStackLayout,
} from "../../../../train/images/formats/tiff_stack.ts";
import { encodeStackTiff } from "../../../../train/images/formats/encode_stack.ts";
import {
  type Peak,
  peakProbability,
  peaks,
  RADIUS,
  starModel,
} from "../../fixtures/models/star_model.ts";
import {
  picture,
  type Rectangle,
  thresholdModel,
  tiffOf,
} from "../../fixtures/models/threshold_model.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";

const UNET = { "model/weights.safetensors": thresholdModel() };
const A: Rectangle = { x: 1, y: 1, width: 3, height: 2 };
const B: Rectangle = { x: 6, y: 2, width: 4, height: 3 };

/** Predicts with outlines of both kinds, relative to a folder. */
async function predictIn(folder: string, options: Partial<PredictOptions>) {
  const { inputs = [], ...others } = options;
  const events = await Array.fromAsync(predict({
    ...{ model: `${folder}/model`, out: `${folder}/out`, outputs: [imagejRois, geoJson] },
    ...others,
    inputs: inputs.map((name) => `${folder}/${name}`),
  }));
  const done = events.at(-1)!;
  return done.type === "done" ? { written: done.written, kept: done.kept } : null;
}

/** What is in a folder besides the record of what it was predicted with. */
async function names(path: string): Promise<string[]> {
  const all = await Array.fromAsync(Deno.readDir(path), ({ name }) => name);
  return all.filter((name) => name !== "predict.json").sort();
}

async function readGeoJson(path: string): Promise<OutlineCollection> {
  return JSON.parse(await Deno.readTextFile(path));
}

/** The corners and the slice of every region in an archive, by its name. */
async function readRegions(path: string): Promise<Record<string, [number[][], number]>> {
  const files = Object.entries(unzipSync(await Deno.readFile(path)));
  return Object.fromEntries(files.map(([name, bytes]) => {
    const { subpixelX, subpixelY, position } = decodeRoi(bytes);
    return [name, [subpixelX.map((x, i) => [x, subpixelY[i]]), position]];
  }));
}

/** A rectangle's corners, clockwise from the upper left one. */
function corners({ x, y, width, height }: Rectangle): [number, number][] {
  return [[x, y], [x + width, y], [x + width, y + height], [x, y + height]];
}

Deno.test("predict() writes the polygons of StarDist as regions and GeoJSON", async () => {
  const places: Peak[] = [{ row: 20, column: 30 }, { row: 8, column: 12, value: 768 }];
  const image = encodeGreyTiff([peaks(places, { width: 49, height: 38 })]);
  const files = { "model/weights.safetensors": starModel(), "cells.ome.tif": image };
  const polygons = places.map(({ row, column }) => {
    const [x, y] = [column + 0.5, row + 0.5];
    return [[x + RADIUS, y], [x, y + RADIUS], [x - RADIUS, y], [x, y - RADIUS]];
  });
  await withFolder(files, async (folder) => {
    await predictIn(folder, { inputs: ["cells.ome.tif"] });
    assertEquals(await names(`${folder}/out`), ["cells.geojson", "cells.tif", "cells.zip"]);
    assertEquals(await readRegions(`${folder}/out/cells.zip`), {
      "0001.roi": [polygons[0], 0],
      "0002.roi": [polygons[1], 0],
    });
    const { features } = await readGeoJson(`${folder}/out/cells.geojson`);
    assertEquals(
      features.map(({ geometry }) => geometry.coordinates),
      polygons.map((polygon) => [[...polygon, polygon[0]]]) as [number, number][][][],
    );
    assertEquals(
      features.map(({ properties }) => properties),
      places.map((place, i) => {
        const probability = Math.round(1000 * peakProbability({ value: 1024, ...place })) / 1000;
        return {
          ...{ objectType: "detection", name: `${i + 1}`, label: i + 1, frame: 0 } as const,
          probability,
          measurements: { area: 2 * RADIUS ** 2, probability },
        };
      }),
    );
  });
});

Deno.test("predict() writes the traced outlines of a U-Net, with slices and frames of a stack", async () => {
  await withFolder({ ...UNET, "v.tif": tiffOf([A], [], [A, B]) }, async (folder) => {
    await predictIn(folder, { inputs: ["v.tif"] });
    assertEquals(await names(`${folder}/out`), ["v.geojson", "v.tif", "v.zip"]);
    assertEquals(await readRegions(`${folder}/out/v.zip`), {
      "0001-0001.roi": [corners(A), 1],
      "0003-0001.roi": [corners(A), 3],
      "0003-0002.roi": [corners(B), 3],
    });
    const { features } = await readGeoJson(`${folder}/out/v.geojson`);
    const areaOf = ({ width, height }: Rectangle) => width * height;
    assertEquals(
      features.map(({ properties }) => [
        ...[properties.label, properties.frame, properties.measurements.area],
      ]),
      [[1, 0, areaOf(A)], [1, 2, areaOf(A)], [2, 2, areaOf(B)]],
    );
    assertEquals(features.map(({ geometry }) => geometry.plane.t), [0, 2, 2]);
    assertEquals(features[2].geometry.coordinates, [[...corners(B), corners(B)[0]]]);
  });
});

Deno.test("predict() refuses regions of an image beyond their positions before it computes anything", async () => {
  const image = { width: 32_768, height: 2, data: new Float32Array(65_536) };
  await withFolder({ ...UNET, "wide.tif": encodeGreyTiff([image]) }, async (folder) => {
    const outputs = [probabilityTiff, imagejRois];
    await assertRejects(
      () => predictIn(folder, { inputs: ["wide.tif"], outputs }),
      RangeError,
      "wide.tif: it is 32768x2, and their positions end at 32767 pixels; write GeoJSON instead",
    );
    await assertRejects(() => names(`${folder}/out`), Deno.errors.NotFound);
  });
});

Deno.test("predict() gives labels and maps the pixel size of their images, and slices as slices", async () => {
  const calibration = { width: 0.5, height: 0.25, unit: "micron", interval: 30 };
  const fileOf = (frames: Rectangle[][], axis: "frames" | "slices") => {
    const layout = new TiffStackLayout(frames.length, { calibration, axis });
    const parts = frames.map((frame) => layout.add(compressPage(picture(frame))));
    return concatenate([...parts, layout.end()]);
  };
  const files = {
    ...UNET,
    "z.tif": fileOf([[A], [B]], "slices"),
    "t.tif": fileOf([[A], [B], []], "frames"),
    "v/t1.tif": fileOf([[A]], "frames"),
  };
  await withFolder(files, async (folder) => {
    await predictIn(folder, { inputs: ["z.tif", "t.tif", "v"], outputs: [probabilityTiff] });
    const axes = {
      "z.tif": { t: 1, z: 2, c: 1 },
      "t.tif": { t: 3, z: 1, c: 1 },
      "t1.tif": { t: 1, z: 1, c: 1 },
    };
    for (const [name, expected] of Object.entries(axes)) {
      for (const path of [name, `probability/${name}`]) {
        const stack = await decodeImage(disk, `${folder}/out/${path}`);
        assertEquals([stack.axes, stack.calibration], [expected, calibration], path);
      }
    }
  });
});

Deno.test("predict() puts outlines on the slices that it read as frames", async () => {
  const stack = encodeStackTiff([[A], [], [B]].map(picture));
  await withFolder({ ...UNET, "z.tif": stack }, async (folder) => {
    await predictIn(folder, { inputs: ["z.tif"] });
    const { features } = await readGeoJson(`${folder}/out/z.geojson`);
    assertEquals(features.map(({ geometry }) => geometry.plane), [
      { c: -1, z: 0, t: 0 },
      { c: -1, z: 2, t: 0 },
    ]);
    assertEquals(features.map(({ properties }) => properties.frame), [0, 2]);
  });
});

Deno.test("predict() writes outlines of frames one by one, as its labels", async () => {
  const files = { ...UNET, "v/t1.tif": tiffOf([A]), "v/t2.tif": tiffOf([A, B]) };
  await withFolder(files, async (folder) => {
    await predictIn(folder, { inputs: ["v"], ctc: true, outputs: [probabilityTiff, imagejRois] });
    assertEquals(await names(`${folder}/out`), [
      ...["mask001.tif", "mask001.zip", "mask002.tif", "mask002.zip", "probability"],
    ]);
    assertEquals(await readRegions(`${folder}/out/mask002.zip`), {
      "0001.roi": [corners(A), 0],
      "0002.roi": [corners(B), 0],
    });
  });
});

Deno.test("predict() keeps outlines that are there, and makes those that are missing", async () => {
  const files = {
    ...UNET,
    "v/t1.tif": tiffOf([A]),
    "v/t2.tif": tiffOf([B]),
    "out/t1.tif": "labels",
    "out/t1.zip": "regions",
  };
  await withFolder(files, async (folder) => {
    const inputs = ["v"];
    const read = (name: string) => Deno.readTextFile(`${folder}/out/${name}`);
    const some = { inputs, outputs: [imagejRois] };
    assertEquals(await predictIn(folder, some), { written: 1, kept: 1 });
    assertEquals(await predictIn(folder, some), { written: 0, kept: 2 });
    assertEquals(await predictIn(folder, { inputs }), { written: 2, kept: 0 });
    assertEquals([await read("t1.tif"), await read("t1.zip")], ["labels", "regions"]);
    assertEquals((await readGeoJson(`${folder}/out/t1.geojson`)).features.length, 1);
    assertEquals(await predictIn(folder, { inputs }), { written: 0, kept: 2 });
    assertEquals(await predictIn(folder, { inputs, overwrite: true }), { written: 2, kept: 0 });
    assertEquals(Object.keys(await readRegions(`${folder}/out/t1.zip`)), ["0001.roi"]);
    assertEquals((await decodeImage(disk, `${folder}/out/t1.tif`)).length, 1);
  });
});

Deno.test("predict() leaves no outlines of a stack that ends in the middle", async () => {
  const { data, ...size } = picture([A]);
  const frames = [data, data, data.with(3, NaN)].map((data) => ({ ...size, data }));
  const files = { ...UNET, "a.tif": tiffOf([B]), "v.tif": encodeFloatTiff(frames) };
  await withFolder(files, async (folder) => {
    const predicted = predictIn(folder, { inputs: ["a.tif", "v.tif"], normalize: "frame" });
    await assertRejects(() => predicted, SyntaxError, `${folder}/v.tif`);
    assertEquals(await names(`${folder}/out`), ["a.geojson", "a.tif", "a.zip"]);
  });
});
