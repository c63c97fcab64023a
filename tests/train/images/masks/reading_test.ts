import { assertEquals, assertMatch } from "@std/assert";
import type { LabelImage } from "../../../../train/images/image.ts";
import {
  maskNotes,
  type MaskOptions,
  objectsInMask,
} from "../../../../train/images/masks/reading.ts";
import { syntheticStills } from "../../../../train/synthetic/mod.ts";
import { drawn, enlarged, relabelled } from "../../objects/fixtures/label_images.ts";

function notesOf(masks: readonly LabelImage[], options: MaskOptions = {}) {
  const facts = masks.map((mask) => objectsInMask(mask, options).facts);
  return maskNotes(facts, { ...options, what: "masks" });
}

/** Every kind of mask that tells foreground from background alone, and why it is doubted. */
const BINARY: readonly (readonly [LabelImage, string])[] = [
  [drawn("11..1\n.....\n.11.."), "a single number in several places"],
  [relabelled(drawn("11..\n...."), () => 255), "the single number 255"],
  [relabelled(drawn("1..1\n...."), () => 255), "a single number in several places"],
  [drawn("1111\n1221\n1111"), "no 0 for background"],
  [drawn("1111\n2112\n1111"), "no 0 for background"],
  [drawn("1111\n1111"), "no 0 for background"],
  [drawn("12.12\n.....\n.12.."), "few numbers, each in several places"],
  [drawn("121212\n......\n1.1.11"), "few numbers, each in several places"],
];

Deno.test("objectsInMask() doubts masks that tell foreground from background alone", () => {
  for (const [mask, doubt] of BINARY) {
    assertEquals(objectsInMask(mask).facts.doubt, doubt, `${mask.data}`);
    const big = enlarged(mask, 4);
    assertEquals(objectsInMask(big).facts.doubt, doubt);
    assertEquals(objectsInMask(big, { masks: "binary" }).facts.doubt, null);
  }
});

Deno.test("objectsInMask() does not doubt masks of objects, also of one or of objects in pieces", () => {
  const masks = [
    drawn("....\n...."),
    drawn(".11.\n.11."),
    drawn("1122\n1122"), // two that fill the image
    drawn("11.22\n11.22\n....1"),
    drawn("1.2.3.4\n1.2.3.4\n....4.."),
    ...syntheticStills({ seed: 4, count: 6, size: 64 }).map(({ labels }) => labels),
  ];
  for (const mask of masks) assertEquals(objectsInMask(mask).facts.doubt, null, `${mask.data}`);
  // A speck of a large object is no place of its own.
  const large = enlarged(drawn("11...\n11..."), 6);
  large.data[large.data.length - 1] = 1;
  assertEquals(objectsInMask(large).facts.doubt, null);
  assertEquals(objectsInMask(large).facts.inPieces, 1);
});

Deno.test("objectsInMask() makes objects of a mask as the options say", () => {
  const mask = drawn("2.2.3?");
  const labelsOf = (options: MaskOptions) => objectsInMask(mask, options).labels;
  assertEquals(labelsOf({}), mask);
  assertEquals(labelsOf({ mergeInstances: true }), drawn("1.1.1?"));
  assertEquals(labelsOf({ masks: "binary" }), drawn("1.2.3?"));
  assertEquals(objectsInMask(mask).facts.objects, 2);
  assertEquals(objectsInMask(mask, { masks: "binary" }).facts, {
    ...{ doubt: null, numbers: [0, 2, 3], background: 0, objects: 3, specks: 3, inPieces: 0 },
    holes: { objects: 0, pixels: 0 },
  });
});

Deno.test("objectsInMask() fills holes if it is to, before objects are merged, and counts them anyway", () => {
  const mask = drawn("1112\n1.12\n1112");
  assertEquals(objectsInMask(mask).labels, mask);
  assertEquals(objectsInMask(mask).facts.holes, { objects: 1, pixels: 1 });
  assertEquals(objectsInMask(mask, { fillHoles: true }).labels, drawn("1112\n1112\n1112"));
  const merged = objectsInMask(mask, { fillHoles: true, mergeInstances: true });
  assertEquals(merged.labels, drawn("1111\n1111\n1111"));
  const binary = objectsInMask(mask, { fillHoles: true, masks: "binary" });
  assertEquals(binary.labels, drawn("1111\n1111\n1111"));
  assertEquals(binary.facts.holes, { objects: 1, pixels: 1 });
});

Deno.test("maskNotes() says how many holes there are and what became of them, where that was asked", () => {
  const mask = drawn("111.22.3\n1.1.22.3\n111....3");
  const counted = "Holes in 1 of 3 objects in masks, 1 pixel: ";
  assertEquals(notesOf([mask], { fillHoles: true }).notes, [
    `${counted}filled; --no-fill-holes leaves them`,
  ]);
  assertEquals(notesOf([mask], { fillHoles: false }).notes, [
    `${counted}background; --fill-holes fills them`,
  ]);
  assertEquals(notesOf([mask]).notes, []);
});

Deno.test("maskNotes() counts masks without instances and says what to do", () => {
  const [binary, objects] = [BINARY[0][0], drawn("11.22\n11.22\n3...1")];
  const { warnings, notes } = notesOf([binary, objects, BINARY[6][0]]);
  assertEquals(warnings.length, 1);
  assertMatch(warnings[0], /^2 of 3 masks seem to tell foreground from background/);
  assertMatch(warnings[0], /a single number in several places; few numbers, each in several pl/);
  assertMatch(warnings[0], /use --masks binary/);
  assertEquals(notes, [
    "Several pieces under one number: 1 of 3 objects in masks; each counts as one object, so give " +
    "each piece a number of its own if it is one",
  ]);
  assertEquals(notesOf([binary], { mergeInstances: true }), { warnings: [], notes: [] });
  assertEquals(notesOf([]), { warnings: [], notes: [] });
  assertEquals(notesOf([drawn("1.2")]), { warnings: [], notes: [] });
});

Deno.test("maskNotes() counts masks with the numbers of most doubtful ones, too", () => {
  const [binary, whole, empty] = [BINARY[0][0], drawn("11.\n11."), drawn("...")];
  assertMatch(notesOf([binary, whole, binary, empty]).warnings[0], /^3 of 4 masks/);
  assertMatch(notesOf([binary, whole, whole, empty]).warnings[0], /^1 of 4 masks/);
});

Deno.test("maskNotes() takes 255 for an id where other masks have others", () => {
  const [white, other, none] = [relabelled(drawn("11."), () => 255), drawn("1.2"), drawn("...")];
  assertEquals(notesOf([white, other]).warnings, []);
  assertMatch(notesOf([white, white, none]).warnings[0], /^2 of 3 masks .*the single number 255/);
});

Deno.test("maskNotes() of binary masks counts objects, and doubts those that tell them apart", () => {
  const options = { masks: "binary", background: 1 } as const;
  const { warnings, notes } = notesOf([drawn("1121\n1121"), enlarged(drawn("1213"), 4)], options);
  assertEquals(notes, [
    "3 objects in 2 masks are connected pixels of other numbers than 1, the lowest; 1 of them has " +
    "fewer than 10 pixels",
  ]);
  assertEquals(warnings, [
    "1 of 2 masks holds more than two numbers: all but 1 are foreground; if each number is an " +
    "object, leave --masks binary out",
  ]);
});
