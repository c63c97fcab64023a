/**
 * Kymo: WebGPU compute kernels, automatic differentiation and networks, and on them the training and
 * prediction of segmentations of microscopy videos that do not flicker.
 *
 * This is what most programs need, and runs in Deno. The rooms offer more, and all but
 * `@kymo/kymo/train` load in a page: `@kymo/kymo/kernels` and `@kymo/kymo/nn` for networks of one's
 * own, `@kymo/kymo/images` and `@kymo/kymo/objects` for those who only read or measure,
 * `@kymo/kymo/models` to segment with a trained model, `@kymo/kymo/learn` to train one.
 * [docs/library.md](docs/library.md) leads through them, [README.md](README.md) through the command
 * line.
 *
 * @example Train on stills and a video, then segment the video
 * ```ts
 * import { configOf, predict, train } from "@kymo/kymo";
 *
 * const change = { stills: "stills", video: ["video"] };
 * const config = configOf(change, { source: "my program" }); // all else as usual
 * for await (const event of train({ config, out: "runs/mine" })) {
 *   if (event.type === "validation") console.log(event.step, event.segmentation);
 * }
 * const places = { model: "runs/mine", inputs: ["video"], out: "labels" };
 * for await (const event of predict(places)) console.log(event);
 * ```
 *
 * @example A network of one's own
 * ```ts
 * import { openDevice, Random, Tape, UNet, Variable } from "@kymo/kymo";
 *
 * using device = await openDevice();
 * const options = { depth: 2, base: 8, inChannels: 1 };
 * const network = new UNet(device, { options, random: new Random(1) });
 * const image = new Variable(device.upload([1, 1, 64, 64], new Float32Array(64 * 64)));
 * const { prob } = network.forward(new Tape(device, { record: false }), image);
 * console.log(await device.read(prob.value));
 * ```
 *
 * @module
 */

// Jobs: files in, files out, events on the way.
export {
  type AnnotateEvent,
  annotateToMask,
  type AnnotateToMaskOptions,
  changeConfig,
  checkConfig,
  configOf,
  defaultConfig,
  disk,
  evaluateFiles,
  type EvaluateFilesOptions,
  type FilterEvent,
  filterFiles,
  type FilterFilesOptions,
  type ImportOptions,
  importRun,
  type ModelImported,
  predict,
  type PredictEvent,
  type PredictOptions,
  steady,
  type SteadyEvent,
  type SteadyOptions,
  train,
  type TrainConfig,
  type TrainEvent,
  type TrainOptions,
} from "./train/mod.ts";

// The GPU.
export {
  Device,
  DeviceLostError,
  type DeviceOptions,
  GpuUnavailableError,
  openDevice,
  OutOfMemoryError,
  SelfTestError,
  ShaderError,
  type Shape,
  Tensor,
} from "./kernels/mod.ts";

// Networks and their training.
export {
  Adam,
  decodeSafeTensors,
  encodeSafeTensors,
  FocusClassifier,
  type FocusOptions,
  loadNetwork,
  type Loss,
  losses,
  lossNamed,
  type Network,
  type SafeTensors,
  saveWeights,
  StarDist,
  type StarDistOptions,
  Tape,
  UNet,
  type UNetOptions,
  Variable,
} from "./nn/mod.ts";

// Trained models.
export {
  buildModel,
  decodeModel,
  type Model,
  type ModelFile,
  segmentImage,
  type SegmentImageOptions,
} from "./train/models/mod.ts";

// Images.
export {
  decodeImage,
  encodeLabelTiff,
  type ImageStack,
  type LabelImage,
  type LabelSequence,
  listStills,
  openLabels,
  openVideo,
  openZSequence,
  type Plane,
  Random,
  readPlane,
  readStill,
  type Source,
  type Video,
  type ZSequence,
} from "./train/images/mod.ts";

// Objects.
export {
  evaluateFrames,
  type Evaluation,
  type Flicker,
  flickerOf,
  matching,
  type MatchingScores,
  type Outline,
  temporalFilter,
  type TemporalFilterSettings,
  tracedOutlines,
} from "./train/objects/mod.ts";

// Records, with which a program of one's own extends all of it, and the lists of Kymo's own.
export { type Operation, operations } from "./kernels/mod.ts";
export { type LossKind, lossKinds } from "./nn/mod.ts";
export { type ImageFormat, imageFormats } from "./train/images/mod.ts";
export { type OutputFormat, outputFormats } from "./train/objects/mod.ts";
export { builtinModel, builtinStills } from "./train/mod.ts";
export { defaultKinds, type Kinds, type ModelKind, type SettingGroup } from "./train/mod.ts";
