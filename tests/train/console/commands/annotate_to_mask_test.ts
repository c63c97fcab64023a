import { assertEquals, assertThrows } from "@std/assert";
import { resolve } from "node:path";
import {
  annotateOptions,
  formatAnnotation,
} from "../../../../train/console/commands/annotate_to_mask.ts";
import { UsageError } from "../../../../train/console/usage_error.ts";

const NEEDED = { images: "i", scribbles: "s", out: "o" };

Deno.test("annotateOptions() takes every flag", () => {
  const flags = {
    ...NEEDED,
    merge: true,
    classes: true,
    overwrite: true,
    "min-size": "5",
    normalize: "video",
    sigmas: "0.7, 3.5",
    trees: "9",
    pixels: "500",
    seed: "3",
    memory: "512",
    channel: "GFP",
    slice: "2",
  };
  assertEquals(annotateOptions(flags), {
    ...NEEDED,
    merge: true,
    classes: true,
    overwrite: true,
    minSize: 5,
    normalize: "video",
    sigmas: [0.7, 3.5],
    trees: 9,
    mostPixels: 500,
    seed: 3,
    memory: 512,
    channel: "GFP",
    slice: 2,
  });
});

Deno.test("annotateOptions() refuses what is missing or makes no sense", () => {
  for (const name of ["images", "scribbles", "out"]) {
    const flags = { ...NEEDED, [name]: undefined };
    assertThrows(() => annotateOptions(flags), UsageError, `--${name} is missing`);
  }
  const refused: [string, string][] = [
    ["sigmas", "1,,2"],
    ["slice", "0"],
    ["sigmas", "0"],
    ["sigmas", "101"],
    ["sigmas", "x"],
    ["trees", "0"],
    ["pixels", "1"],
    ["min-size", "-1"],
    ["normalize", "frame"],
  ];
  for (const [name, value] of refused) {
    const flags = { ...NEEDED, [name]: value };
    assertThrows(() => annotateOptions(flags), UsageError, `--${name} ${value}`);
  }
});

Deno.test("formatAnnotation() tells what was learnt and written", () => {
  const trained = { type: "trained", scribbled: [10, 5, 7], images: 1, seconds: 2 } as const;
  assertEquals(formatAnnotation(trained).lines, [
    "Trained on scribbles in 1 image: 10 pixels of background, 5 of class 1, 7 of class 2 (2.0 s)",
  ]);
  const done = { type: "done", out: "masks", written: 2, kept: 1 } as const;
  assertEquals(formatAnnotation(done).lines, [
    `2 masks written to ${resolve("masks")}; 1 kept that existed (--overwrite replaces them)`,
  ]);
  const mask = {
    type: "mask",
    name: "a.tif",
    path: "i",
    done: 1,
    total: 2,
    objects: 3,
    foreground: 0.25,
    seconds: 1,
  } as const;
  assertEquals(formatAnnotation(mask).status, "1/2 a.tif: 3 objects, 25.0 % foreground, 1.00 s");
});
