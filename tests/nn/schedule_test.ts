import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { cosineRate, Plateau } from "../../nn/schedule.ts";

Deno.test("cosineRate() starts and ends where it is told, and stays at its end", () => {
  const at = (step: number, total = 100) => cosineRate({ start: 1e-3, end: 1e-5, step, total });
  assertEquals(at(0), 1e-3);
  assertAlmostEquals(at(50), (1e-3 + 1e-5) / 2, 1e-12);
  assertAlmostEquals(at(100), 1e-5, 1e-15);
  assertAlmostEquals(at(1000), 1e-5, 1e-15);
  assertAlmostEquals(at(0, 0), 1e-5, 1e-15);
  for (let step = 1; step <= 100; step++) assert(at(step) < at(step - 1), `step ${step}`);
});

Deno.test("Plateau lowers the rate once a value has not fallen for as long as its patience", () => {
  const plateau = new Plateau({ factor: 0.5, patience: 3 });
  const scales = [5, 4, 4, 4.5, 4, 3.9, 4, 4, 4, 4, 4, 4].map((value) => {
    plateau.observe(value);
    return plateau.scale;
  });
  assertEquals(scales, [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]);
});

Deno.test("Plateau with a patience of 1 lowers the rate at every value that is no better", () => {
  const plateau = new Plateau({ factor: 2 / 3, patience: 1 });
  for (const value of [1, 1, 1]) plateau.observe(value);
  assertAlmostEquals(plateau.scale, 4 / 9, 1e-12);
});

Deno.test("Plateau takes a NaN for no better, also as the first value", () => {
  const plateau = new Plateau({ factor: 0.5, patience: 2 });
  for (const value of [NaN, 3, NaN, 2, NaN]) plateau.observe(value);
  assertEquals(plateau.scale, 1);
  plateau.observe(NaN);
  assertEquals(plateau.scale, 0.5);
});

Deno.test("Plateau goes on from a state that has been through JSON", () => {
  const values = [5, 4, 4, 4.5, 4, 3.9, 4, 4, 4, 3, 3, 3, 3];
  for (let cut = 0; cut <= values.length; cut++) {
    const whole = new Plateau({ factor: 0.5, patience: 2 });
    values.forEach((value) => whole.observe(value));
    const first = new Plateau({ factor: 0.5, patience: 2 });
    values.slice(0, cut).forEach((value) => first.observe(value));
    const second = new Plateau({ factor: 0.5, patience: 2 });
    second.restore(JSON.parse(JSON.stringify(first.state)));
    values.slice(cut).forEach((value) => second.observe(value));
    assertEquals(second.state, whole.state);
    assertEquals(second.scale, whole.scale);
  }
});
