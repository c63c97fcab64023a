/**
 * What was found in a video, read again from the label images, and the report on it.
 *
 * @module
 */

import { counted, withMinus } from "../../counted.ts";
import type { LabelImage } from "../../images/image.ts";
import type { Video } from "../../images/series/video.ts";
import { type LabelSequence, openLabels } from "../../images/series/truth.ts";
import { objectsOf } from "../../objects/overlap.ts";
import { type PlayerFrame, playerFrame } from "../../report/figures/player.ts";
import { writeFileAtomic } from "../disk/atomic_file.ts";
import { disk } from "../disk/files.ts";
import { versions } from "../disk/version.ts";
import { readRecord, RECORD as PREDICTION } from "../predict/predict_record.ts";
import { goOn, type Progress } from "../progress/progress.ts";
import { numbersOf, onlyPlane } from "../../learn/steady/see.ts";
import type { SteadyRecord } from "./steady_record.ts";

/** The label images of a prediction. */
export interface Results {
  /** The stack, or the folder of label images. */
  readonly path: string;
  /** They themselves, in order. */
  readonly labels: LabelSequence;
  /** The number of each. */
  readonly numbers: readonly number[];
  /** Counts the objects of each; the images are read for it. */
  counts(): Promise<number[]>;
}

/**
 * Opens what was predicted into a folder.
 *
 * @throws {Error} If the folder holds no results.
 */
export async function readResults(folder: string): Promise<Results> {
  const record = await readRecord(`${folder}/${PREDICTION}`);
  const [input] = record?.inputs ?? [];
  if (!input) throw new Error(`Cannot read results from ${folder}: nothing was predicted into it`);
  const path = input.labels.length === 1 ? `${folder}/${input.labels[0]}` : folder;
  const labels = await openLabels(disk, path);
  return {
    ...{ path, labels },
    numbers: labels.numbers.map((number, i) => number ?? i),
    async counts() {
      const counts: number[] = [];
      for (let i = 0; i < labels.length; i++) {
        counts.push(objectsOf(await labels.frame(i)).ids.length);
      }
      return counts;
    },
  };
}

/** The most frames that the player shows. */
const MOST_SHOWN = 100;

/** What is reported, and where to. */
export interface SteadyReport {
  /** All that was done. */
  readonly record: SteadyRecord;
  /** The video. */
  readonly video: Video;
  /** The file to write. */
  readonly file: string;
  /** Notes how far it is. */
  readonly progress: Progress;
}

/**
 * Writes the report.
 *
 * @throws {SyntaxError | RangeError} If a frame or a label image cannot be read.
 */
export async function writeSteadyReport(
  { record, video, file, progress }: SteadyReport,
): Promise<void> {
  const { seen, chosen, predicted, tracked } = record;
  if (!seen || !chosen || !predicted || !tracked) {
    throw new TypeError("Cannot report: there are no results");
  }
  const labels = await openLabels(disk, tracked.labels);
  const numbers = numbersOf(video);
  goOn(progress, "writing the report", labels.length);
  const [area, objects]: [number[], number[]] = [[], []];
  const frames: PlayerFrame[] = [];
  const every = Math.ceil(labels.length / MOST_SHOWN);
  for (let i = 0; i < labels.length; i++) {
    const image = await labels.frame(i);
    area.push(areaOf(image));
    objects.push(objectsOf(image).ids.length);
    if (i % every === 0) {
      const plane = onlyPlane(await video.frame(i));
      const range = { ...seen.range, gamma: 1 / Math.max(1, Math.sqrt(seen.exposure)) };
      frames.push(playerFrame({ number: numbers[i], image: plane, labels: image }, range));
    }
    progress.done++;
  }
  const source = chosen.chosen === "adapted" ? "consistent" : "baseline";
  // The plotting library is large; only a run that gets this far loads it.
  const { renderSteadyPage } = await import("../../report/steady_page.ts");
  const page = renderSteadyPage({
    video: video.name,
    created: new Date().toISOString().slice(0, 16).replace("T", " ") + " UTC",
    warnings: [...seen.warnings, ...predicted.warnings],
    seen: [
      `${counted(video.length, "frame")} of ${video.width} x ${video.height} pixels`,
      ...seen.described,
      `Intensities ${round(seen.range.low)} and ${
        round(seen.range.high)
      } become 0 and 1; it is seen at ` +
      `exposure ${seen.exposure.toFixed(2)}`,
      ...tracked.described,
    ],
    reasons: chosen.reasons,
    frames,
    length: labels.length,
    areTracked: true,
    area: { [source]: area },
    objects: { [source]: objects },
    files: FILES,
    facts: [
      ["model", record.model.path],
      ["model's SHA-256", record.model.hash],
      ...Object.entries(record.settings).map(([name, value]) => [name, String(value)] as const),
      ...Object.entries(versions()),
    ],
  });
  await writeFileAtomic(file, page);
}

const FILES: readonly (readonly [string, string])[] = [
  ["tracks/", "a label image for each frame: 0 is ground, an object has the number of its track"],
  ["tracks/tracks.csv", "tracks: first and last frame, parent, gaps"],
  [
    "tracks/objects.csv",
    "objects: track, place, area, shape, intensities; put_back where a gap was filled",
  ],
  ["labels/", "the labels frame by frame, before they were tracked"],
  ["labels/*.zip", "outlines of these for the ROI Manager of ImageJ"],
  ["labels/*.geojson", "outlines of these for QuPath and other programs"],
  ["model/", "the adapted model and its control; predict --model takes consistent.safetensors"],
  ["steady.json", "what was seen, compared and chosen, for programs"],
];

function areaOf(image: LabelImage): number {
  return objectsOf(image).areas.reduce((sum, area) => sum + area, 0);
}

function round(value: number): string {
  return withMinus(Number.isInteger(value) ? String(value) : value.toPrecision(4));
}
