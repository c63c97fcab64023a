/**
 * Tracks the objects of label images on disk, whoever made them: labels whose numbers stay, and tables of
 * tracks and objects.
 *
 * Images are decoded one by one, and as many are in memory as a gap may have frames. The pages of a stack
 * wait in memory, compressed, as their widest id decides on the format.
 *
 * @module
 */

import type { ImageShift } from "../../images/registration/phase_correlation.ts";
import type { Source } from "../../images/source.ts";
import { fillGaps, PutBackCount } from "../../objects/sequence/fill_gaps.ts";
import { Tracker } from "../../objects/sequence/track.ts";
import { trackedFrames } from "../../objects/sequence/track_objects.ts";
import { type Dropped, dropUnsupported } from "../../objects/sequence/unsupported.ts";
import { writeFileAtomic } from "../disk/atomic_file.ts";
import { disk } from "../disk/files.ts";
import { claimEmptyFolder, claimParts } from "../disk/folders.ts";
import { JobOutput } from "../outputs/job_output.ts";
import { planLabelFiles } from "../outputs/label_files.ts";
import type { OutputFile } from "../outputs/output_plan.ts";
import { TRACK_TABLES, TrackTables } from "../outputs/track_tables.ts";
import { basename } from "../../images/names.ts";
import { CHALLENGE_TABLE, ChallengeFiles } from "./challenge_files.ts";
import { openTrackInputs, type TrackInputs } from "./track_inputs.ts";
import { PAGES, TrackPages } from "./track_pages.ts";
import type { TrackEvent, TrackFilesOptions } from "./track_options.ts";
import {
  readTrackRecord,
  recordOf,
  TRACK_RECORD,
  type TrackRecordFile,
  writeTrackRecord,
} from "./track_record.ts";

/** How far frames have moved. */
const SHIFTS = "shifts.csv";

/**
 * Tracks objects and writes, under the names of the labels, labels whose numbers are tracks; `tracks.csv`,
 * `objects.csv`, `report.html`, and what else is asked for. `track.json` is written last.
 *
 * @throws {SyntaxError | RangeError | TypeError} If a file is damaged, sizes differ, or a setting makes
 *   no sense.
 * @throws {Error} If the output folder holds anything else, or is that of the labels.
 *
 * @example
 * ```ts ignore
 * for await (const event of trackFiles({ labels: "predicted", out: "tracked" })) {
 *   if (event.type === "done") console.log(`${event.tracks} tracks`);
 * }
 * ```
 *
 * @category Jobs
 */
export async function* trackFiles(options: TrackFilesOptions): AsyncGenerator<TrackEvent> {
  const { labels: path, images, out, fill = "none", source = disk, overwrite = false } = options;
  const { maxGap, divisions, reach, ctc = false, stabilise = false } = options;
  const { movie = false, animation = false } = options;
  const { dropUnsupported: drops = false } = options;
  const tracker = new Tracker({ maxGap, divisions, reach });
  const inputs = await openTrackInputs(source, options);
  for (const text of [...inputs.notes, ...withoutImages(options)]) yield { type: "note", text };
  const { labels } = inputs;
  const own = {
    masks: options.masks,
    fill,
    ...(drops && { dropUnsupported: drops }),
    ctc,
    stabilise,
    movie,
    animation,
  };
  const settings = { ...tracker.settings, ...own };
  const record = await recordOf(source, { labels: path, frames: labels.length, images, settings });
  if (!overwrite && !options.isAmongOthers && await isDone(out, record)) {
    yield { type: "note", text: `${out}: tracked alike before, and kept; --overwrite replaces it` };
    return;
  }
  const challenge = ctc
    ? new ChallengeFiles(out, { times: inputs.times, stems: labels.stems })
    : null;
  const plan = await planOwnFiles(inputs, { out, source, images, challenge });
  const parts = partsOf(inputs, { plan, challenge });
  const task = `track ${path} into ${out}`;
  using folder = options.isAmongOthers || overwrite
    ? await claimParts(out, { job: "track", task, parts, overwrite, mark: TRACK_RECORD })
    : await claimEmptyFolder(out, { job: "track", task, parts });
  const tracked = trackedFrames(inputs.frames(), tracker);
  const trackOf = (track: number) => tracker.recordOf(track);
  const gap = { maxGap: settings.maxGap };
  const supported = drops
    ? dropUnsupported(tracked, { ...gap, recordOf: trackOf })
    : withAll(tracked);
  const filled = fillGaps(supported, { ...gap, fill });
  const { channels, calibration } = inputs;
  await using tables = await TrackTables.create(out, { channels, calibration });
  const total = labels.length;
  await using pages = new TrackPages(out, { title: basename(path), total, movie, animation });
  const parentOf = (track: number) => trackOf(track).parent;
  const shifts: string[] = ["frame,y,x,peak\n"];
  const back = new PutBackCount();
  const dropped = new Set<number>();
  let [done, written] = [0, 0];
  let output: JobOutput | null = null;
  try {
    for await (const frame of filled) {
      const own = plan[done++];
      if (own.files.length > 0) {
        output ??= new JobOutput(own.files, { frames: own.frames, of: labels });
        if (await output.add({ labels: frame })) {
          output = null;
          written++;
        }
      }
      await tables.add(frame, frame.images);
      await challenge?.add(frame, parentOf);
      await pages.add(frame, parentOf);
      if (frame.shift) shifts.push(shiftLine(frame.time, frame.shift));
      const drawn = back.add(frame.objects);
      for (const track of frame.dropped) dropped.add(track);
      const counts = {
        ...{ objects: frame.objects.length, put_back: drawn },
        ...(drops && { dropped: frame.dropped.length }),
      };
      yield { type: "frame", name: frame.name, path, done, total: labels.length, ...counts };
    }
  } finally {
    await output?.[Symbol.asyncDispose]();
  }
  const tracks = back.without(tracker.tracks.filter(({ track }) => !dropped.has(track)));
  if (stabilise) await writeFileAtomic(`${out}/${SHIFTS}`, shifts.join(""));
  await tables.end(tracks);
  const step = Number.isNaN(tracker.step) ? null : tracker.step;
  const counted = drops ? { dropped: dropped.size } : {};
  await pages.end({ tracks, putBack: back.total, step, ...counted });
  for (const text of await challenge?.end() ?? []) yield { type: "note", text };
  await writeTrackRecord(out, record);
  folder.keep();
  yield {
    ...{ type: "done", out, written, tracks: tracks.length, put_back: back.total, ...counted },
    divisions: tracks.filter(({ end }) => end === "divided").length,
    gaps: tracks.reduce((sum, { gaps }) => sum + gaps, 0),
    step,
  };
}

/** What to say where pictures are asked for and there are no images to draw on. */
function withoutImages({ images, movie, animation }: TrackFilesOptions): string[] {
  if (images !== undefined || !movie && !animation) return [];
  const what = [...movie ? [PAGES.movie] : [], ...animation ? [PAGES.animation] : []];
  return [
    `${
      what.join(" and ")
    } will show outlines alone: name the images with --images to see them, too`,
  ];
}

/** How far a frame has moved since the first one, in pixels, and how clear its own step is. */
function shiftLine(time: number, { y, x, peak }: ImageShift): string {
  return `${[time, ...[y, x, peak].map((value) => Number(value.toFixed(3)))].join(",")}\n`;
}

/** The frames with nothing dropped. */
async function* withAll<F>(frames: AsyncIterable<F>): AsyncGenerator<F & Dropped> {
  for await (const frame of frames) yield { ...frame, dropped: [] };
}

/** The label files of each frame, and how many frames go into them; none that the challenge's replace. */
async function planOwnFiles(
  { labels, times }: TrackInputs,
  { challenge, ...where }: {
    out: string;
    source: Source;
    images?: string;
    challenge: ChallengeFiles | null;
  },
): Promise<{ files: readonly OutputFile[]; frames: number }[]> {
  const jobs = await planLabelFiles(labels, { ...where, verb: "track" });
  const taken = new Set(
    challenge ? times.map((time) => `${where.out}/${challenge.nameOf(time)}`) : [],
  );
  return jobs.flatMap(({ files, frames }) => {
    const own = files.filter(({ path }) => !taken.has(path));
    return frames.map(() => ({ files: own, frames: frames.length }));
  });
}

function partsOf(
  { times }: TrackInputs,
  { plan, challenge }: {
    plan: readonly { files: readonly OutputFile[] }[];
    challenge: ChallengeFiles | null;
  },
): string[] {
  const own = plan.flatMap(({ files }) => files.map(({ path }) => basename(path)));
  const masks = challenge ? times.map((time) => challenge.nameOf(time)) : [];
  return [
    ...new Set([
      ...own,
      ...masks,
      CHALLENGE_TABLE,
      ...Object.values(TRACK_TABLES),
      SHIFTS,
      ...Object.values(PAGES),
    ]),
    TRACK_RECORD,
  ];
}

/**
 * Whether the output folder is complete.
 *
 * @throws {Error} If it is, of other labels or with other settings.
 */
async function isDone(out: string, record: TrackRecordFile): Promise<boolean> {
  const before = await readTrackRecord(out);
  if (before === null) return false;
  if (JSON.stringify(before) === JSON.stringify(record)) return true;
  throw new Error(
    `Cannot track into ${out}: it holds tracks of other labels or with other settings; give another ` +
      "--out, or replace them with --overwrite",
  );
}
