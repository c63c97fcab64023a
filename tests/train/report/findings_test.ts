import { assertEquals, assertThrows } from "@std/assert";
import type { LabelImage } from "../../../train/images/image.ts";
import { Random } from "../../../train/images/random.ts";
import type { FrameView, LabelSource } from "../../../train/report/data.ts";
import { type Finder, findingsOf } from "../../../train/report/findings.ts";
import { drawn } from "../objects/fixtures/label_images.ts";
import { drawLabels } from "../objects/fixtures/drawings.ts";

type Labels = Partial<Record<LabelSource, LabelImage>>;

function frameOf(labels: Labels): FrameView {
  const { width, height } = Object.values(labels)[0]!;
  return { index: 3, image: { width, height, data: new Float32Array(width * height) }, labels };
}

/** The ids of each kind, ascending. */
function sort(labels: Labels): Record<Finder, number[]> | undefined {
  const findings = findingsOf(frameOf(labels));
  if (!findings) return undefined;
  const { both, consistent, baseline, neither } = findings.objects;
  const list = (ids: ReadonlySet<number>) => [...ids].sort((a, b) => a - b);
  return {
    both: list(both),
    consistent: list(consistent),
    baseline: list(baseline),
    neither: list(neither),
  };
}

Deno.test("findingsOf() sorts the true objects by who finds them", () => {
  const truth = drawLabels(["11.22.33.44"]);
  const baseline = drawLabels(["77....33..5"]); // half of object 4 is IoU 0.5
  const consistent = drawLabels(["44.66......"]);
  assertEquals(sort({ truth, baseline, consistent }), {
    both: [1],
    consistent: [2],
    baseline: [3, 4],
    neither: [],
  });
  const empty = drawLabels(["..........."]);
  assertEquals(sort({ truth, baseline: empty, consistent: empty })?.neither, [1, 2, 3, 4]);
});

Deno.test("findingsOf() finds at IoU 0.5, and not below it", () => {
  const truth = drawLabels(["1111....."]);
  const find = (row: string) => sort({ truth, baseline: drawLabels([row]), consistent: truth })!;
  assertEquals(find("88.......").both, [1]); // 2 of 4
  assertEquals(find("88888888.").both, [1]); // 4 of 8
  assertEquals(find("888888888").consistent, [1]); // 4 of 9
  assertEquals(find("8........").consistent, [1]);
});

Deno.test("findingsOf() counts two true objects that are drawn as one as one find at most", () => {
  const truth = drawLabels(["111122"]);
  const baseline = drawLabels(["555555"]);
  assertEquals(sort({ truth, baseline, consistent: truth }), {
    both: [1],
    consistent: [2],
    baseline: [],
    neither: [],
  });
});

Deno.test("findingsOf() counts what each model finds, also the control", () => {
  const truth = drawLabels(["11.22.33"]);
  const baseline = drawLabels(["11......"]);
  const { found, total } = findingsOf(frameOf({ truth, baseline, consistent: truth }))!;
  assertEquals([found, total], [{ baseline: 1, consistent: 3 }, 3]);
  const control = drawLabels(["11.99..."]);
  assertEquals(
    findingsOf(frameOf({ truth, baseline, control, consistent: truth }))?.found,
    { baseline: 1, control: 2, consistent: 3 },
  );
});

Deno.test("findingsOf() gives nothing without truth, objects, baseline or consistent model", () => {
  const labels = drawLabels(["11.22"]);
  assertEquals(findingsOf(frameOf({ baseline: labels, consistent: labels })), undefined);
  assertEquals(findingsOf(frameOf({ truth: labels, baseline: labels })), undefined);
  assertEquals(findingsOf(frameOf({ truth: labels, consistent: labels })), undefined);
  const truth = drawLabels(["....."]);
  assertEquals(findingsOf(frameOf({ truth, baseline: labels, consistent: labels })), undefined);
});

Deno.test("findingsOf() refuses labels of another size than their frame", () => {
  const truth = drawLabels(["11.22"]);
  const frame = frameOf({ truth, baseline: truth, consistent: drawLabels(["11.2"]) });
  assertThrows(() => findingsOf(frame), RangeError, "its labels (consistent) have 4×1");
});

Deno.test("findingsOf() agrees with a search over all pairs on random images", () => {
  // Above IoU 0.5 an object has one counterpart at most, so that the search needs no assignment.
  const random = new Random(4);
  const draw = (): LabelImage => ({
    width: 6,
    height: 5,
    data: Uint32Array.from({ length: 30 }, () => random.integer(4)),
  });
  const shrink = (labels: LabelImage): LabelImage => ({
    ...labels,
    data: labels.data.map((id) => random.integer(4) === 0 ? random.integer(4) : id),
  });
  const finds = (truth: LabelImage, prediction: LabelImage, id: number): boolean =>
    [1, 2, 3].some((other) => {
      const pixels = [...truth.data].map((
        value,
        i,
      ) => [value === id, prediction.data[i] === other]);
      const shared = pixels.filter(([a, b]) => a && b).length;
      return shared / pixels.filter(([a, b]) => a || b).length > 0.5;
    });
  let compared = 0;
  for (let round = 0; round < 60; round++) {
    const truth = draw();
    const [baseline, consistent] = [shrink(truth), shrink(truth)];
    const sorted = sort({ truth, baseline, consistent })!;
    for (const id of new Set(truth.data)) {
      if (id === 0) continue;
      const [first, second] = [finds(truth, baseline, id), finds(truth, consistent, id)];
      const kind = first ? (second ? "both" : "baseline") : second ? "consistent" : "neither";
      const exact = Object.entries(sorted).find(([, ids]) => ids.includes(id))?.[0];
      if (kind === exact) compared++;
      else assertEquals(hasTie({ truth, baseline, consistent }, id), true, `object ${id}`);
    }
  }
  assertEquals(compared > 120, true, `${compared} objects`);
});

/** Whether an object has an IoU of exactly 0.5 with any predicted one. */
function hasTie({ truth, ...models }: Record<string, LabelImage>, id: number): boolean {
  return Object.values(models).some(({ data }) =>
    [1, 2, 3].some((other) => {
      const shared = data.filter((value, i) => value === other && truth.data[i] === id).length;
      const all = data.filter((value, i) => value === other || truth.data[i] === id).length;
      return shared * 2 === all;
    })
  );
}

Deno.test("findingsOf() asks nobody to find what truth ignores", () => {
  const truth = drawn("11.??");
  assertEquals(sort({ truth, baseline: truth, consistent: truth })?.both, [1]);
  assertEquals(sort({ truth: drawn("??..."), baseline: truth, consistent: truth }), undefined);
});
