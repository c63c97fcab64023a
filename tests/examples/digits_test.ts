// A classifier of images: digits that are turned, shifted, scaled and noisy, told apart by a small
// convolutional network.
import { assert } from "@std/assert";
import { openDevice } from "../../kernels/mod.ts";
import { Adam, ops, ParameterStore, Tape } from "../../nn/mod.ts";
import { Random } from "../../train/images/random.ts";

const SIDE = 16;
/** Ten digits of 5 × 7 points, a row as a number of five bits. */
const FONT = [
  [14, 17, 19, 21, 25, 17, 14],
  [4, 12, 4, 4, 4, 4, 14],
  [14, 17, 1, 6, 8, 16, 31],
  [31, 2, 4, 2, 1, 17, 14],
  [2, 6, 10, 18, 31, 2, 2],
  [31, 16, 30, 1, 1, 17, 14],
  [6, 8, 16, 30, 17, 17, 14],
  [31, 1, 2, 4, 8, 8, 8],
  [14, 17, 17, 14, 17, 17, 14],
  [14, 17, 17, 15, 1, 2, 12],
];

/** Draws a digit into an image, by looking up where each pixel lies in the font. */
function draw(image: Float32Array, digit: number, random: Random): void {
  const angle = random.uniform(-0.2, 0.2);
  const scale = random.uniform(1.5, 1.9);
  const [y0, x0] = [SIDE / 2 + random.uniform(-1.5, 1.5), SIDE / 2 + random.uniform(-1.5, 1.5)];
  const point = (row: number, column: number) =>
    column < 0 || column > 4 ? 0 : (FONT[digit][row] ?? 0) >> (4 - column) & 1;
  image.forEach((_, i) => {
    const [dy, dx] = [Math.floor(i / SIDE) + 0.5 - y0, i % SIDE + 0.5 - x0];
    const row = (Math.cos(angle) * dy - Math.sin(angle) * dx) / scale + 3;
    const column = (Math.sin(angle) * dy + Math.cos(angle) * dx) / scale + 2;
    const [top, left] = [Math.floor(row), Math.floor(column)];
    const [down, right] = [row - top, column - left];
    const ink = (1 - down) * ((1 - right) * point(top, left) + right * point(top, left + 1)) +
      down * ((1 - right) * point(top + 1, left) + right * point(top + 1, left + 1));
    image[i] = ink + 0.15 * random.normal();
  });
}

/** Images `[count, 1, 16, 16]` and which digits they show. */
function digits(count: number, random: Random) {
  const classes = Float32Array.from({ length: count }, () => random.integer(10));
  const images = new Float32Array(count * SIDE * SIDE);
  classes.forEach((digit, i) =>
    draw(images.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE), digit, random)
  );
  return { images, classes, count };
}

Deno.test("a small convolutional network tells 97 % of synthetic digits apart", async () => {
  using device = await openDevice();
  using _scope = device.scope();
  const random = new Random(5);

  const store = new ParameterStore(device, random);
  const first = store.conv2d("first", { cIn: 1, cOut: 8, k: 3 });
  const second = store.conv2d("second", { cIn: 8, cOut: 16, k: 3 });
  const [weight, bias] = store.sums("head", [10, 16 * (SIDE / 4) ** 2]);
  const classify = (tape: Tape, images: Float32Array<ArrayBuffer>, count: number) =>
    ops(tape)(device.upload([count, 1, SIDE, SIDE], images))
      .conv2d(first.weight, first.bias, { relu: true }).maxPool2d()
      .conv2d(second.weight, second.bias, { relu: true }).maxPool2d()
      .flatten().dense(weight, bias);

  const adam = new Adam(device, { parameters: store.parameters });
  for (let step = 0; step < 200; step++) {
    using _step = device.scope();
    const { images, classes, count } = digits(50, random);
    const logits = classify(new Tape(device), images, count);
    const loss = logits.crossEntropy(device.upload([count], classes));
    adam.step(loss.backward(), 0.005);
  }

  const { images, classes, count } = digits(500, new Random(6));
  const logits = classify(new Tape(device, { record: false }), images, count);
  const scores = await device.read(logits.tensor);
  const right = classes.filter((digit, i) => {
    const row = scores.subarray(10 * i, 10 * (i + 1));
    return row.indexOf(Math.max(...row)) === digit;
  }).length;
  assert(right >= 0.97 * count, `${right} of ${count} are right`);
});
