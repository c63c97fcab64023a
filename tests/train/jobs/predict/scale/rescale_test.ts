// Magnifications of inputs: what is said of them, and how they are seen.
import { assertEquals, assertThrows } from "@std/assert";
import type { OpenedInputs } from "../../../../../train/jobs/predict/open_inputs.ts";
import { inFileSize, rescaledInputs } from "../../../../../train/jobs/predict/scale/rescale.ts";
import type { Video } from "../../../../../train/images/series/video.ts";

/** A video of one grey frame with pixels of a size in micrometres, or unknown. */
function videoOf(micrometres: number | null): Video {
  const calibration = { width: micrometres!, height: micrometres!, unit: "micron" };
  return {
    ...{ path: "v.tif", name: "v", length: 1, width: 6, height: 4 },
    ...{ sourceNames: ["v.tif"], stems: ["v"], notes: [] },
    ...(micrometres !== null && { calibration }),
    frame: () => Promise.resolve({ width: 6, height: 4, data: new Float32Array(24).fill(3) }),
  };
}

function inputsOf(video: Video): OpenedInputs {
  return { videos: [video], folders: new Map([[video, "folder"]]), notes: ["before"], damaged: [] };
}

Deno.test("rescaledInputs() says where magnifications differ, and changes nothing unless told", () => {
  const notes = (own: number | null, pixelSize: number | null) =>
    rescaledInputs(inputsOf(videoOf(own)), { pixelSize }).notes.slice(1);
  assertEquals(notes(0.65, 0.325), [
    "v.tif: its pixels are 0.65 µm, those of the stills that the model learned from 0.325 µm; " +
    "--rescale auto brings it to their scale",
  ]);
  for (const [own, wanted] of [[0.35, 0.325], [null, 0.3], [0.3, null]]) {
    assertEquals(notes(own, wanted), []);
  }
});

Deno.test("rescaledInputs() enlarges frames by a factor or to the size of pixels", async () => {
  for (const [rescale, width, height] of [["auto", 12, 8], [0.5, 3, 2]] as const) {
    const { videos: [video], folders } = rescaledInputs(inputsOf(videoOf(0.65)), {
      ...{ rescale, pixelSize: 0.325 },
    });
    const frame = await video.frame(0);
    assertEquals([frame.width, frame.height, video.width, folders.get(video)], [
      ...[width, height, 6, "folder"],
    ]);
    assertEquals(new Set(frame.data), new Set([3]));
  }
});

Deno.test("rescaledInputs() gives no rows of an image that it enlarges: they are those of the file", () => {
  const rows = () => Promise.resolve({ width: 6, height: 1, data: new Float32Array(6) });
  const inputs = inputsOf({ ...videoOf(null), rows });
  const rowsFor = (rescale?: number) =>
    rescaledInputs(inputs, { rescale, pixelSize: null }).videos[0].rows;
  assertEquals([rowsFor(2), rowsFor(1), rowsFor()], [undefined, rows, rows]);
});

Deno.test("rescaledInputs() refuses what it does not know, and says what to give", () => {
  const cases: [own: number | null, pixelSize: number | null, says: string][] = [
    [null, 0.3, "the size of its pixels is not known; give a factor, such as --rescale 2"],
    [0.3, null, "the size of the pixels that the model learned from is not known"],
    [30, 0.3, "its pixels are 30 µm, those of the model 0.3 µm"],
  ];
  for (const [own, pixelSize, says] of cases) {
    const inputs = inputsOf(videoOf(own));
    assertThrows(() => rescaledInputs(inputs, { rescale: "auto", pixelSize }), RangeError, says);
  }
});

Deno.test("inFileSize() brings labels and map back, and counts what is left", () => {
  const labels = { width: 4, height: 4, data: new Uint32Array(16) };
  labels.data.fill(1, 0, 8);
  labels.data[15] = 2; // One pixel between those that are taken.
  const map = { width: 4, height: 4, data: new Float32Array(16).fill(0.5) };
  const found = inFileSize({ labels, map, objects: 2 }, { width: 2, height: 2 });
  assertEquals([...found.labels.data], [1, 1, 0, 2]);
  assertEquals([...found.map!.data], [0.5, 0.5, 0.5, 0.5]);
  assertEquals(found.objects, 2);
  const none = inFileSize({ labels, map: null, objects: 2 }, { width: 1, height: 1 });
  assertEquals([none.objects, none.map], [0, null]);
});
