import { assertEquals } from "@std/assert";
import { curvesOf, type MetricsLine, warningsOf } from "../../../train/report/metric_curves.ts";

/** Lines of so many segmentation steps, the loss of each its number. */
function steps(stage: string, count: number): MetricsLine[] {
  return Array.from(
    { length: count },
    (_, i) => ({ type: "step", stage, kind: "segmentation", step: i + 1, loss: i + 1 }),
  );
}

Deno.test("curvesOf() averages twenty losses, and lets second stages go on after the baseline", () => {
  const curves = curvesOf([
    ...steps("baseline", 45),
    ...steps("control", 20),
    { type: "step", stage: "consistent", kind: "consistency", step: 1, loss: 9 },
    ...steps("consistent", 3),
  ]);
  assertEquals(curves, [
    { name: "segmentation loss", model: "baseline", points: [[20, 10.5], [40, 30.5], [45, 43]] },
    { name: "segmentation loss", model: "control", points: [[65, 10.5]] },
    { name: "segmentation loss", model: "consistent", points: [[48, 2]] },
  ]);
});

Deno.test("curvesOf() has a curve for everything that a validation measured", () => {
  const validation = {
    type: "validation",
    stage: "baseline",
    segmentation: 0.5,
    consistency: null,
  };
  const curves = curvesOf([
    { ...validation, step: 0, meanProbability: 0.25, foregroundFraction: 0 },
    { ...validation, step: 10, meanProbability: 0.5, foregroundFraction: 0.125 },
  ]);
  assertEquals(curves, [
    { name: "validation loss", model: "baseline", points: [[0, 0.5], [10, 0.5]] },
    { name: "mean probability", model: "baseline", points: [[0, 0.25], [10, 0.5]] },
    { name: "foreground fraction", model: "baseline", points: [[0, 0], [10, 0.125]] },
  ]);
  assertEquals(curvesOf([]), []);
});

Deno.test("warningsOf() tells warnings alone", () => {
  assertEquals(warningsOf([...steps("baseline", 1), { type: "warning", text: "Beware" }]), [
    "Beware",
  ]);
});
