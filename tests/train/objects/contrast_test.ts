import { assertEquals } from "@std/assert";
import { contrastsOf } from "../../../train/objects/contrast.ts";
import { objectMeans } from "../../../train/objects/object_means.ts";
import { drawn } from "./fixtures/label_images.ts";

const image = { width: 6, height: 1, data: Float32Array.of(1, 1, 4, 9, 9, 6) };

Deno.test("contrastsOf() knows no object and no background where labels are ignored", () => {
  assertEquals(contrastsOf(image, drawn("..1??2")), [3, 5]);
  // Where all is object or ignored, the lowest intensity is the background.
  assertEquals(contrastsOf(image, drawn("??1??2")), [3, 5]);
  assertEquals([...objectMeans(drawn("..1??2"), image.data).keys()], [1, 2]);
});
