import { assertEquals } from "@std/assert";
import { frameTimes } from "../../../../train/images/series/frame_times.ts";

function timesOf(numbers: (number | null)[], others: number[] = []) {
  return frameTimes({ name: "v", numbers, others });
}

Deno.test("frameTimes() are the numbers where they follow each other", () => {
  assertEquals(timesOf([3, 4, 5]), { times: [3, 4, 5], step: 1, notes: [] });
  assertEquals(timesOf([]), { times: [], step: 1, notes: [] });
  assertEquals(timesOf([7]).times, [7]);
});

Deno.test("frameTimes() leave a gap where a frame is missing, and name it", () => {
  const { times, notes } = timesOf([0, 1, 3, 4, 5]);
  assertEquals(times, [0, 1, 3, 4, 5]);
  assertEquals(notes, ["v: frame 2 is missing: frames 1 and 3 are no neighbours"]);
  assertEquals(timesOf([0, 1, 5]).notes, [
    "v: frames 2–4 are missing: frames 1 and 5 are no neighbours",
  ]);
  assertEquals(timesOf([0, 1, 3, 4, 7, 8, 10, 12]).notes, [
    "v: frames are missing in 4 places: 1 and 3, 4 and 7, 8 and 10, … are no neighbours",
  ]);
});

Deno.test("frameTimes() count in the step that all numbers share, and say so", () => {
  const { times, step, notes } = timesOf([10, 20, 40]);
  assertEquals([times, step], [[1, 2, 4], 10]);
  assertEquals(notes, [
    "v: numbers go up by 10: frames 10 apart are neighbours",
    "v: 1 frame is missing: frames 20 and 40 are no neighbours",
  ]);
  assertEquals(timesOf([13, 52, 79]).times, [0, 13, 22]);
  assertEquals(timesOf([13, 52, 79]).notes.length, 1, "no step is one of theirs");
  assertEquals(timesOf([0, 2, 4], [1, 3, 5]).times, [0, 2, 4], "truth knows of frames between");
});

Deno.test("frameTimes() are the order where numbers say nothing", () => {
  assertEquals(timesOf([null, null]), { times: [0, 1], step: null, notes: [] });
  assertEquals(timesOf([3, 3, 4]).times, [0, 1, 2]);
  assertEquals(timesOf([5, 4]).times, [0, 1]);
  const clock = timesOf([115900, 120001, 120103]);
  assertEquals([clock.times, clock.step], [[0, 1, 2], null]);
  assertEquals(clock.notes, [
    "v: numbers like 120103 are taken for times of day: all frames are neighbours in their order",
  ]);
  assertEquals(timesOf([200000, 200001]).times, [200000, 200001], "a long count is one");
});
