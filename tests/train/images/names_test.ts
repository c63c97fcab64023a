import { assert, assertEquals } from "@std/assert";
import { posix, win32 } from "node:path";
import {
  basename,
  dirname,
  formatRanges,
  frameDigits,
  frameNumber,
  frameNumbers,
  imageStem,
  join,
  naturalCompare,
} from "../../../train/images/names.ts";

Deno.test("join(), basename() and dirname() agree with those of a Unix", () => {
  const paths = ["a", "a/", "a/b.tif", "/a", "/", "/a/b/", "./a", "../a", "a/../b", "."];
  for (const path of paths) {
    assertEquals(basename(path) || "/", posix.basename(path) || "/", path);
    assertEquals(dirname(path), posix.dirname(path), path);
    for (const name of ["t1.tif", "images/t1.tif", "../t1.tif", "a\\b.tif"]) {
      const withoutEnd = posix.join(path, name);
      assertEquals(join(path, name), withoutEnd, `${path} ${name}`);
    }
  }
  assertEquals(join("a", "b", "c.tif"), "a/b/c.tif");
  assertEquals(join("a//b", "c.tif"), "a/b/c.tif");
  assertEquals(join("", "c.tif"), "c.tif");
  assertEquals(join(""), ".");
  assertEquals(join("/..", "a"), "/a");
});

Deno.test("join(), basename() and dirname() agree with those of Windows", () => {
  for (
    const path of [
      "C:\\data\\movie",
      "C:\\data\\movie\\",
      "\\\\server\\share\\data\\movie",
      ".\\data",
    ]
  ) {
    assertEquals(basename(path), win32.basename(path), path);
    assertEquals(dirname(path), win32.dirname(path), path);
    assertEquals(join(path, "t1.tif"), win32.join(path, "t1.tif"), path);
  }
  // Both separators: the file is the same, written with the one that both kinds of machine know.
  assertEquals(join("C:/data", "t1.tif"), "C:/data/t1.tif");
});

Deno.test("naturalCompare() orders numbers in names by value", () => {
  const order = ["a", "t1", "t01", "t2", "t2b", "t10", "t10x1", "t10x02", "u0"];
  assertEquals([...order].reverse().sort(naturalCompare), order);
  const long = ["t99999999999999999998", "t99999999999999999999"];
  assertEquals([...long].reverse().sort(naturalCompare), long);
  assertEquals(naturalCompare("t1", "t1"), 0);
});

Deno.test("naturalCompare() is a total order", () => {
  const names = ["", "0", "00", "1", "01", "a", "a0", "a00", "a1", "A", "a1b", "é", "10", "9a"];
  for (const a of names) {
    for (const b of names) {
      assertEquals(Math.sign(naturalCompare(a, b)) + Math.sign(naturalCompare(b, a)), 0);
      assertEquals(naturalCompare(a, b) === 0, a === b);
      for (const c of names) {
        const chain = naturalCompare(a, b) < 0 && naturalCompare(b, c) < 0;
        assert(!chain || naturalCompare(a, c) < 0, `${a} < ${b} < ${c}`);
      }
    }
  }
});

Deno.test("imageStem() and frameNumber() read names of the usual data sets", () => {
  assertEquals(imageStem("in/t01.ome.tif"), "t01");
  assertEquals(imageStem("a.b.PNG"), "a.b");
  assertEquals(
    ["man_seg012.tif", "t012.tif", "mask012.tif", "man_track1000.tiff", "x2_t7.png", "a.tif"]
      .map((name) => frameNumber(name)),
    [12, 12, 12, 1000, 7, null],
  );
});

Deno.test("frameNumbers() are the run of digits that differs and goes up, wherever it stands", () => {
  assertEquals(frameNumbers(["t000_c1", "t001_c1", "t003_c1"]), [0, 1, 3]);
  assertEquals(frameNumbers(["img_000_Default_000", "img_001_Default_000"]), [0, 1]);
  assertEquals(frameNumbers(["s2_t9", "s2_t10"]), [9, 10]);
  // A counter beside a clock goes up least; of equal ones the last counts.
  assertEquals(frameNumbers(["t0_1500ms", "t1_3000ms", "t2_4500ms"]), [0, 1, 2]);
  assertEquals(
    frameNumbers(["0h00m", "0h30m", "1h00m"]),
    [0, 30, 0],
    "no run goes up all the time",
  );
  assertEquals(frameNumbers(["1_5", "2_6"]), [5, 6]);
});

Deno.test("frameNumbers() are the last runs where names are not built alike", () => {
  assertEquals(frameNumbers(["t1_v2", "mask3_v2", "x"]), [2, 2, null]);
  assertEquals(frameNumbers(["t012_v2"]), [2]);
  assertEquals(frameNumbers(["seg012_v2"], { like: ["t011_v1", "t012_v1"] }), [12]);
  assertEquals(frameNumbers(["seg012"], { like: ["v1_t011", "v1_t012"] }), [12], "no such run");
  assertEquals(frameNumbers([]), []);
});

Deno.test("formatRanges() joins what follows each other and leaves long lists out", () => {
  assertEquals(formatRanges([0, 1, 2, 4]), "0–2, 4");
  assertEquals(formatRanges([7]), "7");
  assertEquals(formatRanges([0, 2, 4, 6, 8]), "0, 2, 4, 6, 8");
  assertEquals(formatRanges([0, 2, 4, 6, 8, 10, 11]), "0, 2, 4, 6, … 11");
});

Deno.test("frameDigits() are those of the widest frame number", () => {
  assertEquals(frameDigits(["t0998", "t1000"]), 4);
  assertEquals(frameDigits(["f998_c12345", "f1000_c12345"]), 4);
  assertEquals(frameDigits(["a", "b"]), 0);
  assertEquals(frameDigits([]), 0);
});
