/**
 * Kymo: WebGPU compute kernels, automatic differentiation and networks, and on them the training and
 * prediction of segmentations of microscopy videos that do not flicker.
 *
 * This is what most programs need. The rooms offer more: `@kymo/kymo/kernels`, `@kymo/kymo/nn`,
 * `@kymo/kymo/train`, and `@kymo/kymo/images` and `@kymo/kymo/objects` for those who only read or
 * measure.
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
