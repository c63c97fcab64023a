import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  type Flicker,
  flickerExcess,
  FlickerMeter,
  flickerOf,
} from "../../../../train/objects/scores/flicker.ts";
import { IGNORED_LABEL, type LabelImage } from "../../../../train/images/image.ts";
import { drawn, empty, enlarged, moved, rectangles, relabelled } from "../fixtures/label_images.ts";

/** A 2×2 object away from the border of a 6×8 image. */
function block({ y = 2, x = 2 } = {}): LabelImage {
  const labels = empty(6, 8);
  for (const p of [0, 1, 8, 9]) labels.data[y * 8 + x + p] = 1;
  return labels;
}

/** Frames that flicker in every way, with numbers that leave gaps. */
function busyFrames(): [number, LabelImage][] {
  return [0, 1, 2, 3, 5, 6, 9].map((number) => {
    const seed = number === 1 ? 4 : 3;
    return [number, rectangles({ seed, count: 40, height: 60, width: 70, side: 6 + number })];
  });
}

function measure(frames: Iterable<[number, LabelImage]>) {
  const meter = new FlickerMeter();
  for (const [number, labels] of frames) meter.add(number, labels);
  return meter.flicker;
}

/** The rates, and what each rests on. */
function withoutCounts({ objects_per_frame: _o, area_per_frame: _a, ...flicker }: Flicker) {
  return flicker;
}

/** Frames, pairs and objects. */
function basis(frames: number, pairs: number, objects: number) {
  return { frames, pairs, objects };
}

const STEADY = { area_change: 0, dice_instability: 0, birth_rate: 0, death_rate: 0, blink_rate: 0 };

Deno.test("flickerOf() is 0 for a constant video", () => {
  assertEquals(flickerOf([block(), block(), block()]), {
    ...STEADY,
    pairs: 2,
    rests_on: {
      area_change: basis(3, 2, 3),
      dice_instability: basis(3, 2, 3),
      birth_rate: basis(2, 2, 2),
      death_rate: basis(2, 2, 2),
      blink_rate: basis(1, 1, 1),
    },
    objects_per_frame: [1, 1, 1],
    area_per_frame: [4, 4, 4],
  });
});

Deno.test("flickerOf() sees an object that is away for one frame as dead, born and blinking", () => {
  const flicker = flickerOf([block(), empty(6, 8), block()]);
  // Mean change 4 over mean area 8/3; Dice 0 for both pairs; one of one object each time.
  assertAlmostEquals(flicker.area_change!, 1.5);
  assertEquals(flicker.dice_instability, 1);
  assertEquals([flicker.birth_rate, flicker.death_rate, flicker.blink_rate], [1, 1, 1]);
});

Deno.test("flickerOf() counts one of several objects that blinks", () => {
  const all = drawn(`
    .......
    .1.2.3.
    .......`);
  const two = drawn(`
    .......
    .1...3.
    .......`);
  const flicker = flickerOf([all, two, all, all]);
  assertAlmostEquals(flicker.birth_rate!, 1 / 8);
  assertAlmostEquals(flicker.death_rate!, 1 / 8);
  // Pairs around frame 1: 3, of which 1 blinks; around frame 2: 2 (objects 1 and 3), none blinks.
  assertAlmostEquals(flicker.blink_rate!, 1 / 5);
});

Deno.test("flickerOf() of an object that jumps by its own size: new each time, yet no blink", () => {
  const flicker = flickerOf([block({ x: 1 }), block({ x: 3 }), block({ x: 5 })]);
  const { rests_on, ...rates } = withoutCounts(flicker);
  // No object is at one place in the first and the last frame: nothing could blink.
  assertEquals(rates, {
    area_change: 0,
    dice_instability: 1,
    birth_rate: 1,
    death_rate: 1,
    blink_rate: null,
    pairs: 2,
  });
  assertEquals(rests_on.blink_rate, basis(1, 1, 0));
});

Deno.test("flickerOf() of an object that moves by half its size: the same object", () => {
  const flicker = flickerOf([block({ x: 2 }), block({ x: 3 }), block({ x: 4 })]);
  assertEquals([flicker.birth_rate, flicker.death_rate, flicker.blink_rate], [0, 0, null]);
  assertEquals(flicker.dice_instability, 0.5);
});

Deno.test("flickerOf() calls objects the same from an overlap of exactly 0.1", () => {
  const large = drawn(`
    .......
    .11111.
    .11111.
    .......`);
  const small = drawn(`
    .......
    .1.....
    .......
    .......`);
  const outside = drawn(`
    .......
    .......
    .....11
    .......`);
  assertEquals(flickerOf([large, small]).death_rate, 0);
  // 1 shared pixel of 11.
  assertEquals(flickerOf([large, outside]).death_rate, 1);
});

Deno.test("flickerOf() leaves objects at the border out of births and deaths, not of blinks", () => {
  const corners = [drawn("1...\n....\n...."), drawn("...1\n....\n...."), drawn("....\n....\n1...")];
  for (const border of corners) {
    const flicker = flickerOf([border, empty(3, 4), border]);
    assertEquals([flicker.birth_rate, flicker.death_rate, flicker.blink_rate], [null, null, 1]);
    assertEquals(flicker.rests_on.birth_rate, basis(2, 2, 0));
    assertEquals(flicker.objects_per_frame, [1, 0, 1]);
  }
});

Deno.test("flickerOf() lets an object come away from the border without being born", () => {
  const at = drawn("....\n11..\n....");
  const away = drawn("....\n.11.\n....");
  const flicker = flickerOf([at, away]);
  assertEquals([flicker.birth_rate, flicker.death_rate], [0, null]);
});

Deno.test("flickerOf() does not call it a blink when an object shows either neighbour", () => {
  // The middle object overlaps only the later one of the pair, by 1 of 6 pixels.
  const before = drawn(".......\n.111...\n.......");
  const after = drawn(".......\n.11111.\n.......");
  const middle = drawn(".......\n....11.\n.......");
  assertEquals(flickerOf([before, middle, after]).blink_rate, 0);
  assertEquals(flickerOf([after, middle, before]).blink_rate, 0);
  assertEquals(flickerOf([before, drawn(".......\n....1..\n......."), before]).blink_rate, 1);
});

Deno.test("flickerOf() measures the change of area against the mean over all frames", () => {
  const areas = [4, 6, 2].map((count) => {
    const labels = empty(4, 4);
    labels.data.fill(1, 0, count);
    return labels;
  });
  assertAlmostEquals(flickerOf(areas).area_change!, ((2 + 4) / 2) / ((4 + 6 + 2) / 3));
});

Deno.test("flickerOf() of nothing is null, not steady", () => {
  const nothing = {
    area_change: null,
    dice_instability: null,
    birth_rate: null,
    death_rate: null,
    blink_rate: null,
  };
  for (const frames of [[], [block()], [empty(2, 2), empty(2, 2), empty(2, 2)]]) {
    const { rests_on, ...rates } = withoutCounts(flickerOf(frames));
    const pairs = Math.max(0, frames.length - 1);
    assertEquals(rates, { ...nothing, pairs });
    assertEquals(rests_on.dice_instability, basis(pairs && frames.length, pairs, 0));
    assertEquals(rests_on.birth_rate, basis(pairs, pairs, 0));
  }
  assertEquals(flickerOf([empty(2, 2), empty(2, 2)]).objects_per_frame, [0, 0]);
  // An empty frame among others counts as one.
  assertEquals(flickerOf([empty(6, 8), empty(6, 8), block()]).dice_instability, 0.5);
});

Deno.test("FlickerMeter compares only frames whose numbers follow each other", () => {
  const flicker = measure([[3, block()], [4, block()], [6, empty(6, 8)], [7, block()]]);
  assertEquals(flicker.pairs, 2);
  assertEquals([flicker.death_rate, flicker.birth_rate], [0, 1 / 2]);
  // Frame 6 to 7 changes by 4; the mean area is that of the frames 3, 4, 6 and 7.
  assertAlmostEquals(flicker.area_change!, (4 / 2) / 3);
  assertEquals([flicker.blink_rate, flicker.rests_on.blink_rate], [null, basis(0, 0, 0)]);
  const lone = measure([[3, block()], [4, block()], [6, empty(6, 8)]]);
  assertEquals(lone.area_change, 0);
  assertEquals(lone.area_per_frame, [4, 4, 0]);
});

Deno.test("FlickerMeter agrees with a reference in NumPy on moving and blinking rectangles", () => {
  // Python, with rectangles() as in label_images.ts; S(a, b) the table of IoU of two frames:
  //   frames = {n: rectangles(4 if n == 1 else 3, 40, 60, 70, 6 + n) for n in (0,1,2,3,5,6,9)}
  //   pairs = (0,1), (1,2), (2,3), (5,6); A = foreground areas; used = 0,1,2,3,5,6
  //   area_change = mean(abs(A[a] - A[b]) for pairs) / mean(A[used])
  //   births = for each (a, b): objects of b off the border where not any(S(a, b) >= .1, axis 0)
  //   blinks = for n in 1, 2: (i, j) where S(n-1, n+1) >= .1, unless any(S(n-1, n)[i] >= .1) or
  //            any(S(n, n+1)[:, j] >= .1)
  const flicker = measure(busyFrames());
  assertAlmostEquals(flicker.area_change!, 0.13314405260011955, 1e-12);
  assertAlmostEquals(flicker.dice_instability!, 0.5604995882656397, 1e-12);
  assertAlmostEquals(flicker.birth_rate!, 52 / 129, 1e-12);
  assertAlmostEquals(flicker.death_rate!, 55 / 134, 1e-12);
  assertAlmostEquals(flicker.blink_rate!, 27 / 59, 1e-12);
  assertEquals(flicker.objects_per_frame, [40, 38, 39, 37, 38, 38, 36]);
  assertEquals(flicker.area_per_frame, [716, 810, 1088, 1049, 1423, 1606, 2319]);
});

Deno.test("FlickerMeter depends neither on ids, nor on the size of a pixel, nor on the start", () => {
  const { area_per_frame: areas, ...expected } = measure(busyFrames());
  const scrambled = busyFrames().map(([number, labels]): [number, LabelImage] => [
    number + 1000,
    enlarged(relabelled(labels, (id) => (id ^ Math.imul(number, 77777)) >>> 0), 2),
  ]);
  const { area_per_frame: larger, ...found } = measure(scrambled);
  assertEquals(found.objects_per_frame, expected.objects_per_frame);
  assertEquals(larger, areas.map((area) => 4 * area));
  assertAlmostEquals(found.area_change!, expected.area_change!, 1e-12);
  assertAlmostEquals(found.dice_instability!, expected.dice_instability!, 1e-12);
  assertEquals(found.birth_rate, expected.birth_rate);
  assertEquals(found.blink_rate, expected.blink_rate);
});

Deno.test("FlickerMeter swaps births and deaths when the video runs backwards", () => {
  const forwards = measure(busyFrames());
  const backwards = measure(
    busyFrames().reverse().map(([number, labels]): [number, LabelImage] => [-number, labels]),
  );
  assertEquals(backwards.birth_rate, forwards.death_rate);
  assertEquals(backwards.death_rate, forwards.birth_rate);
  assertEquals(backwards.blink_rate, forwards.blink_rate);
  assertAlmostEquals(backwards.area_change!, forwards.area_change!, 1e-12);
});

Deno.test("FlickerMeter refuses frames out of order or of another size, and names them", () => {
  const meter = new FlickerMeter();
  meter.add(4, empty(2, 3));
  assertThrows(() => meter.add(4, empty(2, 3)), RangeError, "frame 4 comes after frame 4");
  assertThrows(() => meter.add(2, empty(2, 3)), RangeError, "frame 2 comes after frame 4");
  assertThrows(() => meter.add(NaN, empty(2, 3)), RangeError, "ascending");
  assertThrows(() => meter.add(5, empty(3, 2)), RangeError, "frame 4 is 2x3, frame 5 is 3x2");
  meter.add(5, empty(2, 3));
  assertEquals(meter.flicker.pairs, 1);
});

Deno.test("flickerExcess() subtracts rate by rate", () => {
  const still = flickerOf([block(), block()]);
  const jumping = flickerOf([block(), moved(block(), { dx: 2 })]);
  // Two frames have none between them, so neither has a rate of blinks.
  assertEquals(flickerExcess(jumping, still), {
    ...STEADY,
    dice_instability: 1,
    birth_rate: 1,
    death_rate: 1,
    blink_rate: null,
  });
  assertEquals(flickerExcess(still, jumping).birth_rate, -1);
});

Deno.test("flickerOf() compares nothing with what a frame ignores", () => {
  const shown = drawn(`
    ......
    .11...
    .11.2.
    ......`);
  const hidden = { ...shown, data: shown.data.map((id) => id === 1 ? IGNORED_LABEL : id) };
  const flicker = flickerOf([shown, hidden, shown]);
  assertEquals(
    [flicker.birth_rate, flicker.death_rate, flicker.blink_rate, flicker.dice_instability],
    [0, 0, 0, 0],
  );
  assertEquals(flicker.area_change, 0);
  assertEquals([flicker.objects_per_frame, flicker.area_per_frame], [[2, 1, 2], [5, 1, 5]]);
  assertEquals(flicker.rests_on.birth_rate.objects, 2);
  // Where it is background instead, it died, was born and blinked.
  const empty = { ...shown, data: shown.data.map((id) => id === 1 ? 0 : id) };
  const gone = flickerOf([shown, empty, shown]);
  assertEquals([gone.birth_rate, gone.death_rate, gone.blink_rate], [1 / 3, 1 / 3, 1 / 2]);
});
