import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { Plane } from "../../../../train/images/image.ts";
import { frameFacts } from "../../../../train/images/quality/frame_facts.ts";
import {
  looksLabelFree,
  median,
  MovieWatcher,
} from "../../../../train/images/quality/movie_facts.ts";
import { profilesOf, shiftBetween } from "../../../../train/images/quality/shift.ts";
import { Random } from "../../../../train/images/random.ts";

/** How a drawn frame looks. */
interface Drawing {
  /** By how many pixels all spots are moved to the right. */
  readonly moved?: number;
  /** How wide spots are. */
  readonly blur?: number;
  /** How bright they are over the ground; below 0: darker. */
  readonly height?: number;
  /** The highest intensity that the camera has. */
  readonly most?: number;
  /** Seed of the noise. */
  readonly seed?: number;
  /** Spots that are darker than the ground, as in label-free images. */
  readonly dark?: boolean;
}

/** Twelve spots on an even ground of 100, with a little noise. */
function drawn(
  { moved = 0, blur = 3, height = 400, most = 4095, seed = 1, dark = false }: Drawing = {},
): Plane {
  const [width, rows] = [120, 90];
  const places = new Random(5, 1);
  const random = new Random(seed, 2);
  const data = Float32Array.from({ length: width * rows }, () => 100 + 2 * random.uniform(-1, 1));
  for (let spot = 0; spot < 12; spot++) {
    const [cx, cy] = [places.integer(width) + moved, places.integer(rows)];
    const sign = dark && spot % 2 === 0 ? -1 : 1;
    for (let i = 0; i < data.length; i++) {
      const away = ((i % width - cx) ** 2 + (Math.floor(i / width) - cy) ** 2) / blur ** 2;
      data[i] += sign * height * Math.exp(-away / 2);
    }
  }
  return { width, height: rows, data: data.map((value) => Math.min(most, Math.round(value))) };
}

/** What a movie of these frames is like. */
function factsOf(frames: readonly Drawing[]) {
  const watcher = new MovieWatcher();
  frames.forEach((frame, i) => watcher.add(drawn({ seed: i + 1, ...frame })));
  return watcher.facts;
}

const CALM: readonly Drawing[] = Array.from({ length: 10 }, () => ({}));

Deno.test("a calm movie of fluorescence has nothing to be told of", () => {
  const { jumps, blurred, clipped, isLabelFree, fading, drift, contrastToNoise } = factsOf(CALM);
  assertEquals({ jumps, blurred, clipped, isLabelFree }, {
    jumps: [],
    blurred: [],
    clipped: [],
    isLabelFree: false,
  });
  assertAlmostEquals(fading, 1, 0.05);
  assertEquals(drift, { x: 0, y: 0 });
  assert(contrastToNoise! > 100, `${contrastToNoise}`);
});

Deno.test("MovieWatcher names frames that are blurred, clipped and beyond a jump", () => {
  const frames = CALM.map((frame, i) =>
    i === 3 ? { blur: 7 } : i === 5 ? { most: 300 } : i >= 7 ? { moved: 25 } : frame
  );
  const { blurred, clipped, jumps } = factsOf(frames);
  assertEquals({ blurred, clipped, jumps }, { blurred: [3], clipped: [5], jumps: [7] });
});

Deno.test("MovieWatcher adds up drift, and tells what is left of the contrast", () => {
  const { drift, fading, jumps } = factsOf(
    CALM.map((_, i) => ({ moved: 2 * i, height: 400 * 0.9 ** i })),
  );
  assertEquals(drift, { x: 18, y: 0 });
  assertAlmostEquals(fading, 0.9 ** 9, 0.03);
  assertEquals(jumps, []);
});

Deno.test("MovieWatcher knows label-free frames by what is darker than the ground", () => {
  assertEquals(factsOf(CALM.map(() => ({ dark: true, blur: 9, height: 60 }))).isLabelFree, true);
  assertEquals(factsOf(CALM.map(() => ({ blur: 5, height: 60 }))).isLabelFree, false);
});

Deno.test("looksLabelFree() tells it of a few frames, also of one alone", async () => {
  const looks = (frames: readonly Drawing[]) =>
    looksLabelFree({
      length: frames.length,
      frame: (i) => Promise.resolve({ ...drawn(frames[i]), channels: 1 }),
    });
  const dark = { dark: true, blur: 9, height: 60 };
  assertEquals(await looks([dark]), true);
  assertEquals(await looks(CALM.map(() => dark)), true);
  assertEquals(await looks(CALM), false);
});

Deno.test("frameFacts() calls nothing clipped that has few grey levels", () => {
  assert(frameFacts(drawn({ most: 300 })).clipped > 0.005);
  assertEquals(frameFacts(drawn({ height: 20, most: 110 })).clipped, 0);
  const even = { width: 4, height: 4, data: new Float32Array(16).fill(7) };
  assertEquals(frameFacts(even).sharpness, 0);
});

Deno.test("shiftBetween() finds shifts to either side, and none between equal frames", () => {
  const of = (moved: number) => profilesOf(drawn({ moved }));
  assertEquals([shiftBetween(of(0), of(11)).x, shiftBetween(of(11), of(0)).x], [11, -11]);
  const { x, y, likeness } = shiftBetween(of(0), of(0));
  assertEquals([x, y], [0, 0]);
  assertAlmostEquals(likeness, 1, 1e-9);
});

Deno.test("median() is the middle, or the mean of the two in the middle", () => {
  assertEquals([median([3, 1, 2]), median([4, 1, 2, 3]), median([])], [2, 2.5, 0]);
});
