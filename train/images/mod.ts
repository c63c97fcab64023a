/**
 * Images: reading PNG and TIFF files as stacks, stills, videos, labels and z-stacks, from a disk, a
 * page or memory; normalising them; writing them. Knows no network, no GPU and no operating system.
 *
 * @example A grey image from bytes, scaled by its percentiles
 * ```ts
 * import {
 *   decodeImage,
 *   defaultNormalization,
 *   encodeGreyTiff,
 *   intensityRange,
 *   normalize,
 *   readPlane,
 * } from "@kymo/kymo/images";
 *
 * const bytes = encodeGreyTiff([{ width: 2, height: 1, data: Float32Array.of(100, 300) }]);
 * const plane = await readPlane(await decodeImage(bytes), 0); // or a `File` of a page
 * const range = intensityRange([plane], defaultNormalization);
 * console.log(normalize(plane, range).data);
 * ```
 *
 * @module
 */

export {
  type Calibration,
  channelCount,
  type Channels,
  foregroundOf,
  IGNORED_LABEL,
  isObject,
  type LabelImage,
  type Plane,
  type Shift,
} from "./image.ts";

// Where bytes come from, and what files are called.
export type { Bytes } from "./bytes.ts";
export {
  type DecodedPage,
  fileSource,
  type FolderContent,
  type FolderNames,
  heldSource,
  listFolder,
  type Source,
} from "./source.ts";
export { frameNumber, frameNumbers, imageStem, naturalCompare } from "./names.ts";

// Formats.
export type {
  FolderFiles,
  ImageFormat,
  ImageMeasures,
  ImageStack,
  Neighbours,
  PixelArray,
  SampleFormat,
} from "./formats/format.ts";
export { imageFormats } from "./formats/list.ts";
export {
  decodeImage,
  type DecodeImageOptions,
  readLabels,
  type ReadLabelsOptions,
  readPlane,
} from "./formats/decode.ts";
export { encodeFloatTiff, encodeGreyTiff, encodeLabelTiff } from "./formats/encode.ts";
export { encodePng, type Picture } from "./formats/encode_png.ts";
export { encodeStackTiff } from "./formats/encode_stack.ts";
export type { StoredPage, TiffStackPage } from "./formats/encode_directory.ts";

// Series of images.
export {
  listStills,
  readStill,
  readStills,
  type Still,
  type StillFiles,
  type StillSet,
  type StillsOptions,
} from "./series/stills.ts";
export {
  type ChosenPages,
  chosenPages,
  type PageOptions,
  type PlaneChoice,
  type StackPlane,
} from "./series/plane_choice.ts";
export type { DamagedFile } from "./faults/damaged_files.ts";
export { openVideo, type Video, type VideoOptions } from "./series/video.ts";
export { type ChannelsOptions, openChannels, type StillChoice } from "./series/several_channels.ts";
export { type Frames, heldFrames, middlePlane, pickFrames } from "./series/frames.ts";
export { type LabelOptions, type LabelSequence, openLabels } from "./series/truth.ts";
export {
  type LoneTruth,
  matchTruth,
  type NamedImages,
  readTruthPair,
  type TruthMatch,
  type TruthPair,
} from "./series/match_truth.ts";
export { type FrameTimes, frameTimes, type NumberedFrames } from "./series/frame_times.ts";

// From what masks hold to objects.
export { backgroundOf, connectedObjects } from "./masks/binary.ts";
export { intensitiesDoubt } from "./masks/intensities.ts";
export { type FilledLabels, fillHoles } from "./masks/holes.ts";
export {
  type MaskFacts,
  type MaskKind,
  type MaskNotes,
  maskNotes,
  type MaskOptions,
  objectsInMask,
  type ReadMask,
} from "./masks/reading.ts";

// Z-stacks.
export {
  type LabelledStack,
  openZSequence,
  type StackPlace,
  type ZSequence,
  type ZSequenceOptions,
} from "./series/z_stack.ts";
export { type KeptPlane, PlaneCache } from "./plane_cache.ts";
export { openStillStacks, type StillStack } from "./series/still_stacks.ts";
export { type SubStack, subStack } from "./series/sub_stack.ts";
export {
  type FindFocus,
  openStackVideo,
  type StackReading,
  type StackVideo,
} from "./series/stack_video.ts";
export {
  decodeFocusTable,
  encodeFocusTable,
  focusPlanesOf,
  type FocusRow,
  labelledStacks,
} from "./series/focus_table.ts";

// Seeded numbers, and an image with its objects.
export { Random, type RandomState } from "./random.ts";
export { type Sample, sampleFromPlanes, sampleOf } from "./sample.ts";

// Intensities.
export { expose, exposureCurve } from "./exposure.ts";
export {
  channelRanges,
  defaultNormalization,
  type IntensityRange,
  intensityRange,
  type NormalizationSettings,
  normalize,
  normalizeAll,
  videoIntensityRange,
} from "./normalize.ts";
export {
  type IntensitySettings,
  stillNormalization,
  videoNormalization,
} from "./normalization_settings.ts";
export { percentiles, videoPercentiles } from "./percentiles.ts";
export {
  type RangedFrames,
  type SteadyRange,
  steadyRange,
  type StrayFrame,
} from "./intensity/steady_range.ts";
export { aboveNoise, noiseOf } from "./intensity/noise.ts";
