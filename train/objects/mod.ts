/**
 * Label images: how objects of two images overlap, what segmentations are worth, how much a video
 * flickers, outlines, and the formats in which all this is written. Knows no network, no GPU and no
 * disk, so it works in a browser as it does in Deno.
 *
 * @example How good a segmentation is
 * ```ts
 * import { matching } from "@kymo/kymo/objects";
 *
 * const truth = { width: 4, height: 1, data: Uint32Array.of(1, 1, 0, 2) };
 * const prediction = { width: 4, height: 1, data: Uint32Array.of(5, 5, 0, 0) };
 * console.log(matching({ truth, prediction }).recall); // 0.5
 * ```
 *
 * @module
 */

export type { LabelImage, Plane, Shift } from "../images/image.ts";

export {
  assertSameShape,
  type Criterion,
  type Objects,
  objectsOf,
  type Overlap,
  overlapOf,
  type OverlapPair,
  pairScore,
} from "./overlap.ts";
export { SAME_OBJECT_IOU, sameObjects, type SamePair } from "./same_object.ts";
export { type Loop, traceContours } from "./contours.ts";
export { type Outline, tracedOutlines } from "./outline.ts";
export {
  mergeObjects,
  paintObject,
  type PenStroke,
  splitObjects,
  type StrokePoint,
  withoutObject,
} from "./edits.ts";
export { type Intensity, intensityOf, type Shape, shapeOf } from "./measures.ts";
export { type Polygon, polygonsOf } from "./polygons.ts";

export {
  type LabelPair,
  matching,
  matchingDataset,
  type MatchingDatasetOptions,
  type MatchingOptions,
  matchObjects,
  type ObjectMatch,
  tallyMatches,
} from "./scores/matching.ts";
export {
  type MatchingScores,
  type MatchingTally,
  meanScores,
  scoresOf,
  sumTallies,
} from "./scores/matching_scores.ts";
export {
  ctcDetection,
  ctcSegmentation,
  detectionScore,
  type DetectionTally,
  segmentationScore,
  type SegmentationTally,
  tallyDetection,
  tallySegmentation,
} from "./scores/ctc.ts";
export {
  dotMatching,
  type DotMatchingOptions,
  type DotScores,
  scoreDots,
  sumDots,
} from "./scores/dot_matching.ts";
export {
  type Flicker,
  type FlickerBasis,
  flickerExcess,
  FlickerMeter,
  flickerOf,
  type FlickerRates,
} from "./scores/flicker.ts";
export {
  type ChallengeScores,
  evaluateFrames,
  type Evaluation,
  type EvaluationFrame,
  type EvaluationOptions,
  Evaluator,
  type FieldEvaluation,
  IOU_THRESHOLDS,
} from "./scores/evaluate.ts";
export {
  type Descent,
  FAULT_COSTS,
  type TrackingFaults,
  type TrackingFrame,
  TrackingMeter,
  type TrackingScores,
} from "./scores/tracking.ts";
export { type GroupLabelsOptions, groupMatchingLabels } from "./scores/group_labels.ts";

export {
  defaultTemporalFilter,
  type FilterCounts,
  temporalFilter,
  type TemporalFilterSettings,
} from "./sequence/temporal_filter.ts";
export { defaultTracking, Tracker, type TrackSettings } from "./sequence/track.ts";
export { trackObjects } from "./sequence/track_objects.ts";
export type {
  TrackBegin,
  Tracked,
  TrackedObject,
  TrackEnd,
  TrackRecord,
} from "./sequence/track_record.ts";
export {
  type ChallengeTrack,
  decodeChallengeTracks,
  decodeTrackTable,
  encodeChallengeTracks,
  encodeTrackTable,
} from "./sequence/track_tables.ts";
export {
  type Fill,
  type Filled,
  type FilledFrame,
  type FilledObject,
  fillGaps,
  type TrackedFrame,
} from "./sequence/fill_gaps.ts";
export { type Dropped, dropUnsupported, type SupportOptions } from "./sequence/unsupported.ts";
export { ChallengeTracks, type NumberedFrame } from "./sequence/challenge_tracks.ts";
export { ObjectTable, type ObjectTableOptions } from "./sequence/object_table.ts";
export { type SeenObject, seenObjects } from "./sequence/seen_object.ts";
export { type Motion, motionBetween } from "./sequence/linking/drift.ts";
export type { Point } from "./sequence/linking/point_grid.ts";
export { DEFAULT_VOTE, filterByVotes, objectScores } from "./sequence/vote_filter.ts";
export { type ScoredFrame, type Voted, votesOver } from "./sequence/votes.ts";
export type { Moved, TimedFrame } from "./sequence/timed_frame.ts";
export { inField } from "./field.ts";

export type {
  FileOptions,
  FrameNeed,
  FrameResult,
  ImageSize,
  OutputFormat,
  OutputLayout,
  RowFileOptions,
  RowsLayout,
  Written,
} from "./formats/output_format.ts";
export { outputFormats } from "./formats/list.ts";
export { encodeFrames } from "./formats/encode_frames.ts";
export { labelTiff } from "./formats/label_tiff.ts";
export { doubtfulTiff } from "./formats/doubtful_tiff.ts";
export { probabilityTiff } from "./formats/probability_tiff.ts";
export { encodeRoi, imagejRois, imagejRoiZip, roiEntries } from "./formats/imagej_roi.ts";
export type { ZipEntry } from "./formats/zip.ts";
export {
  geoJson,
  type OutlineCollection,
  type OutlineFeature,
  outlineFeature,
  type OutlinePlane,
  outlinesToGeoJson,
  type Position,
} from "./formats/geojson.ts";
