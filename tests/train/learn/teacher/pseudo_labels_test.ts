import { assertEquals } from "@std/assert";
import { IGNORED_LABEL } from "../../../../kernels/targets/label_grid.ts";
import { Random } from "../../../../train/images/random.ts";
import { labelsByVote, RunLabels } from "../../../../train/learn/teacher/pseudo_labels.ts";

Deno.test("labelsByVote() makes objects, doubt and background of votes and own scores", () => {
  const frame = {
    ...{ width: 7, height: 1, data: Uint32Array.of(0, 1, 2, 3, 4, 5, 6) },
    scores: new Map([[1, 0.9], [2, 0.2], [3, 0.9], [4, 0.2], [5, 0.2], [6, 0.45]]),
    votes: new Map([[1, 0.8], [2, 0.45], [3, 0.1], [4, 0.3], [5, 0.1], [6, 0.2]]),
  };
  const { labels, counts } = labelsByVote(frame, { object: 0.45, ignore: 0.25 });
  const doubt = IGNORED_LABEL;
  assertEquals([...labels.data], [0, 1, 2, doubt, doubt, 0, doubt]);
  assertEquals(counts, { objects: 2, rescued: 1, dropped: 2, ignored: 3 });
});

Deno.test("RunLabels cuts the same squares as the image, in a fraction of its bytes", () => {
  const random = new Random(5);
  const [width, height] = [60, 45];
  const data = new Uint32Array(width * height).map((_, i) =>
    Math.sin(i % width / 5) + Math.cos(i / width / 4) > 0.5
      ? 1 + i % width % 3 * IGNORED_LABEL / 3
      : 0
  );
  const packed = new RunLabels({ width, height, data });
  for (let trial = 0; trial < 50; trial++) {
    const size = 1 + random.integer(45);
    const [x, y] = [random.integer(width - size + 1), random.integer(height - size + 1)];
    const expected = Uint32Array.from(
      { length: size * size },
      (_, i) => data[(y + Math.floor(i / size)) * width + x + i % size],
    );
    assertEquals(packed.cut({ x, y, size }), expected, `${size} at ${x},${y}`);
  }
  assertEquals(packed.unpack(), { width, height, data });
  const plain = new RunLabels({ width: 500, height: 500, data: new Uint32Array(250_000) });
  assertEquals(plain.bytes < 0.01 * 1_000_000, true);
});
