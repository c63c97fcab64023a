/**
 * What the tracks in a folder were made of, in `track.json` beside them, which is written last: a folder
 * that has it is complete.
 *
 * @module
 */

import { dirname } from "../../images/names.ts";
import type { Source } from "../../images/source.ts";
import { writeFileAtomic } from "../disk/atomic_file.ts";
import { VERSION } from "../disk/version.ts";

/** The file's name. */
export const TRACK_RECORD = "track.json";
/** What `predict` leaves beside its labels. */
const PREDICTION = "predict.json";

/** What `track.json` holds. */
export interface TrackRecordFile {
  /** The version of Kymo. */
  readonly version: string;
  /** The model that the labels are of, with its hash, as `predict.json` beside them says; else null. */
  readonly model: unknown;
  /** What results depend on besides the labels. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The labels, and with their range and exposure what they were predicted from, where that is known. */
  readonly inputs: readonly Readonly<Record<string, unknown>>[];
}

/** The record of tracking some labels. */
export async function recordOf(
  source: Source,
  { labels, frames, images, settings }: {
    labels: string;
    frames: number;
    images?: string;
    settings: Readonly<Record<string, unknown>>;
  },
): Promise<TrackRecordFile> {
  const { model = null, inputs = [] } = await predictionOf(source, labels);
  const input = { path: labels, frames, images: images ?? null, predicted: inputs };
  return { version: VERSION, model, settings, inputs: [input] };
}

async function predictionOf(
  source: Source,
  labels: string,
): Promise<{ model?: unknown; inputs?: unknown }> {
  const folder = await source.isFolder(labels) ? labels : dirname(labels);
  try {
    using bytes = await source.open(`${folder}/${PREDICTION}`);
    return JSON.parse(new TextDecoder().decode(await bytes.read(0, bytes.size)));
  } catch {
    // Whoever made the labels says nothing of how.
    return {};
  }
}

/** The record of a folder; null where it has none that can be read. */
export async function readTrackRecord(folder: string): Promise<TrackRecordFile | null> {
  try {
    return JSON.parse(await Deno.readTextFile(`${folder}/${TRACK_RECORD}`));
  } catch {
    return null;
  }
}

/** Writes the record of a folder. */
export async function writeTrackRecord(folder: string, record: TrackRecordFile): Promise<void> {
  await writeFileAtomic(`${folder}/${TRACK_RECORD}`, `${JSON.stringify(record, null, 2)}\n`);
}
