// Pixels that are to be ignored: the loss of a still, and its gradient, are those of the other pixels.
import { assert, assertEquals } from "@std/assert";
import { IGNORED_LABEL as KERNELS_IGNORED_LABEL } from "../../../kernels/targets/label_grid.ts";
import type { DType, Tensor } from "../../../kernels/gpu/tensor.ts";
import type { StarDistanceError } from "../../../kernels/ops/star_distance_loss.ts";
import { Tape, Variable } from "../../../nn/autodiff.ts";
import { starDistTargets } from "../../../nn/labels/stardist/targets.ts";
import { starDistLoss } from "../../../nn/stardist_loss.ts";
import { IGNORED_LABEL } from "../../../train/images/image.ts";
import { Random } from "../../../train/images/random.ts";
import { configOf } from "../../../train/jobs/train/config.ts";
import { defaultKinds, modelKind } from "../../../train/models/list.ts";
import type { SettingChange } from "../../../train/models/model_kind.ts";
import type { Objective } from "../../../train/models/objective.ts";
import { assertClose, device } from "../../kernels/fixtures/check_operation.ts";
import { drawn } from "../objects/fixtures/label_images.ts";

const { width, height, data: labels } = drawn(`
  .....???..
  .1112???..
  .1112222..
  .111.22??.
  ..3.....?.
  .33????...`);
const AREA = width * height;
const RAYS = 5;

function objectiveOf(change: SettingChange): Objective {
  const config = configOf({ stills: "s", ...change }, { source: "the test" });
  return modelKind(config.model).objects!.objective(config, defaultKinds);
}

/** A map of random numbers, as many channels as asked for. */
function randomMap(channels: number, seed: number): Float32Array<ArrayBuffer> {
  const random = new Random(seed);
  return Float32Array.from({ length: channels * AREA }, () => random.uniform(0.05, 0.95));
}

/** The pixels of a map that are not ignored, in a row. */
function known(map: ArrayLike<number>): Float32Array<ArrayBuffer> {
  return Float32Array.from(map).filter((_, i) => labels[i % AREA] !== IGNORED_LABEL);
}

function learnt(shape: readonly number[], data: Float32Array<ArrayBuffer>): Variable {
  return new Variable(device.upload(shape, data), { needsGradient: true });
}

/** What was made of the labels, on the GPU. */
function encoded({ encode }: Objective): Tensor<DType> {
  return device.upload([1, 1, height, width], encode(labels, { width, height }));
}

Deno.test("pixels to ignore have the same label in files' masks and on the GPU", () => {
  assertEquals(IGNORED_LABEL, KERNELS_IGNORED_LABEL);
});

Deno.test("a U-Net's loss and gradient are those without the ignored pixels, whatever the loss", async () => {
  const count = known(labels).length;
  for (const segmentationLoss of ["dice", "squared-dice", "generalised-dice", "bce", "mse"]) {
    for (const parted of [true, false]) {
      using _scope = device.scope();
      const settings = { segmentationLoss, parted };
      const objective = objectiveOf({ ...settings, ignoreLabel: 255 });
      const plain = objectiveOf(settings);
      const map = randomMap(1, 3);
      const [whole, cut] = [
        learnt([1, 1, height, width], map),
        learnt([1, 1, 1, count], known(map)),
      ];
      const targets = encoded(objective);
      const of = device.upload(
        [1, 1, 1, count],
        known(objective.encode(labels, { width, height }) as Float32Array),
      );
      const [tape, other] = [new Tape(device), new Tape(device)];
      const loss = objective.segmentation(tape, { outputs: { prob: whole }, targets });
      const expected = plain.segmentation(other, { outputs: { prob: cut }, targets: of });
      const what = `${segmentationLoss}, ${parted ? "parted" : "as they are"}`;
      const [value] = await device.read(loss.value);
      assert(value > 0.01, what);
      assertClose([value], await device.read(expected.value), { limit: 1e-6, what });
      const gradient = await device.read(tape.backward(loss).get(whole)!);
      const gradientOfCut = await device.read(other.backward(expected).get(cut)!);
      assertClose(known(gradient), gradientOfCut, { limit: 1e-5, what: `gradient of ${what}` });
      assertEquals(gradient.every((d, i) => labels[i] !== IGNORED_LABEL || d === 0), true, what);
    }
  }
});

Deno.test("StarDist's loss and gradients are those without the ignored pixels, of students too", async () => {
  const count = known(labels).length;
  for (const distanceLoss of ["mae", "mse", "iou"] as StarDistanceError[]) {
    for (const task of ["segmentation", "taught"] as const) {
      using _scope = device.scope();
      const stardist = { rays: RAYS, grid: 1, distanceLoss, background: 0.1 };
      const ignoreLabel = task === "taught" ? 0 : 255;
      const objective = objectiveOf({ model: "stardist", stardist, ignoreLabel });
      const targets = encoded(objective) as Tensor<"u32">;
      const truth = starDistTargets(device, targets, { rays: RAYS, grid: 1 });
      const maps = { prob: randomMap(1, 4), dist: randomMap(RAYS, 5).map((d) => 6 * d - 1) };
      const whole = {
        prob: learnt([1, 1, height, width], maps.prob),
        dist: learnt([1, RAYS, height, width], maps.dist),
      };
      const cut = {
        prob: learnt([1, 1, 1, count], known(maps.prob)),
        dist: learnt([1, RAYS, 1, count], known(maps.dist)),
      };
      const truthOfCut = {
        prob: new Variable(
          device.upload([1, 1, 1, count], known(await device.read(truth.prob))),
        ),
        dist: new Variable(
          device.upload([1, RAYS, 1, count], known(await device.read(truth.dist))),
        ),
      };
      const [tape, other] = [new Tape(device), new Tape(device)];
      const loss = objective[task]!(tape, { outputs: whole, targets });
      const options = { error: distanceLoss, background: 0.1, weights: { prob: 1, dist: 0.2 } };
      const expected = starDistLoss(other, { predicted: cut, truth: truthOfCut, options }).total;
      const what = `${task} with ${distanceLoss}`;
      assertClose(await device.read(loss.value), await device.read(expected.value), {
        limit: 1e-6,
        what,
      });
      const [gradients, ofCut] = [tape.backward(loss), other.backward(expected)];
      for (const map of ["prob", "dist"] as const) {
        const gradient = await device.read(gradients.get(whole[map])!);
        const gradientOfCut = await device.read(ofCut.get(cut[map])!);
        assertClose(known(gradient), gradientOfCut, { limit: 1e-5, what: `${map}, ${what}` });
        const isLeftOut = gradient.every((d, i) => labels[i % AREA] !== IGNORED_LABEL || d === 0);
        assertEquals(isLeftOut, true, `${map}, ${what}`);
      }
    }
  }
});
