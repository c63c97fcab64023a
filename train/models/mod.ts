/**
 * Models: U-Net, StarDist and focus classifier as records with the way from an image to objects, and
 * files of trained models. Knows no disk and no operating system, so a page can load a model and
 * segment images with it.
 *
 * @example An image that a user gave to a page
 * ```ts
 * import { openDevice } from "@kymo/kymo/kernels";
 * import { decodeImage, readPlane } from "@kymo/kymo/images";
 * import { buildModel, decodeModel, segmentImage } from "@kymo/kymo/models";
 *
 * async function countObjects(weights: Uint8Array<ArrayBuffer>, file: File): Promise<number> {
 *   using device = await openDevice();
 *   const model = buildModel(device, decodeModel(weights, { file: "weights.safetensors" }));
 *   const image = await readPlane(await decodeImage(file), 0);
 *   return (await segmentImage(device, model, { image })).count;
 * }
 * ```
 *
 * @module
 */

// Files of models, and images through them.
export {
  buildModel,
  decodeModel,
  encodeModel,
  type EncodeModelOptions,
  type Model,
  type ModelFile,
  objectScaleIn,
  type Reading,
  readingOf,
  settingsOfModel,
} from "./model_file.ts";
export type { ObjectScale } from "./object_scale.ts";
export { segmentImage, type SegmentImageOptions } from "./segment_image.ts";
export { type PreparedVideo, type PrepareOptions, prepareVideo } from "./videos/prepare_video.ts";
export { inTurns, MOST_UNDERWAY } from "./turns.ts";
export { changeDecode, checkDecodeChanges } from "./decode_changes.ts";
export { InvalidArgumentError } from "../invalid_argument.ts";
export { MOST_VIEWS, type View, viewsOf } from "./views.ts";
export {
  chooseExposure,
  type ExposureChoice,
  exposureFor,
  type ExposureSettings,
  exposureSettings,
} from "./exposure.ts";

// Kinds of models.
export {
  defaultKinds,
  freshNetwork,
  type Kinds,
  modelKind,
  modelKinds,
  objectModelOf,
} from "./list.ts";
export type {
  DecodeChanges,
  ModelKind,
  ObjectModel,
  Segmentation,
  SegmentHalves,
  SegmentOptions,
  SettingChange,
  Wish,
} from "./model_kind.ts";
export type {
  RowImage,
  RowSegmentation,
  RowSegmentOptions,
  RowStore,
  RowStores,
} from "./tiles/row_blocks.ts";
export type { Objective, TargetEncoder } from "./objective.ts";
export type { LabelChoice, LossChoice, LossSettings } from "./loss_settings.ts";
export type { TrunkSettings } from "./trunk.ts";
export type { Rule, Setting, SettingEntry, SettingGroup, Settings } from "../settings.ts";
export { uNet, type UNetRead, type UNetSettings } from "./unet/kind.ts";
export { postprocess, type PostprocessSettings } from "./unet/postprocess.ts";
export { starDist, type StarDistRead, type StarDistSettings } from "./stardist/kind.ts";
export { focusClassifier, type FocusRead, type FocusSettings } from "./focus/kind.ts";
