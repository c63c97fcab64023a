import { assertEquals, assertThrows } from "@std/assert";
import { groupMatchingLabels } from "../../../../train/objects/scores/group_labels.ts";
import { drawn, empty, HUGE_ID, idsOf, rectangles, relabelled } from "../fixtures/label_images.ts";

Deno.test("groupMatchingLabels() carries ids through moving frames and numbers new objects", () => {
  const grouped = groupMatchingLabels([
    drawn("55..22...."),
    drawn(".11..33.44"),
    drawn("..9..88.7."),
  ]);
  assertEquals(grouped, [drawn("55..22...."), drawn(".55..22.66"), drawn("..5..22.6.")]);
});

Deno.test("groupMatchingLabels() does not give an id back to an object that was away", () => {
  const grouped = groupMatchingLabels([drawn("1..2"), drawn("1..."), drawn("1..2")]);
  assertEquals(grouped[2], drawn("1..3"));
});

Deno.test("groupMatchingLabels() gives an id to one of two halves only", () => {
  const grouped = groupMatchingLabels([drawn("11111"), drawn("11333")]);
  assertEquals(grouped[1], drawn("22111"));
});

Deno.test("groupMatchingLabels() undoes a shuffle of the ids and leaves its input alone", () => {
  const frame = rectangles({ seed: 5, count: 30, height: 40, width: 40, side: 8 });
  const shuffled = relabelled(frame, (id) => Math.imul(id, 12345677) >>> 0);
  const before = shuffled.data.slice();
  assertEquals(idsOf(frame).at(-1)! < HUGE_ID, true);
  assertEquals(groupMatchingLabels([frame, shuffled]), [frame, frame]);
  assertEquals(shuffled.data, before);
});

Deno.test("groupMatchingLabels() with a threshold drops weak matches", () => {
  const frames = [drawn("1111...."), drawn("...1111.")];
  assertEquals(groupMatchingLabels(frames, { threshold: 0.5 })[1], drawn("...2222."));
});

Deno.test("groupMatchingLabels() starts at 1 after an empty frame and accepts no frames", () => {
  assertEquals(groupMatchingLabels([empty(1, 3), drawn("7.8")])[1], drawn("1.2"));
  assertEquals(groupMatchingLabels([]), []);
});

Deno.test("groupMatchingLabels() says so when it runs out of ids", () => {
  const frames = [drawn("#..."), drawn("#.1.")];
  assertThrows(() => groupMatchingLabels(frames), RangeError, "relabel it from 1");
  assertEquals(groupMatchingLabels([frames[0], frames[0]])[1], frames[0]);
});

Deno.test("groupMatchingLabels() leaves what is to be ignored as it is", () => {
  assertEquals(groupMatchingLabels([drawn("11?."), drawn("33?4")])[1], drawn("11?2"));
});
