import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { sigmoid } from "../../kernels/ops/sigmoid.ts";
import { Tape, Variable } from "../../nn/autodiff.ts";
import {
  answerLossNamed,
  generalisedDiceLoss,
  type Loss,
  losses,
  type LossKind,
  lossKinds,
  lossNamed,
  tolerantDice,
  windowLoss,
} from "../../nn/losses.ts";
import { Random } from "../../train/images/random.ts";
import { assertClose, device } from "../kernels/fixtures/check_operation.ts";

const SHAPE = [2, 1, 1, 3];
const P = [0.9, 0.2, 0.5, 0.1, 0.8, 0.3];
const T = [1, 0, 1, 0, 1, 1];

function sum(value: (p: number, t: number) => number): number {
  return P.reduce((total, p, i) => total + value(p, T[i]), 0);
}

/** Each loss written out from its definition. */
const DEFINITIONS: Record<string, () => number> = {
  "dice": () => 1 - (2 * sum((p, t) => p * t) + 1) / (sum((p, t) => p + t) + 1),
  "squared-dice": () => 1 - (2 * sum((p, t) => p * t) + 1) / (sum((p, t) => p * p + t * t) + 1),
  "generalised-dice": () => {
    const share = (value: (p: number, t: number) => number) => sum(value) / P.length;
    const classes = [{ of: (v: number) => v }, { of: (v: number) => 1 - v }].map(({ of }) => ({
      weight: 1 / (share((_, t) => of(t)) ** 2 + 1e-6),
      shared: share((p, t) => of(p) * of(t)),
      all: share((p, t) => of(p) + of(t)),
    }));
    const total = (key: "shared" | "all") => classes.reduce((s, c) => s + c.weight * c[key], 0);
    return 1 - 2 * total("shared") / (total("all") + 1e-6);
  },
  "bce": () => sum((p, t) => -t * Math.log(p) - (1 - t) * Math.log(1 - p)) / 6,
  "mse": () => sum((p, t) => (p - t) ** 2) / 6,
  "foreground-sum": () => (Math.abs(1.6 - 2) / 3 + Math.abs(1.2 - 2) / 3) / 2,
  // An image is smaller than a tile, and than a window of local maxima.
  "tile-sum": () => (Math.abs(1.6 - 2) / 3 + Math.abs(1.2 - 2) / 3) / 2,
  "tolerant-dice": () => 1 - (1.6 * 1 + 1.2 * 1 + 2 * 0.9 + 2 * 0.8 + 1) / (2.8 + 4 + 1),
};

Deno.test("losses give by their names what their definitions say", async () => {
  assertEquals(Object.keys(losses).toSorted(), Object.keys(DEFINITIONS).toSorted());
  assertEquals(Object.keys(losses), lossKinds.map(({ name }) => name));
  for (const [name, definition] of Object.entries(DEFINITIONS)) {
    using _scope = device.scope();
    const p = new Variable(device.upload(SHAPE, Float32Array.from(P)), { needsGradient: true });
    const t = new Variable(device.upload(SHAPE, Float32Array.from(T)));
    const loss = losses[name](new Tape(device), p, t);
    assertEquals(loss.value.shape, [1], name);
    assertAlmostEquals((await device.read(loss.value))[0], definition(), 1e-6, name);
  }
});

Deno.test("losses of stills of a perfect prediction do not depend on the number of pixels", async () => {
  for (const shape of [[1, 1, 8, 8], [4, 1, 64, 64], [8, 1, 256, 256]]) {
    using _scope = device.scope();
    const length = shape.reduce((a, b) => a * b);
    const mask = device.upload(shape, Float32Array.from({ length }, (_, i) => i % 4 === 0 ? 1 : 0));
    for (const name of ["dice", "squared-dice", "generalised-dice", "mse"]) {
      const tape = new Tape(device, { record: false });
      for (const loss of [losses[name], lossNamed(name, { masked: true })]) {
        const [value] = await device.read(loss(tape, new Variable(mask), new Variable(mask)).value);
        assertAlmostEquals(value, 0, 1e-6, `${name} of ${length} pixels`);
      }
    }
  }
});

Deno.test("generalisedDiceLoss() with plain sums is that of earlier versions, which grows with the pixels", async () => {
  using _scope = device.scope();
  const shape = [8, 1, 256, 256];
  const data = Float32Array.from({ length: 8 * 256 * 256 }, (_, i) => i % 4 === 0 ? 1 : 0);
  const mask = new Variable(device.upload(shape, data));
  const { compute } = generalisedDiceLoss({ shares: false });
  const [value] = await device.read(
    compute(new Tape(device, { record: false }), [mask, mask], {}).value,
  );
  // Of n pixels a quarter is foreground: 1 − S / (S + ε) with S = 2 / (n / 4) + 2 / (3 n / 4).
  const s = 2 / (data.length / 4) + 2 / (3 * data.length / 4);
  assertAlmostEquals(value, 1 - s / (s + 1e-6), 1e-6);
  assertAlmostEquals(value, 0.047, 1e-3);
});

Deno.test("losses between two predictions reach both; bce and generalised-dice detach the second", () => {
  for (const name of Object.keys(losses)) {
    using _scope = device.scope();
    const [a, b] = [P, T].map((values) =>
      new Variable(device.upload(SHAPE, Float32Array.from(values)), { needsGradient: true })
    );
    const tape = new Tape(device);
    const gradients = tape.backward(losses[name](tape, a, b));
    assertEquals(gradients.has(a), true, name);
    assertEquals(gradients.has(b), name !== "bce" && name !== "generalised-dice", name);
  }
});

/** Tolerant Dice of two planes of h × w pixels, written out. */
function tolerantDiceOf(
  [a, b]: readonly Float64Array[],
  { w, reach }: { w: number; reach: number },
): number {
  const largestNear = (map: Float64Array, i: number) =>
    map.reduce((largest, value, at) => {
      const isNear = Math.abs(at % w - i % w) <= reach &&
        Math.abs(Math.floor(at / w) - Math.floor(i / w)) <= reach;
      return isNear ? Math.max(largest, value) : largest;
    }, -Infinity);
  const covered = (of: Float64Array, by: Float64Array) =>
    of.reduce((sum, value, i) => sum + value * largestNear(by, i), 0);
  const total = a.reduce((sum, value, i) => sum + value + b[i], 0);
  return 1 - (covered(a, b) + covered(b, a) + 1) / (total + 1);
}

Deno.test("tolerantDice() and its gradients are its formula and that formula's differences", async () => {
  const random = new Random(4);
  for (const { h, w, reach } of [{ h: 7, w: 9, reach: 2 }, { h: 5, w: 4, reach: 1 }]) {
    using _scope = device.scope();
    const maps = [0, 1].map(() =>
      Float64Array.from({ length: h * w }, () => Math.fround(random.uniform(0.02, 0.98)))
    );
    const [a, b] = maps.map((map) =>
      new Variable(device.upload([1, 1, h, w], Float32Array.from(map)), { needsGradient: true })
    );
    const tape = new Tape(device);
    const loss = tolerantDice(tape, [a, b], { reach });
    const gradients = tape.backward(loss);
    const expected = tolerantDiceOf(maps, { w, reach });
    assertAlmostEquals((await device.read(loss.value))[0], expected, 1e-6);
    for (const [which, variable] of [a, b].entries()) {
      const differences = maps[which].map((_, at) => {
        const [low, high] = [-1e-6, 1e-6].map((step) => {
          const moved = maps.map((map) => map.slice());
          moved[which][at] += step;
          return tolerantDiceOf(moved, { w, reach });
        });
        return (high - low) / 2e-6;
      });
      const gradient = await device.read(gradients.get(variable)!);
      assertClose(gradient, differences, { limit: 1e-4, what: `gradient ${which}` });
    }
  }
});

Deno.test("tolerantDice() is soft Dice with a reach of 0", async () => {
  using _scope = device.scope();
  const [a, b] = [P, T].map((map) => new Variable(device.upload(SHAPE, Float32Array.from(map))));
  const tape = new Tape(device, { record: false });
  const [tolerant, plain] = await Promise.all(
    [tolerantDice(tape, [a, b], { reach: 0 }), losses.dice(tape, a, b)]
      .map(({ value }) => device.read(value)),
  );
  assertAlmostEquals(tolerant[0], plain[0], 1e-6);
});

/** A square of 4 × 4 pixels on 16 × 16, its corner at (x, 5). */
function square(x: number): Variable {
  const map = Float32Array.from(
    { length: 256 },
    (_, i) => Number(i % 16 >= x && i % 16 < x + 4 && i >= 5 * 16 && i < 9 * 16),
  );
  return new Variable(device.upload([1, 1, 16, 16], map));
}

Deno.test("losses that let objects move do so as far as they are told, and no further", async () => {
  using _scope = device.scope();
  const tape = new Tape(device, { record: false });
  const valueOf = async (name: string, x: number, settings: Record<string, number> = {}) =>
    (await device.read(lossNamed(name, { settings })(tape, square(2), square(x)).value))[0];
  const settings = { tile: 8, reach: 3 };
  const within = { "tolerant-dice": 5, "tile-sum": 4, "foreground-sum": 12 } as const;
  for (const [name, x] of Object.entries(within)) {
    assertEquals(await valueOf(name, x, settings), 0, name);
    assertEquals(await valueOf("dice", x) > 0.2, true);
  }
  assertEquals(await valueOf("tolerant-dice", 6, settings) > 0.2, true);
  assertEquals(await valueOf("tile-sum", 5, settings), 2 * 4 / 256);
});

Deno.test("lossNamed() has the settings of its record unless told, and no others", async () => {
  using _scope = device.scope();
  const tape = new Tape(device, { record: false });
  const valueOf = async (name: string, settings?: Record<string, number>) =>
    (await device.read(lossNamed(name, { settings })(tape, square(2), square(6)).value))[0];
  for (const { name, settings } of lossKinds) {
    const usual = Object.fromEntries(
      Object.entries(settings).map(([key, { value }]) => [key, value]),
    );
    assertEquals(await valueOf(name), await valueOf(name, { ...usual, another: 7 }), name);
  }
  // Shifted by 4: out of reach of 3, and within one tile of the whole image.
  assertEquals(await valueOf("tolerant-dice", {}), await valueOf("tolerant-dice", { reach: 3 }));
  assertEquals(await valueOf("tolerant-dice", { reach: 4 }), 0);
  assertEquals(await valueOf("tile-sum", {}), 0);
  assertEquals(await valueOf("tile-sum", { tile: 4 }) > 0, true);
});

Deno.test("lossNamed() refuses an unknown name and says which there are, also of other kinds", () => {
  assertThrows(
    () => lossNamed("focal"),
    RangeError,
    `Cannot compute a loss focal: known losses are ${lossKinds.map(({ name }) => name).join(", ")}`,
  );
  const [first] = lossKinds;
  assertThrows(
    () => lossNamed("bce", { kinds: [first] }),
    RangeError,
    "Cannot compute a loss bce: known losses are dice",
  );
});

Deno.test("lossNamed() takes the loss of the kinds that it is given", async () => {
  using _scope = device.scope();
  const [a, b] = [P, T].map((map) => new Variable(device.upload(SHAPE, Float32Array.from(map))));
  const tape = new Tape(device, { record: false });
  const own: LossKind = {
    name: "dice",
    when: "in this test",
    settings: { sign: { ...lossKinds.at(-1)!.settings.reach, value: 1 } },
    compute: (tape, pair, { sign }) => losses[sign === 1 ? "mse" : "bce"](tape, ...pair),
  };
  const values = async (loss: Loss) => await device.read(loss(tape, a, b).value);
  assertEquals(await values(lossNamed("dice", { kinds: [own] })), await values(losses.mse));
  const other = lossNamed("dice", { kinds: [own], settings: { sign: -1 } });
  assertEquals(await values(other), await values(losses.bce));
});

Deno.test("every loss gives in a recording, replayed on new maps, the bits of the plain way", async () => {
  const shape = [2, 1, 12, 9];
  const random = new Random(8);
  const map = () => Float32Array.from({ length: 216 }, () => random.uniform(0.02, 0.98));
  for (const name of Object.keys(losses)) {
    using _scope = device.scope();
    const [a, b] = [0, 1].map(() => new Variable(device.empty(shape), { needsGradient: true }));
    const places = [device.empty(shape), device.empty([1])];
    const step = () => {
      using _inner = device.scope();
      const tape = new Tape(device);
      const loss = losses[name](tape, a, b);
      const gradient = tape.backward(loss).get(a)!;
      [gradient, loss.value].forEach((from, i) =>
        device.copy({ from, to: places[i], count: from.size })
      );
    };
    const read = () => Promise.all(places.map((place) => device.read(place)));
    using recording = device.capture(step);
    for (let trial = 0; trial < 2; trial++) {
      [a, b].forEach(({ value }) => device.write(value, map()));
      recording.replay();
      const replayed = await read();
      step();
      assertEquals(replayed, await read(), name);
    }
  }
});

Deno.test("windowLoss() adds a loss over neighbouring pairs, and reaches every frame", async () => {
  using _scope = device.scope();
  const random = new Random(9);
  const answers = [0, 1, 2, 3].map(() => {
    const map = Float32Array.from({ length: 6 }, () => random.uniform(0, 1));
    return new Variable(device.upload(SHAPE, map), { needsGradient: true });
  });
  const tape = new Tape(device);
  const pairs = [0, 1, 2].map((i) => losses.mse(tape, answers[i], answers[i + 1]));
  const loss = windowLoss(tape, { loss: losses.mse, answers });
  const values = await Promise.all([loss, ...pairs].map(({ value }) => device.read(value)));
  assertAlmostEquals(values[0][0], values[1][0] + values[2][0] + values[3][0], 1e-6);
  const gradients = tape.backward(loss);
  const [first, second, third] = await Promise.all(answers.map(({ value }) => device.read(value)));
  assertEquals(answers.map((answer) => gradients.has(answer)), [true, true, true, true]);
  assertClose(
    await device.read(gradients.get(answers[1])!),
    second.map((value, i) => 2 * (2 * value - first[i] - third[i]) / 6),
    { limit: 1e-5, what: "gradient of a frame with two neighbours" },
  );
});

Deno.test("windowLoss() of a pair is the loss, and of one frame an error", async () => {
  using _scope = device.scope();
  const [a, b] = [P, T].map((map) => new Variable(device.upload(SHAPE, Float32Array.from(map))));
  const tape = new Tape(device);
  const pair = windowLoss(tape, { loss: losses.dice, answers: [a, b] });
  const plain = losses.dice(tape, a, b);
  assertEquals(await device.read(pair.value), await device.read(plain.value));
  assertThrows(
    () => windowLoss(tape, { loss: losses.dice, answers: [a] }),
    RangeError,
    "Cannot compare neighbours in a window of 1: at least 2 frames are needed",
  );
});

Deno.test("lossNamed() masked is the loss of the pixels whose target is not negative, or refuses", async () => {
  using _scope = device.scope();
  const variable = (values: number[]) =>
    new Variable(device.upload([1, 1, 1, values.length], Float32Array.from(values)));
  const tape = new Tape(device, { record: false });
  const valueOf = async (loss: Loss, p: number[], t: number[]) =>
    (await device.read(loss(tape, variable(p), variable(t)).value))[0];
  const able = ["dice", "squared-dice", "generalised-dice", "bce", "mse"];
  for (const { name } of lossKinds) {
    if (!able.includes(name)) {
      assertThrows(
        () => lossNamed(name, { masked: true }),
        RangeError,
        `Cannot leave pixels out of the loss ${name}: those that can are ${able.join(", ")}`,
      );
      continue;
    }
    const masked = lossNamed(name, { masked: true });
    const partly = [T[0], -1, T[2], T[3], -1, T[5]];
    const known = (values: number[]) => values.filter((_, i) => partly[i] >= 0);
    const expected = await valueOf(lossNamed(name), known(P), known(T));
    assertAlmostEquals(await valueOf(masked, P, partly), expected, 1e-6, name);
    assertAlmostEquals(await valueOf(masked, P, T), await valueOf(losses[name], P, T), 1e-6, name);
  }
});

Deno.test("answerLossNamed() compares logits where the loss can and the answer has them", async () => {
  using _scope = device.scope();
  const upload = (values: number[]) =>
    new Variable(device.upload([values.length], Float32Array.from(values)), {
      needsGradient: true,
    });
  const [z, t] = [[-40, 2, 0.5], [1, 1, -1]];
  const gradientOf = async (name: string, withLogits: boolean) => {
    const logits = upload(z);
    const tape = new Tape(device);
    const prob = tape.apply(sigmoid, [logits], {});
    const loss = answerLossNamed(name, { masked: true })(
      tape,
      withLogits ? { prob, logits } : { prob },
      new Variable(device.upload([3], Float32Array.from(t))),
    );
    return await device.read(tape.backward(loss).get(logits)!);
  };
  const [confident, right, unknown] = await gradientOf("bce", true);
  assert(Math.abs(confident + 0.5) < 1e-6, `${confident}: a confident mistake has its gradient`);
  assert(right < 0 && unknown === 0);
  // Without logits the sigmoid's flat end has none of it.
  const [lost] = await gradientOf("bce", false);
  assert(Math.abs(lost) < 1e-5, `${lost}`);
  assertEquals(await gradientOf("dice", true), await gradientOf("dice", false));
  assertThrows(() => answerLossNamed("no such loss"), RangeError, "known losses are dice");
});
