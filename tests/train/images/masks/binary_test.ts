import { assertEquals, assertRejects } from "@std/assert";
import { IGNORED_LABEL, type LabelImage } from "../../../../train/images/image.ts";
import {
  backgroundOf,
  connectedObjects,
  numbersIn,
} from "../../../../train/images/masks/binary.ts";
import { drawn } from "../../objects/fixtures/label_images.ts";

Deno.test("connectedObjects() numbers connected pixels of all numbers but the background", () => {
  const mask = drawn("11..2\n.1.?2\n....2\n3.3..");
  assertEquals(connectedObjects(mask, { background: 0 }), drawn("11..2\n.1.?2\n....2\n3.4.."));
  // Where numbers touch they are one object; 1 is background here.
  const classes = drawn("1121\n1331\n1111\n2211");
  assertEquals(connectedObjects(classes, { background: 1 }), drawn("..1.\n.11.\n....\n22.."));
  const white = { width: 3, height: 1, data: Uint32Array.of(255, 0, 255) };
  assertEquals(connectedObjects(white, { background: 0 }), drawn("1.2"));
});

Deno.test("numbersIn() are ascending, without what is to be ignored", () => {
  const data = Uint32Array.of(7, 0, 300, IGNORED_LABEL, 7, 7);
  assertEquals(numbersIn({ width: 6, height: 1, data }), [0, 7, 300]);
});

Deno.test("backgroundOf() is the lowest number of all masks, and stops looking at 0", async () => {
  let looked = 0;
  const masks = function* (...all: LabelImage[]) {
    for (const mask of all) {
      looked++;
      yield mask;
    }
  };
  const what = "the masks";
  assertEquals(await backgroundOf(masks(drawn("22"), drawn("12"), drawn("?2")), { what }), 1);
  assertEquals(looked, 3);
  assertEquals(await backgroundOf(masks(drawn("22"), drawn(".2"), drawn("12")), { what }), 0);
  assertEquals(looked, 5);
  assertEquals(await backgroundOf(masks(drawn("??")), { what }), 0);
  await assertRejects(
    () => backgroundOf(masks(drawn("22"), drawn("2?")), { what }),
    RangeError,
    "Cannot take the masks as binary: they hold 2 and nothing else, so nothing is background",
  );
});
