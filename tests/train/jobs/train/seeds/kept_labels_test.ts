import { assert, assertEquals } from "@std/assert";
import { IGNORED_LABEL } from "../../../../../train/images/image.ts";
import { Random } from "../../../../../train/images/random.ts";
import { packLabels, unpackLabels } from "../../../../../train/jobs/train/seeds/kept_labels.ts";
import { RunLabels } from "../../../../../train/learn/teacher/pseudo_labels.ts";

const OF = { teacher: 7, video: { name: "a\nb", times: undefined } };

/** Frames of another size each, with objects, doubt and nothing at all. */
function frames() {
  const random = new Random(3);
  return [[31, 8], [1, 1], [64, 50]].map(([width, height], t) => {
    let label = 0;
    const data = Uint32Array.from({ length: width * height }, () => {
      if (random.chance(0.1)) label = [0, IGNORED_LABEL, 1 + random.integer(70_000)][t];
      return label;
    });
    return { width, height, data };
  });
}

Deno.test("unpackLabels() gives what packLabels() took, to the bit and in a fraction of its bytes", () => {
  const images = frames();
  const labels = images.map((image) => new RunLabels(image));
  const exposure = Math.PI / 3;
  const file = packLabels({ of: OF, exposure, labels });
  const kept = unpackLabels(file, { ...OF });
  assertEquals(kept?.exposure, exposure);
  assertEquals(kept?.labels.map((frame) => frame.unpack()), images);
  const place = { x: 11, y: 3, size: 20 };
  assertEquals(kept?.labels[2].cut(place), labels[2].cut(place));
  assert(file.length < 4 * 64 * 50, `${file.length} bytes`);
});

Deno.test("unpackLabels() takes neither what is damaged nor labels of something else", () => {
  const labels = frames().map((image) => new RunLabels(image));
  const file = packLabels({ of: OF, exposure: 1, labels });
  assertEquals(unpackLabels(file, { ...OF, teacher: 8 }), null);
  for (let at = 10; at < file.length; at += 97) {
    const damaged = file.slice();
    damaged[at] ^= 1;
    assertEquals(unpackLabels(damaged, OF), null, `byte ${at}`);
    assertEquals(unpackLabels(file.slice(0, at), OF), null, `cut after ${at}`);
  }
  assertEquals(unpackLabels(new Uint8Array(), OF), null);
});
