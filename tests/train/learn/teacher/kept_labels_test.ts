import { assert, assertEquals } from "@std/assert";
import { IGNORED_LABEL } from "../../../../train/images/image.ts";
import { Random } from "../../../../train/images/random.ts";
import {
  packLabels,
  packProposals,
  unpackLabels,
  unpackProposals,
} from "../../../../train/learn/teacher/kept_labels.ts";
import { RunLabels } from "../../../../train/learn/teacher/pseudo_labels.ts";

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

Deno.test("unpackLabels() gives what packLabels() took, to the bit and in a fraction of its bytes", async () => {
  const images = frames();
  const labels = images.map((image) => new RunLabels(image));
  const exposure = Math.PI / 3;
  const file = await packLabels({ of: OF, exposure, labels });
  const kept = await unpackLabels(file, { ...OF });
  assertEquals(kept?.exposure, exposure);
  assertEquals(kept?.labels.map((frame) => frame.unpack()), images);
  const place = { x: 11, y: 3, size: 20 };
  assertEquals(kept?.labels[2].cut(place), labels[2].cut(place));
  assert(file.length < 4 * 64 * 50, `${file.length} bytes`);
});

Deno.test("unpackLabels() takes neither what is damaged nor labels of something else", async () => {
  const labels = frames().map((image) => new RunLabels(image));
  const file = await packLabels({ of: OF, exposure: 1, labels });
  assertEquals(await unpackLabels(file, { ...OF, teacher: 8 }), null);
  for (let at = 10; at < file.length; at += 97) {
    const damaged = file.slice();
    damaged[at] ^= 1;
    assertEquals(await unpackLabels(damaged, OF), null, `byte ${at}`);
    assertEquals(await unpackLabels(file.slice(0, at), OF), null, `cut after ${at}`);
  }
  assertEquals(await unpackLabels(new Uint8Array(), OF), null);
});

Deno.test("unpackProposals() gives what packProposals() took, to the bit, and nothing of something else", async () => {
  const random = new Random(5);
  const scoresOf = ({ data }: { data: Uint32Array }) =>
    new Map([...new Set(data)].filter((id) => id > 0).map((id) => [id, random.next()]));
  const proposed = frames().map((image) => ({
    labels: new RunLabels(image),
    scores: scoresOf(image),
  }));
  const file = await packProposals({ of: OF, exposure: 2, frames: proposed });
  const kept = await unpackProposals(file, { ...OF });
  assertEquals(kept?.exposure, 2);
  assertEquals(
    kept?.frames.map(({ labels, scores }) => [labels.unpack(), [...scores]]),
    proposed.map(({ labels, scores }) => [labels.unpack(), [...scores]]),
  );
  assertEquals(await unpackProposals(file, { ...OF, teacher: 8 }), null);
  assertEquals(await unpackProposals(file.slice(0, -9), OF), null);
});
