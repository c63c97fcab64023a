import { assertAlmostEquals, assertEquals } from "@std/assert";
import { openDevice } from "../../kernels/open_device.ts";
import { Tape, Variable } from "../../nn/autodiff.ts";
import { losses, type LossName } from "../../nn/losses.ts";

const device = await openDevice();
const SHAPE = [2, 1, 1, 3];
const P = [0.9, 0.2, 0.5, 0.1, 0.8, 0.3];
const T = [1, 0, 1, 0, 1, 1];

function sum(value: (p: number, t: number) => number): number {
  return P.reduce((total, p, i) => total + value(p, T[i]), 0);
}

/** Each loss written out from its definition. */
const DEFINITIONS: Record<LossName, () => number> = {
  "dice": () => 1 - (2 * sum((p, t) => p * t) + 1) / (sum((p, t) => p + t) + 1),
  "squared-dice": () => 1 - (2 * sum((p, t) => p * t) + 1) / (sum((p, t) => p * p + t * t) + 1),
  "generalised-dice": () => {
    const classes = [{ of: (v: number) => v }, { of: (v: number) => 1 - v }].map(({ of }) => ({
      weight: 1 / (sum((_, t) => of(t)) ** 2 + 1e-6),
      shared: sum((p, t) => of(p) * of(t)),
      all: sum((p, t) => of(p) + of(t)),
    }));
    const total = (key: "shared" | "all") => classes.reduce((s, c) => s + c.weight * c[key], 0);
    return 1 - 2 * total("shared") / (total("all") + 1e-6);
  },
  "bce": () => sum((p, t) => -t * Math.log(p) - (1 - t) * Math.log(1 - p)) / 6,
  "mse": () => sum((p, t) => (p - t) ** 2) / 6,
  "foreground-sum": () => (Math.abs(1.6 - 2) / 3 + Math.abs(1.2 - 2) / 3) / 2,
};

Deno.test("losses give by their names what their definitions say", async () => {
  assertEquals(Object.keys(losses).toSorted(), Object.keys(DEFINITIONS).toSorted());
  for (const [name, definition] of Object.entries(DEFINITIONS) as [LossName, () => number][]) {
    using _scope = device.scope();
    const p = new Variable(device.upload(SHAPE, Float32Array.from(P)), { needsGradient: true });
    const t = new Variable(device.upload(SHAPE, Float32Array.from(T)));
    const loss = losses[name](new Tape(device), p, t);
    assertEquals(loss.value.shape, [1], name);
    assertAlmostEquals((await device.read(loss.value))[0], definition(), 1e-6, name);
  }
});

Deno.test("losses between two predictions reach both; bce and generalised-dice detach the second", () => {
  for (const name of Object.keys(losses) as LossName[]) {
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
