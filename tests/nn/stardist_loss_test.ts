// StarDist's loss against PyTorch, with every error of distances: values, parts and gradients.
import { assert, assertEquals } from "@std/assert";
import { Tape, Variable } from "../../nn/autodiff.ts";
import { DEFAULT_STARDIST_LOSS, starDistLoss } from "../../nn/stardist_loss.ts";
import { assertClose, device } from "../kernels/fixtures/check_operation.ts";
import golden from "./fixtures/stardist_loss.json" with { type: "json" };

const [N, RAYS, H, W] = golden.shape;
const DIST_SHAPE = [N, RAYS, H, W];
const PROB_SHAPE = [N, 1, H, W];

function variable(shape: number[], data: readonly number[], needsGradient: boolean): Variable {
  return new Variable(device.upload(shape, Float32Array.from(data)), { needsGradient });
}

/** Prediction and targets of the golden case. */
function goldenMaps() {
  const { prob, dist, trueProb, trueDist } = golden.maps;
  return {
    predicted: {
      prob: variable(PROB_SHAPE, prob, true),
      dist: variable(DIST_SHAPE, dist, true),
    },
    truth: {
      prob: variable(PROB_SHAPE, trueProb, false),
      dist: variable(DIST_SHAPE, trueDist, false),
    },
  };
}

Deno.test("starDistLoss() gives PyTorch's values and gradients with mae, mse and iou", async () => {
  for (const error of ["mae", "mse", "iou"] as const) {
    using _scope = device.scope();
    const expected = golden.cases[error];
    const { predicted, truth } = goldenMaps();
    const tape = new Tape(device);
    const weights = { prob: 1, dist: golden.distWeight };
    const options = { error, background: golden.background, weights };
    const losses = starDistLoss(tape, { predicted, truth, options });
    const gradients = tape.backward(losses.total, { keep: [losses.prob, losses.dist] });
    for (const name of ["prob", "dist", "total"] as const) {
      const found = await device.read(losses[name].value);
      assertClose(found, [expected[name]], { limit: 1e-5, what: `${error}: ${name}` });
    }
    for (const [name, map] of [["dp", predicted.prob], ["dd", predicted.dist]] as const) {
      const found = await device.read(gradients.get(map)!);
      assertClose(found, expected[name], { limit: 1e-4, what: `${error}: ${name}` });
    }
  }
});

Deno.test("starDistLoss() without options is StarDist's: mae, weights 1 and 0.2", async () => {
  using _scope = device.scope();
  assertEquals(DEFAULT_STARDIST_LOSS, {
    error: "mae",
    background: 1e-4,
    weights: { prob: 1, dist: 0.2 },
  });
  const tape = new Tape(device);
  const { prob, dist, total } = starDistLoss(tape, goldenMaps());
  const [[ofProb], [ofDist], sum] = await Promise.all(
    [prob, dist, total].map(({ value }) => device.read(value)),
  );
  assertClose(sum, [ofProb + 0.2 * ofDist], { limit: 1e-6, what: "the sum" });
});

Deno.test("starDistLoss() is finite with nothing to learn from: no object, all ignored", async () => {
  for (const error of ["mae", "mse", "iou"] as const) {
    for (const value of [0, -1]) {
      using _scope = device.scope();
      const { predicted } = goldenMaps();
      const truth = {
        prob: variable(PROB_SHAPE, Array(N * H * W).fill(value), false),
        dist: variable(DIST_SHAPE, Array(N * RAYS * H * W).fill(0), false),
      };
      const tape = new Tape(device);
      const options = { ...DEFAULT_STARDIST_LOSS, error };
      const losses = starDistLoss(tape, { predicted, truth, options });
      const gradients = tape.backward(losses.total, { keep: [losses.prob] });
      const [ofProb] = await device.read(losses.prob.value);
      assert(value === 0 ? ofProb > 0 : ofProb === 0, `${error}, ${value}: ${ofProb}`);
      for (const map of [predicted.prob, predicted.dist]) {
        const gradient = await device.read(gradients.get(map)!);
        assert(gradient.every(Number.isFinite), `${error}, ${value}`);
      }
      // Distances are pulled to 0 all the same.
      const ofDist = await device.read(gradients.get(predicted.dist)!);
      assert(ofDist.every((slope, i) => Math.sign(slope) === Math.sign(golden.maps.dist[i])));
    }
  }
});
