import { assertEquals } from "@std/assert";
import { complaints } from "./rules.ts";
import { INNER_ROOMS, type Rooms, wrongArrowsInside } from "./rooms.ts";

const HOUSE: Rooms = { folder: "house", steps: [["cellar"], ["left", "right"], ["roof.ts"]] };

/** What is said of imports written as `from -> to`. */
function complaintsAbout(...imports: string[]): string[] {
  const arrows = imports.map((text) => {
    const [from, to] = text.split(" -> ");
    return { from, to, line: 1 };
  });
  return wrongArrowsInside(HOUSE, { files: arrows.map(({ from }) => from), arrows });
}

Deno.test("wrongArrowsInside() lets every room know itself and those below it", () => {
  assertEquals(
    complaintsAbout(
      "house/cellar/a.ts -> house/cellar/deep/b.ts",
      "house/left/a.ts -> house/cellar/a.ts",
      "house/roof.ts -> house/right/a.ts",
      "house/roof.ts -> house/cellar/a.ts",
      "house/cellar/a.ts -> elsewhere/a.ts",
      "elsewhere/a.ts -> house/roof.ts",
    ),
    [],
  );
});

Deno.test("wrongArrowsInside() finds arrows up and sideways", () => {
  const wrong = [
    ["house/cellar/a.ts", "house/left/a.ts"],
    ["house/cellar/deep/a.ts", "house/roof.ts"],
    ["house/left/a.ts", "house/right/a.ts"],
    ["house/right/a.ts", "house/left/a.ts"],
  ];
  for (const [from, to] of wrong) {
    assertEquals(complaintsAbout(`${from} -> ${to}`), [
      `${from}:1 imports ${to}: a wrong arrow in house/`,
    ]);
  }
});

Deno.test("wrongArrowsInside() finds a file without a room, and an import of one", () => {
  assertEquals(complaintsAbout("house/shed/a.ts -> house/cellar/a.ts"), [
    "house/shed/a.ts lies in no room of house/",
  ]);
});

Deno.test("complaints() sees wrong arrows inside kernels/", () => {
  const wrong = [
    ["kernels/gpu/memory/textures.ts", "kernels/parts/operand.ts", "../../parts/operand.ts"],
    ["kernels/choice/tuner.ts", "kernels/families.ts", "../families.ts"],
    ["kernels/features/a.ts", "kernels/masks/plane.ts", "../masks/plane.ts"],
    ["kernels/self_test.ts", "kernels/open_device.ts", "./open_device.ts"],
  ];
  for (const [from, to, specifier] of wrong) {
    const sources = new Map([[from, `import "${specifier}";`], [to, ""]]);
    assertEquals(complaints(sources), [`${from}:1 imports ${to}: a wrong arrow in kernels/`]);
  }
});

Deno.test("complaints() sees wrong arrows inside train/report/", () => {
  const wrong = [
    ["train/report/drawing/a.ts", "train/report/figures/b.ts", "../figures/b.ts"],
    ["train/report/figures/a.ts", "train/report/table.ts", "../table.ts"],
    ["train/report/run_report.ts", "train/report/report.ts", "./report.ts"],
  ];
  for (const [from, to, specifier] of wrong) {
    const sources = new Map([[from, `import "${specifier}";`], [to, ""]]);
    assertEquals(complaints(sources), [`${from}:1 imports ${to}: a wrong arrow in train/report/`]);
  }
});

Deno.test("complaints() sees wrong arrows inside nn/ and train/jobs/", () => {
  const wrong = [
    ["nn", "nn/autodiff.ts", "nn/module.ts", "./module.ts"],
    ["nn", "nn/networks/a.ts", "nn/weights.ts", "../weights.ts"],
    ["nn", "nn/labels/a.ts", "nn/networks/b.ts", "../networks/b.ts"],
    ["train/jobs", "train/jobs/disk/a.ts", "train/jobs/outputs/b.ts", "../outputs/b.ts"],
    ["train/jobs", "train/jobs/outputs/a.ts", "train/jobs/predict/b.ts", "../predict/b.ts"],
    ["train/jobs", "train/jobs/predict/a.ts", "train/jobs/train/b.ts", "../train/b.ts"],
  ];
  for (const [folder, from, to, specifier] of wrong) {
    const sources = new Map([[from, `import "${specifier}";`], [to, ""]]);
    assertEquals(complaints(sources), [`${from}:1 imports ${to}: a wrong arrow in ${folder}/`]);
  }
});

Deno.test("complaints() finds a file without a room in every folder with rooms", () => {
  for (const { folder } of INNER_ROOMS) {
    const outside = complaints(new Map([[`${folder}/nowhere/a.ts`, ""]]));
    assertEquals(outside, [`${folder}/nowhere/a.ts lies in no room of ${folder}/`]);
  }
});

Deno.test("INNER_ROOMS names no room twice", () => {
  for (const { steps } of INNER_ROOMS) {
    const rooms = steps.flat();
    assertEquals(new Set(rooms).size, rooms.length);
  }
});
