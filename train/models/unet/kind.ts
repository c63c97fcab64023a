/**
 * The U-Net as a kind of model: it learns the foreground, and objects are its connected parts.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import type { Tensor } from "../../../kernels/gpu/tensor.ts";
import { piecePixels, readValues, type Steps } from "../../../kernels/masks/mod.ts";
import { Variable } from "../../../nn/autodiff.ts";
import { type Answer, answerLossNamed, type LossKind, windowLoss } from "../../../nn/losses.ts";
import { uNetKind } from "../../../nn/networks/list.ts";
import { objectScores } from "../../objects/sequence/vote_filter.ts";
import type { LabelImage } from "../../images/image.ts";
import { type Settings, yesOrNo } from "../../settings.ts";
import {
  consistencyLoss,
  type LabelChoice,
  type LossChoice,
  stillsLoss,
} from "../loss_settings.ts";
import type { ModelKind, ObjectModel, Segmentation, SegmentOptions, Wish } from "../model_kind.ts";
import { foregroundEncoder, type Objective } from "../objective.ts";
import { trunkOptions, type TrunkSettings } from "../trunk.ts";
import {
  bandedPostprocessSteps,
  checkPostprocess,
  earlierPostprocess,
  type PostprocessSettings,
  postprocessSettings,
  postprocessSteps,
} from "./postprocess.ts";
import { segmentRows } from "./rows.ts";
import { probabilitySteps, queuedProbabilitySteps } from "./probability.ts";

/**
 * What a U-Net has of its own.
 *
 * @category Kinds of models
 */
export interface UNetSettings {
  /** Whether pixels where objects touch are background to the network, so that they come apart. */
  parted: boolean;
  /** From its probability to objects, in the final table and for prediction. */
  postprocess: PostprocessSettings;
}

/**
 * The settings of a run that this kind reads: its own, and those of others.
 *
 * @category Kinds of models
 */
export type UNetRead = UNetSettings & LossChoice & LabelChoice & TrunkSettings;

const settings: Settings<UNetSettings> = {
  parted: {
    value: true,
    rule: yesOrNo,
    sentence: "Teach a U-Net to leave a gap where objects touch, so that they come apart",
  },
  ...postprocessSettings.settings,
};

const NOT_POLYGONS = "its objects are polygons, not connected pixels; leave the flag out";

const wishes: readonly Wish[] = [
  {
    flag: "--threshold otsu",
    reason: "it chooses its threshold on labelled stills; give a number, or leave the flag out",
    isMade: ({ threshold }) => threshold === "otsu",
  },
  {
    flag: "--opening",
    reason: NOT_POLYGONS,
    isMade: ({ opening }) => opening !== undefined,
  },
  {
    flag: "--min-size",
    reason: NOT_POLYGONS,
    isMade: ({ minSize }) => minSize !== undefined,
  },
];

const objects: ObjectModel<UNetRead, PostprocessSettings> = {
  canDie: true,
  objective,
  decoding: ({ postprocess }) => postprocess,
  encodeDecoding: (decode) => ({ postprocess: JSON.stringify(decode) }),
  readDecoding({ postprocess }) {
    const decode: PostprocessSettings = earlierPostprocess(JSON.parse(postprocess));
    checkPostprocess(decode);
    return decode;
  },
  wishes,
  changeDecoding(decode, { threshold, opening, minSize }) {
    const changed = {
      ...decode,
      ...(threshold !== undefined && { threshold }),
      ...(opening !== undefined && { opening }),
      ...(minSize !== undefined && { minSize }),
    };
    checkPostprocess(changed);
    return changed;
  },
  segment,
  segmentRows,
  propose,
};

/**
 * The U-Net.
 *
 * @category Kinds of models
 */
export const uNet: ModelKind<UNetRead> = {
  name: "unet",
  label: "a U-Net",
  sentence: "objects of any shape that rarely touch",
  group: { title: "U-Net", settings, check: postprocessSettings.check },
  defaults: {},
  network: uNetKind,
  architecture: (settings) => ({ kind: "unet", options: trunkOptions(settings) }),
  sizeMultiple: ({ depth }) => 2 ** depth,
  settingsOf: ({ options: { depth, base } }) => ({ depth, base }),
  objects,
};

function objective(
  { parted, ...choice }: UNetRead,
  { losses }: { losses: readonly LossKind[] },
): Objective {
  const onStills = stillsLoss(choice, { losses });
  const asTaught = answerLossNamed("bce", { masked: true });
  const loss = consistencyLoss(choice, { losses });
  return {
    encode: foregroundEncoder({ parted }),
    targetType: "f32",
    compared: ["prob"],
    reaches: () => true,
    segmentation: (tape, { outputs, targets }) =>
      onStills(tape, outputs as unknown as Answer, new Variable(targets as Tensor<"f32">)),
    taught: (tape, { outputs, targets }) =>
      asTaught(tape, outputs as unknown as Answer, new Variable(targets as Tensor<"f32">)),
    consistency: (tape, answers) =>
      windowLoss(tape, { loss, answers: answers.map(({ prob }) => prob) }),
  };
}

/** Segments an image: in one piece where buffers and memory allow, else in bands, to the same end. */
function* segment(
  device: Device,
  { decode, wantsMap = false, ...options }: SegmentOptions<PostprocessSettings>,
): Steps<Segmentation> {
  const { width, height } = options.image;
  if (width * height > piecePixels(device)) {
    const map = yield* probabilitySteps(device, options);
    const found = yield* bandedPostprocessSteps(device, map, decode);
    return { ...found, outlines: null, map: wantsMap ? map : null };
  }
  const prob = yield* queuedProbabilitySteps(device, options);
  try {
    const map = wantsMap ? { width, height, data: yield* readValues(prob) } : null;
    const found = yield* postprocessSteps(device, prob, decode);
    return { ...found, outlines: null, map };
  } finally {
    device.free(prob);
  }
}

/** Proposals are connected pixels from this probability on. */
const DOUBTFUL = 0.3;

function* propose(
  device: Device,
  { decode, ...options }: SegmentOptions<PostprocessSettings>,
): Steps<{ labels: LabelImage; scores: Map<number, number> }> {
  const lower = { ...decode, threshold: DOUBTFUL };
  const { labels, map } = yield* segment(device, { ...options, decode: lower, wantsMap: true });
  return { labels, scores: objectScores(labels, map!.data) };
}
